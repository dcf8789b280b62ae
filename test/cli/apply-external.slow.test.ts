/** An external CA: requests by the keys in use, signed elsewhere, handed in, proven and swapped like any other pair; and taken back. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeCaKeyAway } from '../simulator/damage.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';

let on: SimulatedRuns;
let folder: string;

beforeAll(async () => {
  on = await simulatedRuns();
  for (const node of on.simulation.nodes) takeCaKeyAway(node);
  folder = path.join(on.home, 'csr');
  mkdirSync(folder);
});
afterAll(() => on[Symbol.asyncDispose]());

const san = '--san=new.example.com';

/** By whoever holds the CA: its certificate is on every node, its key on none. */
function sign(name: string, more: readonly string[] = []): string {
  const [{ root } = { root: '' }] = on.simulation.nodes;
  const out = path.join(folder, `${name}.crt`);
  const args = ['x509', '-req', '-in', path.join(folder, `${name}.csr`), '-copy_extensions', 'copy'];
  const ca = [
    '-CA',
    path.join(root, 'etc/kubernetes/pki/ca.crt'),
    '-CAkey',
    path.join(root, 'tmp/ca.key.away'),
  ];
  execFileSync('openssl', [...args, ...ca, '-days', '3650', '-out', out, ...more], { stdio: 'pipe' });
  return `--signed-cert=${out}`;
}

test('without the CA key the plan is refused, and says how it goes on', async () => {
  const { code, stdout } = await on.run('plan', san);
  expect(code).toBe(7);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('apply --csr-dir');
  expect((await on.rolled('apply', san)).exitCode).toBe(7);
});

test('--csr-dir: one request for each control plane, by the key in use, with every name; nothing is changed', async () => {
  const before = on.simulation.nodes.map(filesOf);
  const { code, stdout, stderr } = await on.run('apply', '--yes', san, `--csr-dir=${folder}`);
  expect(code, stderr).toBe(3);
  expect(stderr).toContain(`--signed-cert ${folder}/`);
  expect(stdout).toContain('.csr');
  expect(on.simulation.nodes.map(filesOf)).toEqual(before);
  expect(on.simulation.nodes.flatMap(stateOf)).toEqual([]);
  expect(readdirSync(folder).toSorted()).toEqual(
    on.simulation.nodes.map(({ name }) => `${name}.csr`).toSorted(),
  );
  for (const { name, root } of on.simulation.nodes) {
    const csr = path.join(folder, `${name}.csr`);
    expect(readFileSync(csr, 'utf8')).not.toContain('PRIVATE');
    const text = execFileSync('openssl', ['req', '-noout', '-text', '-pubkey', '-in', csr], {
      encoding: 'utf8',
    });
    expect(text).toContain('DNS:new.example.com');
    expect(text).toContain('DNS:kubernetes.default.svc');
    const live = new X509Certificate(readFileSync(path.join(root, 'etc/kubernetes/pki/apiserver.crt')));
    expect(text).toContain(live.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim());
  }
});

test('what was signed otherwise than asked for is refused before anything is begun', async () => {
  const [first, second] = on.simulation.nodes.map(({ name }) => name);
  const before = on.simulation.nodes.map(filesOf);
  const config = path.join(folder, 'less.cnf');
  execFileSync('sh', [
    '-c',
    `printf 'subjectAltName=DNS:kubernetes\nextendedKeyUsage=serverAuth\n' >'${config}'`,
  ]);
  const less = sign(first ?? '', ['-copy_extensions', 'none', '-extfile', config]);
  const end = await on.rolled('apply', san, less, sign(second ?? ''));
  expect(end.exitCode).toBe(7);
  expect(end.nodes[0]?.why).toContain('who signed it left out');
  expect(end.nodes.map(({ state }) => state)).toEqual(['untouched', 'untouched']);
  expect(on.simulation.nodes.map(filesOf)).toEqual(before);
  // One of two is not enough to go on.
  expect((await on.rolled('apply', san, sign(second ?? ''))).exitCode).toBe(7);
  rmSync(config);
});

test('--signed-cert: proven, swapped, served on each, the key stays; then taken back byte for byte', async () => {
  const before = on.simulation.nodes.map(filesOf);
  const signed = on.simulation.nodes.map(({ name }) => sign(name));
  const done = await on.rolled('apply', san, ...signed);
  expect(done.nodes.map(({ state, why }) => [state, why])).toEqual([
    ['done', undefined],
    ['done', undefined],
  ]);
  expect(done.exitCode).toBe(0);
  for (const { api, root } of on.simulation.nodes) {
    expect(new X509Certificate(api.served()).subjectAltName).toContain('DNS:new.example.com');
    expect(readdirSync(path.join(root, 'etc/kubernetes/pki')).filter((file) => file.startsWith('.'))).toEqual(
      [],
    );
  }
  expect(on.kubeadmConfig()).toContain('new.example.com');
  expect((await on.rolled('apply', san)).exitCode).toBe(0);
  expect((await on.rolled('rollback')).exitCode).toBe(0);
  expect(on.simulation.nodes.map(filesOf)).toEqual(before);
});
