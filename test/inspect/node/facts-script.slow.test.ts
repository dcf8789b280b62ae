import { chmodSync, lstatSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type NodeReading, readNode, type ReadNodeOptions } from '../../../src/inspect/node/read-node.ts';
import { address, base64, type NodeTree, nodeTree } from '../../support/node-tree.ts';
import { readerOnTree } from '../../support/on-tree.ts';

const trees: NodeTree[] = [];
afterEach(() => trees.splice(0).forEach((tree) => tree.remove()));

function newTree(): NodeTree {
  const tree = nodeTree();
  trees.push(tree);
  return tree;
}

async function read(tree: NodeTree, options?: ReadNodeOptions): Promise<NodeReading> {
  return readNode(readerOnTree(tree.root).reader, options);
}

function whyUnread({ facts }: NodeReading, what: string): readonly string[] {
  return facts.unread.filter((row) => row.what === what).map(({ why }) => why);
}

describe('a kubespray control plane', () => {
  let tree: NodeTree;
  let whole: NodeReading;
  beforeAll(async () => {
    tree = nodeTree();
    whole = await read(tree);
  });
  afterAll(() => tree.remove());

  test('tells of its machine, its API server, its pair and its CA', () => {
    const { facts } = whole;
    expect(facts.unread).toEqual([]);
    expect(Math.abs(facts.clockSkewSeconds)).toBeLessThan(5);
    expect(facts.nodeName).toBe('cp1');
    expect(facts.system).toMatchObject({
      hostname: 'cp1.example',
      uid: process.getuid?.(),
      initIsSystemd: false,
      addresses: ['127.0.0.1', '10.0.2.15', address, 'fe80::1'],
      defaultRouteAddress: '10.0.2.15',
    });
    expect(facts.kubeadm).toEqual({ path: '/usr/bin/kubeadm', version: 'v1.34.4', isOddPath: false });
    expect(facts.apiserver).toMatchObject({
      manifest: '/etc/kubernetes/manifests/kube-apiserver.yaml',
      image: 'registry.k8s.io/kube-apiserver:v1.34.4',
      advertiseAddress: address,
      securePort: 6443,
      serviceRanges: ['10.233.0.0/18', 'fd00:10::/112'],
      certificatePath: '/etc/kubernetes/ssl/apiserver.crt',
      runAsUser: 65_532,
    });
    expect(facts.certificate?.file).toMatchObject({
      mode: '0644',
      acl: ['user:prometheus:r--', 'mask::r--'],
    });
    expect(facts.certificate?.reading?.ok).toBe(true);
    expect(facts.ca?.reading?.ok).toBe(true);
    expect(facts.caKey?.file?.mode).toBe('0600');
    expect(facts.sniCertificates.map(({ names }) => names)).toEqual([['api.example.com', '*.example.com']]);
    expect(facts.pkiFolder).toMatchObject({ isReadOnly: false, fileSystem: 'ext4' });
    expect(facts.pkiFolder?.freeBytes).toBeGreaterThan(0);
  });

  test('tells what runs where the manifest says something else', () => {
    const { facts } = whole;
    expect(facts.apiserver?.flags['v']).toEqual(['4']);
    expect(facts.apiserver?.notInEffect).toEqual(['v']);
  });

  test('tells where kubeconfigs lead, whom they trust and who they are, and no more', () => {
    const { facts } = whole;
    const ca = facts.ca?.reading?.ok ? facts.ca.reading.certificates[0].fingerprint : '';
    expect(facts.kubeconfigs.map(({ path: file, servers }) => [file, ...servers])).toEqual([
      ['/etc/kubernetes/admin.conf', 'https://127.0.0.1:6443'],
      ['/etc/kubernetes/super-admin.conf', 'https://127.0.0.1:6443'],
      ['/etc/kubernetes/controller-manager.conf', 'https://127.0.0.1:6443'],
      ['/etc/kubernetes/scheduler.conf', 'https://127.0.0.1:6443'],
      ['/etc/kubernetes/kubelet.conf', 'https://localhost:6443'],
      ['/root/.kube/config', 'https://api.example.com:443/k8s'],
    ]);
    for (const { caFingerprints } of facts.kubeconfigs) expect(caFingerprints).toEqual([ca]);
    expect(facts.kubeconfigs[0]?.clientCertificate?.subject).toBe('CN=kubernetes-admin');
    expect(facts.kubeconfigs[4]?.clientCertificate?.subject).toBe('O=system:nodes, CN=system:node:cp1');
  });

  test('tells of load balancers, firewall rules for the port, stray files, runs and pods', () => {
    const { facts } = whole;
    expect(facts.loadBalancers.map(({ kind, addresses, port }) => [kind, port, ...addresses])).toEqual([
      ['nginx', 6443, '127.0.0.1', '::1'],
      ['haproxy', 6443, '127.0.0.1'],
      ['haproxy', 8443],
      ['keepalived', undefined, '192.168.56.41', 'fd00::41'],
      ['keepalived', 8443, '192.168.56.41'],
      ['kube-vip', 6443, '192.168.56.40'],
    ]);
    expect(facts.system.firewall).toEqual([
      '-t nat -A PREROUTING -p tcp -m tcp --dport 6443 -j DNAT --to-destination 10.9.9.9:443',
      '-t filter -A INPUT -p tcp -m multiport --dports 80,6443 -j DROP',
      'inet firewalld filter_IN tcp dport 6443 reject',
    ]);
    expect(facts.strayManifests).toEqual(['/etc/kubernetes/manifests/apiserver.key.bak']);
    expect(facts.unfinishedRuns).toEqual(['20261121-aa']);
    expect(facts.distributions).toContainEqual({
      distribution: 'kubespray',
      evidence: '/usr/local/bin/k8s-certs-renew.sh',
    });
    expect(
      facts.pods.map(({ pid, name, namespace, serviceHost }) => [pid, name, namespace, serviceHost]),
    ).toEqual([
      [500, 'coredns-7d', 'kube-system', '10.233.0.1'],
      [501, 'probe-x', 'kube-system', '10.233.0.1'],
    ]);
  });

  test('asks the API by its own address, a name of its certificate and its CA, and says what it was not told', () => {
    const { api } = whole;
    expect(api).toMatchObject({
      readThrough: 'cp1',
      serverVersion: 'v1.34.4',
      kubernetesService: { clusterIps: ['10.233.0.1'], port: 443 },
      controlPlanes: [{ name: 'cp1', internalIps: [address], isReady: true }],
      // By the second question: the API server was too old for the first.
      loadBalancerServices: [{ name: 'lb', addresses: ['192.168.56.42'], isPending: false }],
    });
    expect(api?.kubeadmConfig?.configuration.certSans).toEqual(['localhost']);
    expect(api?.unread.map(({ what }) => what)).toEqual(['kube-proxy', 'cluster-info']);
    expect(api?.unread[1]?.why).toContain('configmaps "cluster-info" is forbidden');
  });

  test('is not asked about the API where it should not be', async () => {
    expect((await read(tree, { asksApi: false })).api).toBeUndefined();
    expect((await read(tree, { asksForWorkers: false })).api).not.toHaveProperty('workers');
  });
});

describe('secrets', () => {
  test('never leave the node, in whatever file they are and however they are encoded', async () => {
    const tree = newTree();
    // Keys where certificates should be, under a head that lies, and a certificate with its key behind it, encoded.
    const key = tree.canaries.find((canary) => canary.startsWith('MII')) ?? '';
    const lying = `-----BEGIN CERTIFICATE-----\n${tree.canaries
      .filter((line) => line.length === 64)
      .slice(0, 25)
      .join('\n')}\n-----END CERTIFICATE-----\n`;
    tree.write('etc/kubernetes/ssl/sni.crt', lying);
    tree.write(
      'etc/kubernetes/bootstrap-kubelet.conf',
      `clusters:\n- cluster:\n    certificate-authority-data: ${base64(`-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n${key}`)}\n    server: https://x:6443\n`,
    );
    const { reader, output } = readerOnTree(tree.root);
    await readNode(reader);
    const raw = Buffer.concat(output).toString('latin1');
    const bodies = raw
      .split(/\n#fix-sans [^\n]*\n/)
      .map((body) => Buffer.from(body, 'base64').toString('latin1'));
    // Once decoded once more, for what is base64 inside.
    const inside = bodies.flatMap((body) =>
      (body.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? []).map((part) =>
        Buffer.from(part, 'base64').toString('latin1'),
      ),
    );
    const everything = [raw, ...bodies, ...inside].join('\n');
    expect(everything).toContain('-----BEGIN CERTIFICATE-----');
    expect(tree.canaries.length).toBeGreaterThan(100);
    expect(tree.canaries.filter((canary) => everything.includes(canary))).toEqual([]);
    expect(everything).not.toMatch(/PRIVATE KEY-----/);
  });

  test('a certificate that is a link to another file shows nothing of it', async () => {
    const tree = newTree();
    tree.write('etc/shadow', 'root:$6$c4nary:19000:0:99999:7:::\n', 0o600);
    rmSync(path.join(tree.root, 'etc/kubernetes/ssl/apiserver.crt'));
    symlinkSync('../../shadow', path.join(tree.root, 'etc/kubernetes/ssl/apiserver.crt'));
    const { reader, output } = readerOnTree(tree.root);
    const { facts } = await readNode(reader);
    expect(facts.certificate?.file?.realPath).toBe('/etc/shadow');
    expect(facts.certificate?.reading).toEqual({ ok: false, refusal: { code: 'no-certificate' } });
    const bodies = Buffer.concat(output)
      .toString('latin1')
      .split('\n#fix-sans ')
      .map((body) => Buffer.from(body.slice(body.indexOf('\n')), 'base64').toString('latin1'));
    expect(bodies.join('\n')).toContain('kube-apiserver');
    expect(bodies.join('\n')).not.toContain('c4nary');
  });
});

test('reading changes nothing: names, inodes, sizes, mtimes and ctimes are the same before and after', async () => {
  const tree = newTree();
  const look = () =>
    readdirSync(tree.root, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((file) => {
        const { ino, size, mode, mtimeMs, ctimeMs } = lstatSync(path.join(tree.root, file));
        return [file, ino, size, mode, mtimeMs, ctimeMs].join(' ');
      });
  const before = look();
  await read(tree);
  expect(look()).toEqual(before);
});

describe('what is not as usual', () => {
  test('a kubeadm that lies where everybody may write is not started', async () => {
    const tree = newTree();
    tree.program('kubeadm', 'exit 0');
    tree.write('srv/open/kubeadm', '#!/bin/sh\necho started >&2\necho v9.9.9\n', 0o755);
    chmodSync(path.join(tree.root, 'srv/open'), 0o777);
    rmSync(path.join(tree.root, 'usr/bin/kubeadm'));
    symlinkSync('../../srv/open/kubeadm', path.join(tree.root, 'usr/bin/kubeadm'));
    const reading = await read(tree);
    expect(reading.facts.kubeadm).toEqual({
      path: '/usr/bin/kubeadm',
      version: '',
      isOddPath: true,
      realPath: '/srv/open/kubeadm',
    });
    expect(whyUnread(reading, 'kubeadm').join()).toContain('others than root may write');
  });

  test('without kubectl the API is unread, and the rest is there', async () => {
    const tree = newTree();
    tree.write('etc/kubernetes/admin.conf', 'users:\n- user:\n    exec:\n      command: /bin/evil\n');
    const reading = await read(tree);
    expect(reading.api).toBeUndefined();
    expect(whyUnread(reading, 'api').join()).toContain('starts a program for its credentials');
    expect(reading.facts.certificate?.reading?.ok).toBe(true);
  });

  test('an API that does not answer is asked once in each row, not ten times', async () => {
    const tree = newTree();
    tree.program('kubectl', 'echo "The connection to the server 1.2.3.4:6443 was refused" >&2; exit 1');
    const { api } = await read(tree);
    expect(api?.unread.length).toBeGreaterThanOrEqual(9);
    expect(new Set(api?.unread.map(({ why }) => why))).toEqual(
      new Set(['The connection to the server 1.2.3.4:6443 was refused']),
    );
  });

  test('files that the container has from elsewhere are not passed off as the pair', async () => {
    const tree = newTree();
    const manifest = `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver}
spec:
  containers:
  - command: [kube-apiserver, --tls-cert-file=/etc/kubernetes/ssl/apiserver.crt, "--service-cluster-ip-range=10.0.0.0/16"]
    name: kube-apiserver
    volumeMounts: [{mountPath: /etc/kubernetes/ssl, name: k}]
  volumes: [{name: k, hostPath: {path: /opt/pki}}]
`;
    tree.write('etc/kubernetes/manifests/kube-apiserver.yaml', manifest);
    const reading = await read(tree);
    expect(reading.facts.certificate).toBeUndefined();
    expect(whyUnread(reading, 'certificate')).toEqual([
      'the API server has it at /opt/pki/apiserver.crt, as /etc/kubernetes/ssl/apiserver.crt in the container, which was not read',
    ]);
  });

  test('a worker has no API server, and says nothing is missing', async () => {
    const tree = newTree();
    rmSync(path.join(tree.root, 'etc/kubernetes/manifests'), { recursive: true });
    const { facts, api } = await read(tree);
    expect(api).toBeUndefined();
    expect(facts.apiserver).toBeUndefined();
    expect(facts.unread).toEqual([]);
    expect(facts.nodeName).toBe('cp1');
  });

  test('an empty node is read without an exception', async () => {
    const tree = newTree();
    for (const folder of ['etc', 'var', 'root', 'proc', 'sys'])
      rmSync(path.join(tree.root, folder), { recursive: true });
    const { facts } = await read(tree);
    expect(facts.kubeconfigs).toEqual([]);
    expect(facts.loadBalancers).toEqual([]);
  });

  test('a broken manifest is said, with its line', async () => {
    const tree = newTree();
    tree.write(
      'etc/kubernetes/manifests/kube-apiserver.yaml',
      'apiVersion: v1\nkind: Pod\nspec: [kube-apiserver\n    - kube-apiserver\n    - --service-cluster-ip-range=1.2.3.0/24\n',
    );
    const reading = await read(tree);
    expect(whyUnread(reading, '/etc/kubernetes/manifests/kube-apiserver.yaml').join()).toMatch(/^line \d+ /);
  });

  test('a line that is made to take long is passed over, and that is said', async () => {
    const tree = newTree();
    tree.write('root/.kube/config', `${'a: '.repeat(30_000)}\nserver: https://x:6443\n`);
    const reading = await read(tree);
    expect(whyUnread(reading, '/root/.kube/config')).toEqual(['it has a line of more than 64 KiB']);
  });

  test('large files are not read, and that is said', async () => {
    const tree = newTree();
    tree.write('root/.kube/config', `# ${'x'.repeat(300_000)}\n`);
    expect(whyUnread(await read(tree), '/root/.kube/config')).toEqual(['larger than 256 KiB']);
  });
});

test('what is read-only for a hardened service alone is not read-only for the node', async () => {
  const tree = newTree();
  tree.write('proc/self/mounts', '/dev/sda1 / ext4 ro,relatime 0 0\n');
  expect((await read(tree)).facts.pkiFolder).toMatchObject({ isReadOnly: true });
  tree.write('proc/1/mounts', '/dev/sda1 / ext4 rw,relatime 0 0\n');
  expect((await read(tree)).facts.pkiFolder).toMatchObject({ isReadOnly: false });
});
