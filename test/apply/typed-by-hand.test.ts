/** What is printed for a human, typed: where the backup or the pair in use does not belong together, nothing is touched. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandsBack, commandsForeign } from '../../src/apply/node-result.ts';
import { keyPair, mint } from '../support/mint.ts';

const run = '20261121T120000Z-1a2b3c4d';
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'fix-sans-typed-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function at(...parts: readonly string[]): string {
  return path.join(root, ...parts);
}

interface Pair {
  readonly crt: string;
  readonly key: string;
}

function pairOf(number: number): Pair {
  const key = keyPair('ec', number);
  return {
    crt: mint({ names: [], key }).pem,
    key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const [old, fresh] = [pairOf(1), pairOf(2)];

function lay({ inUse = fresh, backup = old }: { inUse?: Pair; backup?: Partial<Pair> }): void {
  for (const folder of ['pki', `pki/.fix-sans-${run}`, `state/${run}`])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('pki/apiserver.crt'), inUse.crt);
  writeFileSync(at('pki/apiserver.key'), inUse.key);
  writeFileSync(at('state', run, 'journal'), 'stuck');
  for (const [kind, text] of Object.entries(backup)) writeFileSync(at('state', run, `old.${kind}`), text);
}

/** All of them, one after the other, as somebody pastes them; without the restart. */
async function typed(commands: readonly string[]): Promise<void> {
  const own = commands.filter((command) => !command.startsWith('crictl'));
  const script = own.join('\n').replaceAll('/var/lib/fix-sans', at('state'));
  await execa('sh', ['-c', script], { reject: false });
}

function place() {
  return {
    node: 'cp1',
    endpoint: '127.0.0.1:6443',
    peers: [],
    admin: '/etc/kubernetes/admin.conf',
    socket: '',
    certificatePath: at('pki/apiserver.crt'),
    keyPath: at('pki/apiserver.key'),
  };
}

function live(): Pair {
  return {
    crt: readFileSync(at('pki/apiserver.crt'), 'utf8'),
    key: readFileSync(at('pki/apiserver.key'), 'utf8'),
  };
}

test('the old pair comes back, and the folder of the run goes', async () => {
  lay({});
  await typed(commandsBack(place(), run));
  expect(live()).toEqual(old);
  expect(existsSync(at('pki', `.fix-sans-${run}`))).toBe(false);
});

test.each<readonly [string, Partial<Pair>]>([
  ['is empty', { crt: old.crt, key: '' }],
  ['is not there', { crt: old.crt }],
  ['is of another pair', { crt: old.crt, key: fresh.key }],
  ['has no certificate beside it', { key: old.key }],
])('a key of the backup that %s changes nothing (fault 58)', async (_, backup) => {
  lay({ backup });
  await typed(commandsBack(place(), run));
  expect(live()).toEqual(fresh);
  expect(existsSync(at('pki', `.fix-sans-${run}`))).toBe(true);
});

test('a run is ended over a pair that belongs together, and over no other', async () => {
  lay({});
  await typed(commandsForeign(place(), run));
  expect(live()).toEqual(fresh);
  expect(existsSync(at('state', run, 'ended'))).toBe(true);
  rmSync(at('state', run, 'ended'));
  lay({ inUse: { crt: old.crt, key: fresh.key } });
  await typed(commandsForeign(place(), run));
  expect(existsSync(at('state', run, 'ended'))).toBe(false);
  expect(existsSync(at('state', run, 'journal'))).toBe(true);
});
