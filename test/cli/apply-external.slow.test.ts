/** An external CA: requests by the keys in use, signed elsewhere, handed in, proven and swapped like any other pair; and taken back. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeCaKeyAway, type Undo } from '../simulator/damage.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';

let on: SimulatedRuns;
let folder: string;
let giveBack: readonly Undo[] = [];

beforeAll(async () => {
  on = await simulatedRuns();
  giveBack = on.simulation.nodes.map(takeCaKeyAway);
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

test('without the CA key the plan is refused, and says how it goes on (fault 20)', async () => {
  const { code, stdout } = await on.run('plan', san);
  expect(code).toBe(7);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('apply --csr-dir');
  expect((await on.rolled('apply', san)).exitCode).toBe(7);
});

test('--csr-dir: one request for each control plane, by the key in use, with every name; nothing is changed', async () => {
  const before = on.simulation.nodes.map(filesOf);
  const { code, stdout, stderr } = await on.run('apply', '--yes', '--quiet', san, `--csr-dir=${folder}`);
  expect(code, stderr).toBe(3);
  // What to type once they are signed is the result, and no talk.
  expect(stdout).toMatch(new RegExp(`apply --san new\\.example\\.com --signed-cert ${folder}/`));
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

test('--csr-dir where the CA key lies on the nodes: requests are written, and nothing is signed or changed', async () => {
  for (const undo of giveBack) undo();
  const before = on.simulation.nodes.map(filesOf);
  const requests = path.join(on.home, 'requests');
  mkdirSync(requests);
  const { exitCode, nodes } = await on.rolled('apply', san, `--csr-dir=${requests}`);
  expect(exitCode).toBe(3);
  expect(nodes.map(({ state }) => state)).toEqual(['untouched', 'untouched']);
  expect(on.simulation.nodes.map(filesOf)).toEqual(before);
  expect(on.simulation.nodes.flatMap(stateOf)).toEqual([]);
  expect(readdirSync(requests)).toHaveLength(2);
  const [{ name } = { name: '' }] = on.simulation.nodes;
  const one = path.join(on.home, 'one');
  mkdirSync(one);
  expect((await on.rolled('apply', san, `--only=${name}`, `--csr-dir=${one}`)).exitCode).toBe(3);
  expect(readdirSync(one)).toEqual([`${name}.csr`]);
  const none = await on.run('apply', '--yes', `--csr-dir=${requests}`);
  expect(none.stderr).toContain('no control plane is to be signed anew, so no request was written');
  expect(none.code).toBe(0);
  giveBack = on.simulation.nodes.map(takeCaKeyAway);
}, 120_000);

test('--csr-dir where more speaks against it is refused as by plan, and that no request was written is said', async () => {
  const before = on.simulation.nodes.map(filesOf);
  const requests = path.join(on.home, 'refused');
  mkdirSync(requests);
  const { code, stderr } = await on.run('apply', '--yes', '--san=0.0.0.0', san, `--csr-dir=${requests}`);
  expect(code).toBe(7);
  expect(stderr).toContain('--csr-dir: no request was written');
  expect(stderr).toContain('refused: ');
  expect(readdirSync(requests)).toEqual([]);
  expect(on.simulation.nodes.map(filesOf)).toEqual(before);
});

test('what was signed with SHA-1 is refused before anything is begun, and so is a file with more than one certificate', async () => {
  const before = on.simulation.nodes.map(filesOf);
  const signed = on.simulation.nodes.map(({ name }) => sign(name, ['-sha1']));
  const end = await on.rolled('apply', san, ...signed);
  expect(end.exitCode).toBe(7);
  expect(end.nodes[0]?.why).toMatch(
    /it is signed with sha1-(?:rsa|ecdsa), which no client of Kubernetes takes/,
  );
  const [{ name, root } = { name: '', root: '' }] = on.simulation.nodes;
  const chain = path.join(folder, 'chain.pem');
  const leaf = readFileSync(sign(name).replace('--signed-cert=', ''), 'utf8');
  writeFileSync(chain, leaf + readFileSync(path.join(root, 'etc/kubernetes/pki/ca.crt'), 'utf8'));
  const refused = await on.run('apply', '--yes', san, `--signed-cert=${chain}`);
  expect(refused.stderr).toContain('chain.pem holds 2 certificates');
  expect(refused.stderr).toContain('intermediates are not supported');
  expect(refused.code).toBe(64);
  expect(on.simulation.nodes.map(filesOf)).toEqual(before);
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
  // The same command again, as after a run that stopped half-way.
  expect((await on.rolled('apply', san, ...signed)).exitCode).toBe(0);
  const after = on.simulation.nodes.map(filesOf);
  const another = await on.rolled('apply', san, sign(on.simulation.nodes[0]?.name ?? ''));
  expect(another.exitCode).toBe(7);
  expect(another.nodes[0]?.why).toContain(
    `${on.simulation.nodes[0]?.name}: the certificate of --signed-cert (serial `,
  );
  expect(another.nodes[0]?.why).toContain('would not be used, since nothing is to be signed there');
  expect(on.simulation.nodes.map(filesOf)).toEqual(after);
  expect((await on.rolled('rollback')).exitCode).toBe(0);
  expect(on.simulation.nodes.map(filesOf)).toEqual(before);
});
