/** Whatever runs on a simulated node, the host's own files stay as they are: canaries lie where a leak would find them. */
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withLock } from '../lab/lock.ts';
import { runOn } from './client.ts';
import { readByKubectl, stageAndSwap, stageConfig, usualRecipe } from './sample-script.ts';
import { simulate, type SimulatedNode, type Simulation } from './simulate.ts';

let simulation: Simulation;
let node: SimulatedNode;
let original: string;

beforeAll(async () => {
  simulation = await simulate({ nodes: 1, keys: 'ec', serviceSubnet: '10.240.0.64/26' });
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('there is no node');
  node = first;
  original = path.join(simulation.folder, 'original');
  cpSync(path.join(node.root, 'etc/kubernetes'), original, { recursive: true });
});
afterAll(() => simulation.stop());

/** The host's places that a script without its root would use. */
const places = {
  kubernetes: '/etc/kubernetes',
  kubelet: '/var/lib/kubelet',
  nodeState: '/var/lib/fix-sans',
  state: path.join(os.homedir(), '.local/state/fix-sans'),
};

/** Names, numbers, modes, sizes and times of all that lies below; of files that were planted, also whether they were read. */
function stateOf(folder: string): unknown {
  if (!existsSync(folder)) return 'absent';
  return ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].toSorted().map((name) => {
    const file = path.join(folder, name);
    const { ino, mode, uid, size, mtimeMs, ctimeMs, atimeMs } = lstatSync(file);
    return [name, ino, mode, uid, size, mtimeMs, ctimeMs, planted.has(file) ? atimeMs : 'not looked at'];
  });
}

const planted = new Set<string>();

/** Makes a file where there was none, with the folders above it. False where this user may not. */
function plant(file: string, write: () => void): boolean {
  const folders: string[] = [];
  for (let folder = path.dirname(file); !existsSync(folder); folder = path.dirname(folder))
    folders.unshift(folder);
  try {
    for (const folder of folders) {
      mkdirSync(folder);
      planted.add(folder);
    }
    if (existsSync(file)) return false;
    write();
    planted.add(file);
    return true;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

/** Removes what was planted and nothing else, the last first; a folder into which something leaked stays. */
function uproot(): void {
  for (const file of [...planted].toReversed()) {
    try {
      if (lstatSync(file).isDirectory()) rmdirSync(file);
      else unlinkSync(file);
    } catch (error) {
      if (!['ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  planted.clear();
}

/**
 * Where the host is no node: all that kubeadm needs to sign, so that a leak would succeed. Where it is one, its own files are
 * the canaries. The state folders get a file more in any case.
 */
function plantAll(): void {
  if (!existsSync(places.kubernetes)) {
    for (const name of readdirSync(original, { recursive: true, encoding: 'utf8' }).toSorted()) {
      const from = path.join(original, name);
      if (!lstatSync(from).isFile() || /\/apiserver\.(?:crt|key)$/.test(name)) continue;
      plant(path.join(places.kubernetes, name), () => cpSync(from, path.join(places.kubernetes, name)));
    }
  }
  for (const folder of [places.nodeState, places.state]) {
    const file = path.join(folder, `canary-${process.pid}`);
    plant(file, () => writeFileSync(file, 'canary'));
  }
}

/** Everything that a tool does on a node, well and badly. */
async function useTheNode(): Promise<void> {
  const swap = await runOn(node, stageAndSwap, stageConfig(node));
  expect(swap.stderr).toBe('[simulated] this is a stand-in, not kubeadm\n');
  expect(swap.code).toBe(0);
  expect((await runOn(node, usualRecipe)).code).toBe(0);
  expect(
    (await runOn(node, `sudo -n ${readByKubectl(node, '/api/v1/nodes')}`, '', { username: 'ops' })).code,
  ).toBe(0);
  // The paths of a real node, given to the stand-ins as they are, are the simulated node's.
  const plain = 'kubeadm init phase certs apiserver --cert-dir /etc/kubernetes/pki';
  expect((await runOn(node, plain)).stdout).toContain('Using existing apiserver certificate');
  expect((await runOn(node, `rm "$FIX_SANS_ROOT"/etc/kubernetes/pki/apiserver.*; ${plain}`)).code).toBe(0);
  const bare = 'kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz';
  expect((await runOn(node, bare)).stdout).toBe('ok');
  expect(
    (await runOn(node, 'mkdir -p ~/.local/state/fix-sans; echo x >~/.local/state/fix-sans/x')).code,
  ).toBe(0);
  expect(existsSync(path.join(node.root, 'root/.local/state/fix-sans/x'))).toBe(true);
}

test('canaries on the host are neither changed nor read', async () => {
  // Another checkout may run the same test on this machine.
  await withLock('canary', async () => {
    try {
      plantAll();
      expect([...planted].filter((file) => file.startsWith(places.state)).length).toBeGreaterThan(0);
      const states = () => Object.values(places).map(stateOf);
      const before = states();
      await useTheNode();
      expect(states()).toEqual(before);
    } finally {
      uproot();
    }
  });
});

test('neither links nor dots lead a stand-in out of its node', async () => {
  const host = path.join(simulation.folder, 'host');
  cpSync(path.join(original, 'pki'), path.join(host, 'pki'), { recursive: true });
  for (const file of ['apiserver.crt', 'apiserver.key']) rmSync(path.join(host, 'pki', file));
  cpSync(path.join(original, 'admin.conf'), path.join(host, 'admin.conf'));
  const before = stateOf(host);
  symlinkSync(host, path.join(node.root, 'out'));

  const sign = (folder: string) => runOn(node, `kubeadm init phase certs apiserver --cert-dir ${folder}`);
  // A folder named from the host's root is one of the node's, which is not there.
  expect((await sign(`${host}/pki`)).stderr).toContain("couldn't load ca certificate authority from");
  expect((await sign('/out/pki')).stderr).toContain('leads out of the simulated node');
  expect((await sign('"$FIX_SANS_ROOT"/out/pki')).stderr).toContain('leads out of the simulated node');
  for (const dots of ['/../host/pki', '"$FIX_SANS_ROOT"/../host/pki', '/tmp/../../host/pki']) {
    expect([dots, (await sign(dots)).code]).toEqual([dots, 1]);
  }
  const read = (file: string) => runOn(node, `kubectl --kubeconfig ${file} get --raw /readyz`);
  expect((await read(`${host}/admin.conf`)).stderr).toContain('no such file or directory');
  expect((await read('/out/admin.conf')).stderr).toContain('leads out of the simulated node');
  expect((await read('"$FIX_SANS_ROOT"/../host/admin.conf')).code).toBe(1);
  const config = await runOn(node, 'kubeadm init phase certs apiserver --config /out/admin.conf');
  expect(config.stderr).toContain('leads out of the simulated node');
  expect(stateOf(host)).toEqual(before);
});
