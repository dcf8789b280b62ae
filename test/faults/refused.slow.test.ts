/** Rows of docs/robustness.md in which `apply` begins nothing: what it says, its exit code, and that every byte of the node is as it was. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SimulatedNode } from '../simulator/simulate.ts';
import { keyText } from '../simulator/certificates.ts';
import { takeCaKeyAway } from '../simulator/damage.ts';
import { keyPair, mint } from '../support/mint.ts';
import { type OwnMounts, ownMounts } from '../support/own-mounts.ts';
import { journalOf } from '../support/run-folder.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';

let mounts: OwnMounts;
let on: SimulatedRuns;
let node: SimulatedNode;
/** What puts the node right again. */
const undo: (() => void)[] = [];

beforeAll(async () => {
  mounts = await ownMounts();
  on = await simulatedRuns(1, { enter: () => mounts.enter });
  const [first] = on.simulation.nodes;
  if (first === undefined) throw new Error('no node');
  node = first;
  mkdirSync(at('usr/local/bin'), { recursive: true });
}, 60_000);
afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one();
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await mounts[Symbol.asyncDispose]();
});

function at(file: string): string {
  return path.join(node.root, file);
}

/** In place of a file of the node, as a link that leads to it would be. */
function replace(file: string, text: string, mode = 0o644): void {
  renameSync(at(file), at(`${file}.away`));
  undo.push(() => renameSync(at(`${file}.away`), at(file)));
  writeFileSync(at(file), text, { mode });
  chmodSync(at(file), mode);
}

/** A program that the node has of its own for as long as a test takes. */
function program(name: string, script: string): void {
  writeFileSync(at(`usr/local/bin/${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(at(`usr/local/bin/${name}`), 0o755);
  undo.push(() => rmSync(at(`usr/local/bin/${name}`)));
}

async function refused(code: number): Promise<string> {
  const before = { files: filesOf(node), state: stateOf(node), config: on.kubeadmConfig() };
  const { exitCode, nodes, durable } = await on.rolled('apply', '--san=new.example.com');
  const why = nodes.map((one) => one.why ?? '').join('\n');
  expect(exitCode, why).toBe(code);
  expect(nodes.map(({ state }) => state)).toEqual(['untouched']);
  expect(durable.every(({ state }) => state === 'left-to-you')).toBe(true);
  expect({ files: filesOf(node), state: stateOf(node), config: on.kubeadmConfig() }).toEqual(before);
  return why;
}

describe('kubeadm (fault 16)', () => {
  const kubeadm = 'usr/bin/kubeadm';

  test('is not there', async () => {
    renameSync(at(kubeadm), at('tmp/kubeadm'));
    undo.push(() => renameSync(at('tmp/kubeadm'), at(kubeadm)));
    expect(await refused(7)).toContain('there is no kubeadm');
  });

  test('may not be executed', async () => {
    replace(kubeadm, '#!/bin/sh\necho v1.34.4\n', 0o644);
    expect(await refused(7)).toContain('there is no kubeadm');
  });

  test('is of another version than the cluster', async () => {
    replace(kubeadm, '#!/bin/sh\necho v1.29.3\n', 0o755);
    expect(await refused(7)).toContain('kubeadm v1.29.3 does not read kubeadm.k8s.io/v1beta4');
  });
});

test('the CA key is not there: the request is offered in place of it (fault 20)', async () => {
  undo.push(takeCaKeyAway(node));
  expect(await refused(7)).toMatch(
    /the CA key \/etc\/kubernetes\/pki\/ca\.key is not there.*fix-sans apply --csr-dir/s,
  );
});

describe('the CA (fault 21)', () => {
  const ca = 'etc/kubernetes/pki/ca';

  test('has another key beside it', async () => {
    replace(`${ca}.key`, keyText(keyPair('rsa', 7)), 0o600);
    expect(await refused(7)).toContain('its CA and the key beside it do not belong together');
  });

  test.each([
    ['has expired', '20160601000000Z', '20260601000000Z', /its CA expired on 2026-06-01/],
    ['is not valid yet', '20990601000000Z', '21090601000000Z', /its CA is not valid before 2099-06-01/],
  ])('%s', async (_, notBefore, notAfter, why) => {
    const key = keyPair('ec', 10);
    replace(`${ca}.crt`, mint({ subject: 'kubernetes', isCa: true, key, notBefore, notAfter }).pem);
    replace(`${ca}.key`, keyText(key), 0o600);
    expect(await refused(7)).toMatch(why);
  });
});

/** As on a real node, where process 1 tells of what is mounted. */
function tellMounts(): void {
  mkdirSync(at('proc/1'), { recursive: true });
  symlinkSync('/proc/self/mounts', at('proc/1/mounts'));
  undo.push(() => rmSync(at('proc'), { recursive: true }));
}

function mounted(script: string): void {
  tellMounts();
  const pki = at('etc/kubernetes/pki');
  mounts.run(`cd '${pki}'; ${script}`);
  undo.push(() => void mounts.run(`umount -l '${pki}'`));
}

/** The same files on one of its own. */
function copied(options: string): string {
  return `copy=$(mktemp -d); cp -a . "$copy"; mount -t tmpfs -o ${options} tmpfs "$PWD"; cp -a "$copy/." "$PWD"; rm -rf "$copy"`;
}

describe('the file system of the pair', () => {
  test('is full (fault 22)', async () => {
    mounted(`${copied('size=1280k')}; head -c 900000 /dev/zero >"$PWD/full"`);
    expect(await refused(7)).toMatch(/has \d+ bytes and \d+ inodes left, and 1048576 and 16 are needed/);
  });

  test('has no inodes left (fault 24)', async () => {
    mounted(`count=$(($(find . | wc -l) + 8)); ${copied('size=8m,nr_inodes=$count')}`);
    expect(await refused(7)).toMatch(/has \d+ bytes and \d inodes left/);
  });

  test('is read-only (fault 25)', async () => {
    mounted('mount --bind "$PWD" "$PWD"; mount -o remount,bind,ro "$PWD"');
    expect(() => mounts.run(`touch '${at('etc/kubernetes/pki')}/x'`)).toThrow('Read-only file system');
    expect(await refused(7)).toContain('is on a file system that is mounted read-only');
  });
});

describe('the clock of the node (fault 40)', () => {
  test.each([
    ['a year ahead', '1 year', /its clock is 31\d{6} seconds off/],
    ['a year behind', '1 year ago', /its clock is 31\d{6} seconds off/],
  ])('is %s', async (_, shift, why) => {
    program('date', `exec /bin/date -d '${shift}' "$@"`);
    expect(await refused(7)).toMatch(why);
  });
});

describe('an earlier run', () => {
  const run = '20261101T120000Z-0000abcd';

  function left(change: (journal: string) => string): void {
    const folder = at(`var/lib/fix-sans/${run}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(
      path.join(folder, 'paths'),
      '/etc/kubernetes/pki/apiserver.crt\n/etc/kubernetes/pki/apiserver.key\n',
    );
    writeFileSync(path.join(folder, 'journal'), change(journalOf(['staged', 'intent', 'swapped'])));
    undo.push(() => rmSync(at('var/lib/fix-sans'), { recursive: true }));
    // What every run makes there.
    writeFileSync(at('var/lib/fix-sans/mutex'), '');
  }

  test.each([
    ['whose journal lost its end', (text: string) => text.slice(0, -9)],
    ['whose journal has a byte flipped in the middle', (text: string) => text.replace('intent', 'intens')],
    ['whose journal is empty', () => ''],
  ])('%s: a human is needed, and nothing of it is touched (fault 54)', async (_, damage) => {
    left(damage);
    expect(await refused(9)).toContain(`the run ${run} on ${node.name}: the journal there is damaged`);
  });

  test('of a newer version is refused, and nothing of it is touched (fault 55)', async () => {
    left((text) => text.replace('fix-sans-journal 1', 'fix-sans-journal 2'));
    expect(await refused(7)).toContain('the journal there is of a newer version of fix-sans');
    expect(readFileSync(at(`var/lib/fix-sans/${run}/journal`), 'utf8')).toContain('fix-sans-journal 2');
  });
});
