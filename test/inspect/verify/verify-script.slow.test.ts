/** The script that dials and enters pods' networks, run by a shell on a folder that plays the node: what it asks, and what it leaves alone. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeQuestion, octal } from '../../../src/inspect/verify/dns.ts';
import { readVerifyReply, type NodeSeen } from '../../../src/inspect/verify/read-verify.ts';
import { verifyQuery } from '../../../src/inspect/verify/verify-script.ts';
import { mintKubeadm } from '../../support/mint.ts';
import { type NodeTree, nodeTree } from '../../support/node-tree.ts';
import { readerOnTree } from '../../support/on-tree.ts';
import { now, read } from '../../support/facts.ts';
import { named } from '../../support/plans.ts';

const { ca, apiserver } = mintKubeadm();
const uid = '12345678-1234-1234-1234-12345678901a';
const volume = `var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~projected/kube-api-access-x`;
const own = [{ target: 'backend', host: '192.168.56.30', port: 6443, san: named('kubernetes') }] as const;
const service = [{ target: 'cluster-ip', host: '10.233.0.1', port: 443, san: named('10.233.0.1') }] as const;

let tree: NodeTree;
beforeEach(() => {
  tree = nodeTree();
  // It notes what it was asked, and enters nothing.
  tree.program('nsenter', 'echo "nsenter $*" >>"$FIX_SANS_ROOT/asked"; shift 2; exec "$@"');
  tree.program(
    'openssl',
    `echo "openssl $*" >>"$FIX_SANS_ROOT/asked"; case $1 in s_client) cat "$FIX_SANS_ROOT/served.pem" ;; *) exec /usr/bin/openssl "$@" ;; esac`,
  );
  tree.program('bash', 'echo "bash $*" >>"$FIX_SANS_ROOT/asked"');
  tree.write('served.pem', `CONNECTED\n${apiserver.pem}---\nMaster-Key: s3cret-session\n`);
  mount('500', uid);
});
afterEach(() => tree.remove());

function mount(pid: string, of: string): void {
  tree.write(
    `proc/${pid}/mountinfo`,
    '300 299 0:77 / /run/secrets/kubernetes.io/serviceaccount ro - tmpfs tmpfs rw\n',
  );
  tree.write('proc/1/mountinfo', `30 1 0:77 / /${volume.replace(uid, of)} rw - tmpfs tmpfs rw\n`);
  tree.write(`${volume}/token`, 's3cret-token');
  tree.write(`${volume}/ca.crt`, ca.pem);
}

async function look(
  data: Readonly<Record<string, string>> = {},
): Promise<NodeSeen & { readonly output: string }> {
  const { reader, output } = readerOnTree(tree.root);
  const reply = await reader.query(verifyQuery, {
    own: '192.168.56.30 6443 kubernetes',
    service: '10.233.0.1 443 10.233.0.1',
    dns: 'service 10.233.0.3 53',
    query: octal(encodeQuestion('kubernetes.default.svc.cluster.local', 'A')),
    ...data,
  });
  const cas = { ca: [read(ca)], ownCa: [read(ca)], rootCas: new Map() };
  const question = { node: 'cp1', own, service, ...cas, at: now };
  const all = reply.frames.map(({ bytes }) => Buffer.from(bytes).toString());
  return { ...readVerifyReply(reply, question), output: [...all, ...output.map(String)].join('\n') };
}

function asked(): string {
  return execFileSync('cat', [path.join(tree.root, 'asked')]).toString();
}

test('it dials its own API server, then from the network of a pod by the same names, and asks the DNS there', async () => {
  const seen = await look();
  expect(seen.by).toBe('openssl');
  expect(seen.dials.map(({ place, result }) => [place.kind, result.state])).toEqual([
    ['node', 'served'],
    ['pod', 'served'],
  ]);
  expect(seen.pods.map(({ pod, token, isEntered }) => [pod, token, isEntered])).toEqual([
    ['coredns-7d', 'mounted', true],
    ['probe-x', 'unknown', false],
  ]);
  expect(seen.pods[0]?.ca).toMatchObject({ from: 'kubelet' });
  expect(asked()).toContain(
    'openssl s_client -connect 192.168.56.30:6443 -showcerts -servername kubernetes\n',
  );
  expect(asked()).toMatch(
    /nsenter --net=\/proc\/self\/fd\/7 -- openssl s_client -connect 10\.233\.0\.1:443 -showcerts\n/,
  );
  expect(asked()).toMatch(/nsenter --net=\/proc\/self\/fd\/7 -- bash --norc --noprofile -c/);
});

test('nothing of a token, a session or an environment leaves the node, and of a pod no file is read', async () => {
  for (const pid of ['500', '501']) mkdirSync(path.join(tree.root, 'proc', pid, 'root'), { recursive: true });
  const { output } = await look();
  expect(output).not.toContain('s3cret');
  for (const canary of tree.canaries) expect(output).not.toContain(canary);
  expect(asked()).not.toContain('/root/');
});

test('a ca.crt that leads out of its volume is not read', async () => {
  rmSync(path.join(tree.root, volume, 'ca.crt'));
  symlinkSync('/etc/passwd', path.join(tree.root, volume, 'ca.crt'));
  const { pods, output } = await look();
  expect(pods[0]?.ca).toBeUndefined();
  expect(output).not.toContain('root:x:0');
});

test('what kubelet mounted in another way than by a pod of that name is not looked at', async () => {
  tree.write('proc/1/mountinfo', '30 1 0:77 / /etc/kubernetes rw - tmpfs tmpfs rw\n');
  const { pods } = await look();
  expect(pods[0]).toMatchObject({ token: 'unknown' });
  expect(pods[0]?.ca).toBeUndefined();
});

test('a volume that the pod itself can write to is not looked at', async () => {
  const folder = `var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/x`;
  tree.write(`${folder}/ca.crt`, ca.pem);
  tree.write(`${folder}/token`, 'x');
  tree.write('proc/1/mountinfo', `30 1 0:77 / /${folder} rw - tmpfs tmpfs rw\n`);
  const { pods } = await look();
  expect(pods[0]).toMatchObject({ pod: 'coredns-7d', token: 'unknown' });
  expect(pods[0]?.ca).toBeUndefined();
});

test('a pod that nothing is mounted into has no token, and one that has is entered instead', async () => {
  const other = uid.replace(/a$/, 'b');
  tree.write('proc/500/mountinfo', '299 1 0:9 / / rw - overlay overlay rw\n');
  tree.write(
    'proc/501/mountinfo',
    `300 299 0:9 /var/lib/kubelet/pods/${other}/volumes/kubernetes.io~secret/x /run/secrets/kubernetes.io/serviceaccount ro - ext4 x rw\n`,
  );
  tree.write(`var/lib/kubelet/pods/${other}/volumes/kubernetes.io~secret/x/token`, 's3cret');
  const { pods } = await look();
  expect(pods.map(({ pod, token, isEntered }) => [pod, token, isEntered])).toEqual([
    ['coredns-7d', 'absent', false],
    ['probe-x', 'mounted', true],
  ]);
});

describe('--pod', () => {
  test('no other one is entered', async () => {
    const { pods } = await look({ pod: 'kube-system/probe-x' });
    expect(pods.map(({ pod, isEntered }) => [pod, isEntered])).toEqual([['probe-x', true]]);
    expect((await look({ pod: 'default/probe-x' })).pods).toEqual([]);
  });

  test.each(['../x', 'a/b c', 'a/*', '$(id)/x', ''])('%j is no pod', async (pod) => {
    const { pods } = await look({ pod });
    expect(pods.every((one) => one.namespace === 'kube-system')).toBe(true);
  });

  test('one whose containers wait to be started again is entered by the network that it keeps', async () => {
    writeFileSync(path.join(tree.root, 'proc/501/comm'), 'pause\n');
    // What holds a pod's network is told nothing of Services; a container that is called like it is.
    writeFileSync(path.join(tree.root, 'proc/501/environ'), 'PATH=/usr/bin\0');
    const { pods, dials } = await look({ pod: 'kube-system/probe-x' });
    expect(pods).toMatchObject([{ pod: 'probe-x', isEntered: true }]);
    expect(pods[0]?.serviceHost).toBeUndefined();
    expect(dials.some(({ place }) => place.kind === 'pod')).toBe(true);
  });
});

test('a process that has the network of the node by now is not taken for the pod', async () => {
  rmSync(path.join(tree.root, 'proc/500/ns/net'));
  linkSync(path.join(tree.root, 'proc/1/ns/net'), path.join(tree.root, 'proc/500/ns/net'));
  const { pods } = await look();
  expect(pods.map(({ pod }) => pod)).toEqual(['probe-x']);
});

function lacks(...names: readonly string[]): void {
  for (const name of names) tree.program(name, 'exit 127');
  // Where everybody may write nothing is started, so it is as good as absent.
  for (const name of names) execFileSync('chmod', ['0777', path.join(tree.root, 'usr/bin', name)]);
}

describe('what the node does not have', () => {
  test('without openssl it dials by curl, which judges by itself', async () => {
    lacks('openssl');
    tree.program('curl', 'echo "curl $*" >>"$FIX_SANS_ROOT/asked"');
    const seen = await look();
    expect(seen.by).toBe('curl');
    expect(seen.dials[0]?.result).toEqual({ state: 'accepted' });
    expect(asked()).toMatch(
      /--cacert \S+\/etc\/kubernetes\/ssl\/ca\.crt --connect-to kubernetes:6443:192\.168\.56\.30:6443 https:\/\/kubernetes:6443\/version/,
    );
    tree.program('curl', 'echo "curl: (60) SSL: no alternative certificate subject name" >&2; exit 60');
    expect((await look()).dials[0]?.result).toMatchObject({ state: 'rejected' });
    tree.program('curl', 'echo "curl: (7) Failed to connect: Connection refused" >&2; exit 7');
    expect((await look()).dials[0]?.result).toMatchObject({ state: 'failed', trouble: 'refused' });
  });

  test('with neither, that is said', async () => {
    lacks('openssl', 'curl');
    const seen = await look();
    expect(seen.by).toBeUndefined();
    expect(seen.dials).toEqual([]);
    expect(seen.unread).toContainEqual({
      what: 'dial',
      why: 'neither openssl nor curl is there, so nothing was dialled from this node',
    });
  });

  test('without nsenter no pod is entered, and that is said', async () => {
    lacks('nsenter');
    const seen = await look();
    expect(seen.pods.every(({ isEntered }) => !isEntered)).toBe(true);
    expect(seen.pods[0]?.whyNot).toBe('nsenter is not there, so no network of a pod can be entered');
  });

  test('without bash and dig the DNS is not asked, and that is said', async () => {
    lacks('bash', 'dig');
    const seen = await look();
    expect(seen.answers).toEqual([]);
    expect(seen.unread.map(({ what }) => what)).toContain('dns');
  });
});

test('what is no address, port or name in a row is not dialled', async () => {
  const { output } = await look({
    own: '$(id) 6443 a\n10.0.0.1 x a\n10.0.0.1 6443 -x\n10.0.0.1 6443 a;b\n10.0.0.1 6443',
    pods: 'no',
  });
  expect(output).not.toContain('uid=');
  expect(existsSync(path.join(tree.root, 'asked'))).toBe(false);
});
