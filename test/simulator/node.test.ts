import { X509Certificate } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { call, handshake, login, ssh } from './client.ts';
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
  rmSync(path.join(node.root, 'var/lib/sample'), { recursive: true, force: true });
});

function namesOf(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^.*?:/, ''));
}

function onDisk(): X509Certificate {
  return new X509Certificate(fileOf(node, 'etc/kubernetes/pki/apiserver.crt'));
}

const stage = String.raw`set -eu
root=$FIX_SANS_SIMULATED_ROOT
work=$root/var/lib/sample
mkdir -p "$work/stage"
ln -s "$root/etc/kubernetes/pki/ca.crt" "$work/stage/ca.crt"
ln -s "$root/etc/kubernetes/pki/ca.key" "$work/stage/ca.key"
cat > "$work/config.yaml"
kubeadm init phase certs apiserver --config "$work/config.yaml"
cp -p "$root/etc/kubernetes/pki/apiserver.crt" "$root/etc/kubernetes/pki/apiserver.key" "$work/"
mv "$work/stage/apiserver.key" "$root/etc/kubernetes/pki/apiserver.key"
mv "$work/stage/apiserver.crt" "$root/etc/kubernetes/pki/apiserver.crt"
`;

/** As a tool would write it: the ClusterConfiguration with a name more, and what is particular to the node. */
function config(certificatesDir: string, more = ''): string {
  return `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: ${node.address}, bindPort: ${node.apiPort} }
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.4
certificatesDir: ${certificatesDir}
encryptionAlgorithm: ECDSA-P256
networking: { serviceSubnet: 10.240.0.64/26 }
apiServer: { certSANs: [new.example.com] }
${more}`;
}

test('stage and swap by SSH: the new name is served at once, no old one is lost', async () => {
  const before = namesOf(onDisk());
  const ran = await ssh(simulation, node, stage, config('/var/lib/sample/stage'));
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
  const recipe = `cd "$FIX_SANS_SIMULATED_ROOT/etc/kubernetes/pki" && rm apiserver.crt apiserver.key &&
    kubeadm init phase certs apiserver --apiserver-cert-extra-sans 203.0.113.10`;
  const ran = await ssh(simulation, node, recipe);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain(`and IPs [10.96.0.1 ${node.address} 203.0.113.10]`);
  expect(onDisk().checkIP('10.240.0.65')).toBeUndefined();
  expect(onDisk().checkHost('cp1')).toBe('cp1');
});

/** Names, kinds, numbers, times and bytes of all that lies below a folder. */
function stateOf(folder: string): unknown {
  if (!existsSync(folder)) return 'absent';
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((file) => {
      const { ino, mode, mtimeMs, ctimeMs, size } = lstatSync(path.join(folder, file));
      return [file, ino, mode, mtimeMs, ctimeMs, size];
    });
}

test('canaries on the host are not touched, by scripts that use the prefix and by the stand-in in spite of them', async () => {
  const host = path.join(simulation.folder, 'host');
  for (const folder of ['etc/kubernetes/pki', 'var/lib/fix-sans']) {
    mkdirSync(path.join(host, folder), { recursive: true });
  }
  cpSync(original, path.join(host, 'etc/kubernetes/pki'), { recursive: true });
  for (const file of ['apiserver.crt', 'apiserver.key']) rmSync(path.join(host, 'etc/kubernetes/pki', file));
  writeFileSync(path.join(host, 'var/lib/fix-sans/canary'), 'canary');
  const states = () => [host, '/etc/kubernetes', '/var/lib/fix-sans'].map(stateOf);
  const before = states();

  expect((await ssh(simulation, node, stage, config('/var/lib/sample/stage'))).code).toBe(0);
  // A folder named from the host's root is one of the node's, which is not there.
  rmSync(path.join(node.root, 'var/lib/sample'), { recursive: true });
  const outside = await ssh(simulation, node, stage, config(path.join(host, 'etc/kubernetes/pki')));
  expect(outside.code).toBe(1);
  expect(outside.stderr).toContain("couldn't load ca certificate authority from");
  // A link that leads out is refused.
  symlinkSync(host, path.join(node.root, 'out'));
  rmSync(path.join(node.root, 'var/lib/sample'), { recursive: true });
  const linked = await ssh(simulation, node, stage, config('/out/etc/kubernetes/pki'));
  expect(linked.code).toBe(1);
  expect(linked.stderr).toContain('leads out of the simulated node');
  const dots = await ssh(
    simulation,
    node,
    'kubeadm init phase certs apiserver --cert-dir /../host/etc/kubernetes/pki',
  );
  expect(dots.code).toBe(1);
  rmSync(path.join(node.root, 'out'));
  expect(states()).toEqual(before);
});

test('a command has its input, its two outputs and its exit code', async () => {
  const ran = await ssh(simulation, node, 'cat; echo error >&2; exit 7', 'input\n');
  expect(ran).toEqual({ stdout: 'input\n', stderr: 'error\n', code: 7 });
});

test('a node has a name of its own, programs of the host that would change it are absent', async () => {
  const ran = await ssh(
    simulation,
    node,
    'hostname; uname -n; sudo -n hostname; pwd; systemctl stop kubelet',
  );
  expect(ran.stdout).toBe(`cp1\ncp1\ncp1\n${path.join(node.root, 'root')}\n`);
  expect(ran).toMatchObject({ stderr: 'systemctl: not on a simulated node\n', code: 127 });
});

test('the root is set by the server alone: a client’s variables are not taken', async () => {
  const command = 'echo "$FIX_SANS_SIMULATED_ROOT ${MINE-unset}"';
  const ran = await ssh(simulation, node, command, '', { FIX_SANS_SIMULATED_ROOT: '/', MINE: 'set' });
  expect(ran.stdout).toBe(`${node.root} unset\n`);
});

test('only the one user key is let in, and the host key is the one that is told', async () => {
  const refused = 'authentication methods failed';
  const byPassword = { authHandler: ['password' as const], password: 'secret' };
  await expect(login(simulation, node, byPassword)).rejects.toThrow(refused);
  const other = ssh2.utils.generateKeyPairSync('ed25519').private;
  await expect(login(simulation, node, { privateKey: other })).rejects.toThrow(refused);
  await expect(login(simulation, node, { hostVerifier: () => false })).rejects.toThrow('Host denied');
});

test('a client may go on to a simulated server and to no other', async () => {
  const [, second] = simulation.nodes;
  const client = await login(simulation, node);
  const forward = (address: string, port: number) =>
    new Promise<boolean>((resolve) => {
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        channel?.destroy();
        resolve(error === undefined);
      });
    });
  expect(await forward(second?.address ?? '', second?.apiPort ?? 0)).toBe(true);
  expect(await forward('127.0.0.1', second?.apiPort ?? 0)).toBe(false);
  expect(await forward('192.0.2.1', 443)).toBe(false);
  client.end();
});

test('a node that is not healthy says so, and the others do not', async () => {
  node.api.setHealthy(false);
  const statuses = await Promise.all(simulation.nodes.map((one) => call(simulation, one, '/readyz')));
  expect(statuses.map(({ status }) => status)).toEqual([500, 200]);
  node.api.setHealthy(true);
});
