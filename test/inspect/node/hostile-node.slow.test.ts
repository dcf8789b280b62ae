import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../../src/diagnose/diagnose-cluster.ts';
import { type NodeReading, readNode } from '../../../src/inspect/node/read-node.ts';
import { buildFacts, changeNode } from '../../support/facts.ts';
import { mintKubeadm } from '../../support/mint.ts';
import { address, type NodeTree, nodeTree, writeProcess } from '../../support/node-tree.ts';
import { readerOnTree } from '../../support/on-tree.ts';

const trees: NodeTree[] = [];
afterEach(() => trees.splice(0).forEach((tree) => tree.remove()));

function newTree(): NodeTree {
  const tree = nodeTree();
  trees.push(tree);
  return tree;
}

interface Told extends NodeReading {
  /** All that left the node, decoded. */
  readonly everything: string;
  readonly milliseconds: number;
}

async function read(tree: NodeTree): Promise<Told> {
  const { reader, output } = readerOnTree(tree.root);
  const started = performance.now();
  const reading = await readNode(reader);
  const milliseconds = performance.now() - started;
  const raw = Buffer.concat(output).toString('latin1');
  const bodies = raw
    .split(/\n#fix-sans [^\n]*\n/)
    .map((body) => Buffer.from(body, 'base64').toString('latin1'));
  return { ...reading, everything: [raw, ...bodies].join('\n'), milliseconds };
}

function whyUnread({ facts }: NodeReading, what: string): string {
  return facts.unread
    .filter((row) => row.what === what)
    .map(({ why }) => why)
    .join('; ');
}

/** Notes how it was called, and answers nothing. */
function noteKubectl(tree: NodeTree): () => string {
  const log = path.join(tree.root, 'kubectl.log');
  tree.program('kubectl', `printf '%s\\n' "$*" >>${log}; echo '{}'`);
  return () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
}

const podGroup = '/kubepods/burstable/pod12345678-1234-1234-1234-123456789012/1';
const staticGroup = `/kubepods/burstable/pod${'cd'.repeat(16)}/1`;

describe('what a pod shows of itself', () => {
  test.each(['var/run/secrets/kubernetes.io/serviceaccount', 'run/secrets/kubernetes.io/serviceaccount'])(
    'is not opened: links and pipes below %s lead nowhere',
    async (account) => {
      const tree = newTree();
      tree.write('etc/shadow', 'root:$6$c4nary:19000:0:99999:7:::\n', 0o600);
      const folder = path.join(tree.root, 'proc/500/root', account);
      mkdirSync(folder, { recursive: true });
      symlinkSync(path.join(tree.root, 'etc/shadow'), path.join(folder, 'namespace'));
      execFileSync('mkfifo', [path.join(folder, 'ca.crt'), path.join(folder, 'token')]);
      const told = await read(tree);
      expect(told.everything).not.toContain('c4nary');
      expect(told.facts.pods[0]).toMatchObject({ namespace: 'kube-system', name: 'coredns-7d' });
      expect(told.milliseconds).toBeLessThan(15_000);
    },
  );

  test('its environment gives an address and a port, and only if they are such', async () => {
    const tree = newTree();
    writeProcess(tree.root, '500', {
      comm: 'app',
      group: podGroup,
      hasOwnNetwork: true,
      environ: ['KUBERNETES_SERVICE_HOST=$(id)\n\tx', 'KUBERNETES_SERVICE_PORT=443 --evil'],
    });
    const { facts } = await read(tree);
    expect(facts.pods.map(({ pid }) => pid)).toEqual([501]);
  });

  test('a process with a network of its own is no pod by that', async () => {
    const tree = newTree();
    writeProcess(tree.root, '499', {
      comm: 'browser',
      group: '/user.slice/user-1000.slice/kubepods/burstable/pod12345678-1234-1234-1234-123456789012/1',
      hasOwnNetwork: true,
      environ: ['KUBERNETES_SERVICE_HOST=10.6.6.6', 'KUBERNETES_SERVICE_PORT=443'],
    });
    expect((await read(tree)).facts.pods.map(({ pid }) => pid)).toEqual([500, 501]);
  });

  test('an environment that is a pipe costs seconds at most', async () => {
    const tree = newTree();
    for (let pid = 510; pid < 540; pid++) {
      writeProcess(tree.root, String(pid), { comm: 'app', group: podGroup, hasOwnNetwork: true });
      execFileSync('sh', ['-c', 'rm "$1" && mkfifo "$1"', 'sh', path.join(tree.root, `proc/${pid}/environ`)]);
    }
    const told = await read(tree);
    expect(told.facts.pods.map(({ pid }) => pid)).toEqual([500, 501]);
    expect(told.milliseconds).toBeLessThan(20_000);
  });
});

describe('a process that calls itself kube-apiserver', () => {
  const evilWords = [
    'kube-apiserver',
    `--advertise-address=${address}`,
    '--secure-port=31337',
    '--tls-cert-file=/proc/10/root/evil/apiserver.crt',
    '--service-cluster-ip-range=10.233.0.0/18',
    '--advertise-address=6.6.6.6',
  ];

  test.each([
    ['in a pod with a network of its own', { group: podGroup, hasOwnNetwork: true }],
    ['in a pod with the network of the host', { group: podGroup }],
    ['of another user in the group of a static pod', { group: staticGroup, user: 1000 }],
    ['of root outside of any pod', { group: '/system.slice/evil.service' }],
    ['in a group that a user made', { group: `/user.slice/user-0.slice${staticGroup}` }],
    ['in a group that a pod made', { group: `${podGroup}/pod${'cd'.repeat(16)}` }],
  ])('%s changes nothing', async (_, options) => {
    const tree = newTree();
    const { ca, apiserver } = mintKubeadm();
    tree.write('proc/10/root/evil/apiserver.crt', apiserver.pem);
    tree.write('proc/10/root/evil/ca.crt', ca.pem);
    writeProcess(tree.root, '10', { comm: 'kube-apiserver', cmdline: evilWords, ...options });
    const calls = noteKubectl(tree);
    const { facts } = await read(tree);
    expect(facts.apiserver).toMatchObject({
      advertiseAddress: address,
      securePort: 6443,
      certificatePath: '/etc/kubernetes/ssl/apiserver.crt',
    });
    // The genuine one is still known.
    expect(facts.apiserver?.flags['v']).toEqual(['4']);
    expect(facts.ca?.path).toBe('/etc/kubernetes/ssl/ca.crt');
    expect(calls()).toContain(`--server https://${address}:6443 `);
    expect(calls()).not.toMatch(/evil|31337|6\.6\.6\.6/);
  });

  test('and is one of very many does not hide the genuine one', async () => {
    const tree = newTree();
    for (let pid = 100; pid < 180; pid++)
      writeProcess(tree.root, String(pid), { comm: 'kube-apiserver', group: '/user.slice/x', user: 1000 });
    expect((await read(tree)).facts.apiserver?.flags['v']).toEqual(['4']);
  });

  test('counts for nothing where there are two of them, even as static pods of root', async () => {
    const tree = newTree();
    writeProcess(tree.root, '10', { comm: 'kube-apiserver', cmdline: evilWords, group: staticGroup });
    const calls = noteKubectl(tree);
    const { facts } = await read(tree);
    expect(facts.apiserver).toMatchObject({ advertiseAddress: address, securePort: 6443 });
    expect(facts.apiserver?.flags['v']).toBeUndefined();
    expect(calls()).not.toMatch(/31337|6\.6\.6\.6/);
  });

  test('steers neither kubectl nor what is read, even as the only static pod', async () => {
    const tree = newTree();
    writeFileSync(path.join(tree.root, 'proc/400/comm'), 'other\n');
    writeProcess(tree.root, '10', { comm: 'kube-apiserver', cmdline: evilWords, group: staticGroup });
    const calls = noteKubectl(tree);
    const { facts } = await read(tree);
    expect(calls()).toContain(`--server https://${address}:6443 `);
    expect(calls()).not.toMatch(/evil|31337|6\.6\.6\.6/);
    expect(facts.certificate).toBeUndefined();
    expect(whyUnread({ facts }, 'certificate')).toContain('was not read');
  });

  test('takes no time with an argument as long as may be', async () => {
    const tree = newTree();
    const long = `${'a'.repeat(131_000)}--tls-cert-file=x`;
    for (const pid of ['10', '11'])
      writeProcess(tree.root, pid, { comm: 'kubelet', cmdline: ['kubelet', long], group: '/x', parent: 1 });
    writeProcess(tree.root, '400', {
      comm: 'kube-apiserver',
      cmdline: ['kube-apiserver', `--advertise-address=${address}`, long],
      group: staticGroup,
    });
    tree.write(
      'etc/kubernetes/manifests/z.yaml',
      `kind: Pod\nx: ${long}\n- --service-cluster-ip-range kube-apiserver\n`,
    );
    expect((await read(tree)).milliseconds).toBeLessThan(8000);
  });
});

type Fake = Partial<Parameters<typeof writeProcess>[2]>;

describe('a process that calls itself kubelet', () => {
  test.each([
    ['of another user', { user: 1000 }],
    ['that was not started by init', { parent: 77 }],
    ['in a pod', { hasOwnNetwork: true }],
    ['beside the genuine one', { exe: 'usr/bin/kubelet' }],
    ['from another file', {}],
    ["from a user's file", { exe: 'home/me/kubelet' }],
  ])('%s does not say where static pods are', async (_, { exe = 'usr/bin/sudo', ...options }: Fake) => {
    const tree = newTree();
    // Where it is down, there is none but this one.
    if (exe !== 'usr/bin/kubelet') writeFileSync(path.join(tree.root, 'proc/401/comm'), 'other\n');
    tree.program('sudo', ':');
    tree.write('home/me/kubelet', '', 0o755);
    chmodSync(path.join(tree.root, 'home/me'), 0o777);
    tree.write(
      'home/me/m/kube-apiserver.yaml',
      'kind: Pod\napiVersion: v1\nmetadata: {name: kube-apiserver}\nspec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --advertise-address=6.6.6.6\n    - --service-cluster-ip-range=10.0.0.0/8\n',
    );
    writeProcess(tree.root, '11', {
      comm: 'kubelet',
      cmdline: ['kubelet', '--pod-manifest-path=/home/me/m', '--kubeconfig=/home/me/kc'],
      group: '/system.slice/x.service',
      exe: path.join(tree.root, exe),
      ...options,
    });
    const calls = noteKubectl(tree);
    const { facts } = await read(tree);
    expect(facts.apiserver?.manifest).toBe('/etc/kubernetes/manifests/kube-apiserver.yaml');
    expect(calls()).not.toContain('6.6.6.6');
    expect(facts.kubeconfigs.map((file) => file.path)).toContain('/etc/kubernetes/kubelet.conf');
  });
});

describe('an admin.conf by which kubectl would start a program', () => {
  const user = '{command: touch, apiVersion: client.authentication.k8s.io/v1}';
  test.each([
    ['as it is usually written', `    exec: ${user}\n`],
    ['with escapes', `    "ex\\u0065c": ${user}\n`],
    ['with a key of its own line', `    ? exec\n    : ${user}\n`],
    ['by an alias', `    x: &e exec\n    *e : ${user}\n`],
    ['in base64', `    !!binary ZXhlYw==: ${user}\n`],
    ['in UTF-16', `\uFEFF    exec: ${user}\n`],
  ])('is not given to it: %s', async (how, text) => {
    const tree = newTree();
    const config = `kind: Config\nusers:\n- name: u\n  user:\n${text}`;
    tree.write('etc/kubernetes/admin.conf', how === 'in UTF-16' ? '' : config);
    if (how === 'in UTF-16')
      writeFileSync(
        path.join(tree.root, 'etc/kubernetes/admin.conf'),
        Buffer.from(`\uFEFF${config.replace('\uFEFF', '')}`, 'utf16le'),
      );
    const calls = noteKubectl(tree);
    const told = await read(tree);
    expect(calls()).toBe('');
    expect(whyUnread(told, 'api')).toMatch(/starts a program|could hide/);
  });
});

test.each([0o777, 0o775, 0o1777])('static pods in a folder of mode %o are not read', async (mode) => {
  const tree = newTree();
  chmodSync(path.join(tree.root, 'etc/kubernetes/manifests'), mode);
  const calls = noteKubectl(tree);
  const told = await read(tree);
  expect(told.facts.apiserver).toBeUndefined();
  expect(whyUnread(told, '/etc/kubernetes/manifests')).toContain('nothing in it was read');
  expect(calls()).toBe('');
});

/** Only root can give a file away. */
const asRoot = process.getuid?.() === 0;

describe.runIf(asRoot)('what belongs to another user', () => {
  test("as the folder of static pods is read, as kubespray's kube_owner has it: kubelet believes him too", async () => {
    const tree = newTree();
    chownSync(path.join(tree.root, 'etc/kubernetes/manifests'), 65_534, 65_534);
    expect((await read(tree)).facts.apiserver?.manifest).toBe(
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
    );
  });

  test('as a program is not started', async () => {
    const tree = newTree();
    const mark = path.join(tree.root, 'STARTED');
    for (const name of ['kubectl', 'kubeadm']) {
      tree.program(name, `touch ${mark}; echo '{}'`);
      chownSync(path.join(tree.root, 'usr/bin', name), 65_534, 65_534);
    }
    const told = await read(tree);
    expect(existsSync(mark)).toBe(false);
    expect(whyUnread(told, 'api')).toContain('others than root');
    expect(whyUnread(told, 'kubeadm')).toContain('others than root');
  });
});

test("no program is taken from a folder where everybody may write, nor before the system's own", async () => {
  const tree = newTree();
  const mark = path.join(tree.root, 'STARTED');
  for (const name of ['awk', 'stat', 'ip', 'openssl', 'grep', 'timeout'])
    tree.write(`usr/local/bin/${name}`, `#!/bin/sh\necho ${name} >>${mark}\n`, 0o777);
  chmodSync(path.join(tree.root, 'usr/local/bin'), 0o777);
  expect((await read(tree)).facts.certificate?.reading?.ok).toBe(true);
  expect(existsSync(mark)).toBe(false);
});

test.each(['kubectl', 'kubeadm', 'openssl', 'ip', 'ss', 'nft', 'getfacl'])(
  '%s that hangs costs what it would have told, and no more',
  async (name) => {
    const tree = newTree();
    tree.program(name, 'exec sleep 100');
    const told = await read(tree);
    expect(told.facts.certificate?.reading?.ok).toBe(true);
    expect(told.facts.apiserver?.advertiseAddress).toBe(address);
    expect(told.milliseconds).toBeLessThan(25_000);
  },
);

test('a link from among the static pods to a file of the kernel is not opened: it may wait for ever, or be emptied by reading', async () => {
  const tree = newTree();
  const folder = path.join(tree.root, 'etc/kubernetes/manifests');
  renameSync(path.join(folder, 'kube-apiserver.yaml'), path.join(folder, 'z.yaml'));
  // Whoever opens it sees his own words there, those that are looked for among them.
  symlinkSync('/proc/self/cmdline', path.join(folder, 'a.yaml'));
  const { facts } = await read(tree);
  expect(facts.apiserver?.manifest).toBe('/etc/kubernetes/manifests/z.yaml');
});

test('a manifest whose name holds a tab or a line end is said to be unread', async () => {
  const tree = newTree();
  tree.write('etc/kubernetes/manifests/a\tb.yaml', 'kind: Pod\n');
  expect(whyUnread(await read(tree), '/etc/kubernetes/manifests')).toContain('a tab or a line end');
});

describe('in the folder of static pods', () => {
  test('what is no pod gives no text of itself', async () => {
    const tree = newTree();
    const admin = readFileSync(path.join(tree.root, 'etc/kubernetes/admin.conf'), 'utf8');
    tree.write('etc/kubernetes/manifests/admin.conf.bak', admin);
    tree.write(
      'etc/kubernetes/manifests/enc.yaml',
      'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc:\n      keys:\n      - name: key1\n        secret: RU5DS0VZ\n',
    );
    tree.write(
      'etc/kubernetes/manifests/secret.yaml',
      'apiVersion: v1\nkind: Secret\nstringData:\n  password: c4nary\n',
    );
    const told = await read(tree);
    expect(told.everything).not.toMatch(/RU5DS0VZ|c4nary|client-key-data/);
    expect(tree.canaries.filter((canary) => told.everything.includes(canary))).toEqual([]);
    expect(told.facts.strayManifests).toEqual(
      ['admin.conf.bak', 'apiserver.key.bak', 'enc.yaml', 'secret.yaml'].map(
        (name) => `/etc/kubernetes/manifests/${name}`,
      ),
    );
  });
});

test('a key that is none is said in the words that the diagnosis knows', async () => {
  const tree = newTree();
  tree.write('etc/kubernetes/ssl/apiserver.key', 'garbage', 0o600);
  const told = await read(tree);
  expect(whyUnread(told, '/etc/kubernetes/ssl/apiserver.key')).toBe('openssl reads no private key in it');
  expect(diagnosed(told)).toContain('certificate-unreadable');
});

function diagnosed({ facts }: NodeReading): readonly string[] {
  const cluster = buildFacts({ controlPlanes: 1 });
  return diagnoseCluster(changeNode(cluster, 'cp1', () => facts)).findings.map(({ code }) => code);
}
