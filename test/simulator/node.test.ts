import { X509Certificate } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { call, handshake, login, runOn } from './client.ts';
import { stageAndSwap, stageConfig, usualRecipe } from './sample-script.ts';
import { newSshKey } from './ssh-files.ts';
import { fileOf, simulate, type SimulatedNode, type Simulation } from './simulate.ts';

let simulation: Simulation;
let node: SimulatedNode;
let original: string;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, keys: 'ec', serviceSubnet: '10.240.0.64/26' });
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('there is no node');
  node = first;
  original = path.join(simulation.folder, 'original-pki');
  cpSync(path.join(node.root, 'etc/kubernetes/pki'), original, { recursive: true });
});
afterAll(() => simulation.stop());

beforeEach(() => {
  const pki = path.join(node.root, 'etc/kubernetes/pki');
  for (const file of ['apiserver.key', 'apiserver.crt', 'ca.key'])
    cpSync(path.join(original, file), path.join(pki, file));
  rmSync(path.join(node.root, 'var/lib/fix-sans'), { recursive: true, force: true });
});

function namesOf(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^.*?:/, ''));
}

function onDisk(): X509Certificate {
  return new X509Certificate(fileOf(node, 'etc/kubernetes/pki/apiserver.crt'));
}

test('stage and swap by SSH: the new name is served at once, no old one is lost', async () => {
  const before = namesOf(onDisk());
  const ran = await runOn(node, stageAndSwap, stageConfig(node));
  expect(ran.stderr).toBe('[simulated] this is a stand-in, not kubeadm\n');
  expect(ran.code).toBe(0);
  const wanted = onDisk();
  expect(namesOf(wanted)).toEqual(expect.arrayContaining([...before, 'new.example.com']));
  await vi.waitFor(async () =>
    expect((await handshake(node, simulation.ca)).serialNumber).toBe(wanted.serialNumber),
  );
});

test('the usual recipe loses the ClusterIP, as on a real node', async () => {
  expect(onDisk().checkIP('10.240.0.65')).toBe('10.240.0.65');
  const ran = await runOn(node, usualRecipe);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain(`and IPs [10.96.0.1 ${node.api.host} 203.0.113.10]`);
  expect(onDisk().checkIP('10.240.0.65')).toBeUndefined();
  expect(onDisk().checkHost('cp1')).toBe('cp1');
});

test('a command has its input, its two outputs and its exit code', async () => {
  const ran = await runOn(node, 'cat; echo error >&2; exit 7', 'input\n');
  expect(ran).toEqual({ stdout: 'input\n', stderr: 'error\n', code: 7 });
});

/** One that has ended may still be listed, when nobody asks how it went. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

test('a signal reaches all that the command started, and is told as its end', async () => {
  const command = 'sleep 60 & echo $!; wait; echo not reached';
  const ran = await runOn(node, command, '', { kill: 'TERM' });
  expect(ran).toMatchObject({ code: null, signal: 'SIGTERM' });
  await vi.waitFor(() => expect(isRunning(Number(ran.stdout))).toBe(false));
});

test('the constant command of a tool reads its script from stdin', async () => {
  const ran = await runOn(node, 'exec /bin/sh -s', 'echo "from $0"\nexit 3\n');
  expect(ran).toEqual({ stdout: 'from /bin/sh\n', stderr: '', code: 3 });
});

test('a user who is not root becomes root by sudo and keeps the node', async () => {
  const command = 'whoami; id -u; sudo -n sh -c "id -u; id -un; echo \\$FIX_SANS_ROOT"';
  const ran = await runOn(node, command, '', { username: 'ops' });
  expect(ran.stdout).toBe(`ops\n1000\n0\nroot\n${node.root}\n`);
  await expect(login(node, { username: 'nobody' })).rejects.toThrow('authentication methods failed');
});

test('a node has a name of its own, programs of the host that would change it are absent', async () => {
  const ran = await runOn(node, 'hostname; uname -n; sudo -n hostname; pwd; systemctl stop kubelet');
  expect(ran.stdout).toBe(`cp1\ncp1\ncp1\n${path.join(node.root, 'root')}\n`);
  expect(ran).toMatchObject({ stderr: 'systemctl: not on a simulated node\n', code: 127 });
});

test('the root is set by the server alone: a client’s variables are not taken', async () => {
  const command = 'echo "$FIX_SANS_ROOT ${MINE-unset}"';
  const ran = await runOn(node, command, '', { env: { FIX_SANS_ROOT: '/', MINE: 'set' } });
  expect(ran.stdout).toBe(`${node.root} unset\n`);
});

test('only the one user key is let in, and the host key is the one that is told', async () => {
  const refused = 'authentication methods failed';
  const byPassword = { authHandler: ['password' as const], password: 'secret' };
  await expect(login(node, byPassword)).rejects.toThrow(refused);
  const other = newSshKey('another user').private;
  await expect(login(node, { privateKey: other })).rejects.toThrow(refused);
  await expect(login(node, { hostVerifier: () => false })).rejects.toThrow('Host denied');
});

test('a client may go on to a simulated server and to no other', async () => {
  const [, second] = simulation.nodes;
  const client = await login(node);
  const forward = (address: string, port: number) =>
    new Promise<boolean>((resolve) => {
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        channel?.destroy();
        resolve(error === undefined);
      });
    });
  expect(await forward(second?.api.host ?? '', second?.api.port ?? 0)).toBe(true);
  expect(await forward('127.0.0.1', second?.api.port ?? 0)).toBe(false);
  expect(await forward('192.0.2.1', 443)).toBe(false);
  client.end();
});

test('a node that is not healthy says so, and the others do not', async () => {
  node.api.setHealthy(false);
  const statuses = await Promise.all(simulation.nodes.map((one) => call(simulation, one, '/readyz')));
  expect(statuses.map(({ status }) => status)).toEqual([500, 200]);
  node.api.setHealthy(true);
});

test('what still runs on a node ends with it', async () => {
  const short = await simulate({ nodes: 1, keys: 'ec' });
  const [only] = short.nodes;
  if (only === undefined) throw new Error('there is no node');
  const file = path.join(only.root, 'tmp/pid');
  const cut = runOn(only, `sleep 60 & echo $! >"$FIX_SANS_ROOT/tmp/pid"; wait`);
  await vi.waitFor(() => expect(existsSync(file) && readFileSync(file, 'utf8')).toMatch(/\n/));
  const pid = Number(readFileSync(file, 'utf8'));
  await short.stop();
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  expect((await cut).code).toBeNull();
});

test('the system’s ssh and its host key check are served as well', async () => {
  const ran = await execa('ssh', ['-F', simulation.sshConfig, 'ops@cp2', 'sudo -n hostname'], { input: '' });
  expect(ran.stdout).toBe('cp2');
  const strange = await execa(
    'ssh',
    ['-F', simulation.sshConfig, '-o', 'UserKnownHostsFile=/dev/null', 'cp1', 'hostname'],
    { input: '', reject: false },
  );
  expect(strange.exitCode).toBe(255);
  expect(strange.stderr).toContain('Host key verification failed');
});
