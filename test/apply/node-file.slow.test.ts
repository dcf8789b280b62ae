/** kubespray's file on a simulated node, step by step: what leaves the node, what is refused there, and what a step that fails leaves. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { editNodeFile } from '../../src/plan/node-file.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { named } from '../support/plans.ts';
import { type Answers, type StepsOn, stepsOn } from '../support/steps.ts';

let simulation: Simulation;
let node: SimulatedNode;
let on: StepsOn;
let file: string;
let folder: string;
let stops: (() => void)[] = [];

beforeAll(async () => {
  simulation = await simulate({ nodes: 1 });
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  node = first;
  folder = path.join(node.root, 'etc/kubernetes');
  file = path.join(folder, 'kubeadm-config.yaml');
});
afterAll(() => simulation.stop());
beforeEach(async () => {
  for (const stop of stops) stop();
  stops = [];
  rmSync(path.join(node.root, 'var/lib/fix-sans'), { recursive: true, force: true });
  on = stepsOn(node);
  writeFileSync(file, plain, { mode: 0o640 });
  const { lock } = await on.ask('take-lock');
  if (lock !== 'taken') throw new Error('no lock');
});

const plain = 'kind: ClusterConfiguration\napiServer:\n  certSANs:\n  - "kubernetes"\n';
const digest = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

/** A program of the node's own, which comes before the usual one. */
function program(name: string, script: string): void {
  const at = path.join(node.root, 'usr/bin', name);
  if (existsSync(at)) throw new Error(`${name} is there`);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, `#!/bin/sh\n${script}\n`);
  chmodSync(at, 0o755);
  stops.push(() => {
    rmSync(at);
  });
}

/** The old file can be kept, and the new one cannot be made beside it. */
function noRoomBeside(): void {
  program('cp', `for to; do :; done; case $to in *'/etc/kubernetes/'*) exit 1 ;; esac; exec /bin/cp "$@"`);
}

function edit(text: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    sum: digest(text),
    at: String(Buffer.byteLength(text)),
    drop: '0',
    gone: digest(''),
    insert: '  - "new.example"\n',
    release: '',
    ...more,
  };
}

function beside(): readonly string[] {
  return readdirSync(folder).filter((name) => name.includes('fix-sans'));
}

/** Each is what `awk` is somewhere. */
const awks = ['/usr/bin/awk', 'mawk', 'gawk', 'busybox awk'].filter((words) => {
  const [name = '', ...flags] = words.split(' ');
  return spawnSync(name, [...flags, 'BEGIN { exit 0 }']).status === 0;
});

test('there is an awk', () => {
  expect(awks).toContain('/usr/bin/awk');
});

test.each(awks)(
  'no token leaves the node, however it is written, and every byte keeps its place: %s',
  async (awk) => {
    program('awk', `exec ${awk} "$@"`);
    const secret = 'Abcdef0123456789/xyz';
    const text = `%YAML 1.1
---
kind: InitConfiguration # ${secret}
bootstrapTokens:
- {token: ${secret}, ttl: 1h}
- 'token': "${secret}"
- "token" : '${secret}'
certificateKey:
  ${secret}
script: |
  ${secret}
---
apiVersion: kubeadm.k8s.io/v1beta4
"kind": "ClusterConfiguration"
apiServer:
  extraArgs:
    oidc-client-secret: ${secret}
  extraEnvs:
  - name: SOME
    value: ${secret}\t# grün
  certSANs:
  # by hand
  - "kubernetes"
  - 'grün.example' # the old one
  - ::1

  - "*.example.com"
  # ${secret}
  certs: {certSANs: ["a.example", b.example], token: ${secret}}
controllerManager:
  - ${secret}`;
    writeFileSync(file, text);
    const looked = await on.ask('look-at-file');
    const shown = looked['file'] ?? '';
    expect(shown).not.toMatch(/Abcdef|0123|xyz/);
    expect(Buffer.byteLength(shown)).toBe(Buffer.byteLength(text));
    const lines = text.split('\n');
    const list = lines.slice(lines.indexOf('  # by hand'), lines.indexOf(`  # ${secret}`)).join('\n');
    expect(shown).toContain(list);
    expect(shown).toContain('certSANs: ["a.example", b.example]');
    expect(shown).toContain('  # __________________');
    const reading = editNodeFile(shown, {
      added: [named('new.example.com')],
      removed: [named('kubernetes')],
    });
    if (!reading.ok || reading.edit === undefined) throw new Error('no edit');
    const { at, drop, gone, insert } = reading.edit;
    const data = { at: String(at), drop: String(drop), gone: digest(gone), insert };
    expect(await on.ask('write-file', edit(text, data))).toMatchObject({ written: 'yes' });
    expect(readFileSync(file, 'utf8')).toBe(
      text
        .replace('  - "kubernetes"\n', '')
        .replace('  - "*.example.com"\n', '  - "*.example.com"\n  - "new.example.com"\n'),
    );
  },
);

test.each([
  ['a key in escapes', `"certSA\\x4es": a\n${plain}`],
  ['a key that is merged in', `a: &a {token: abc}\n<<: *a\n${plain}`],
  ['NUL', `a: "b\0c"\n${plain}`],
])('%s is not edited from behind a mask', async (_, text) => {
  writeFileSync(file, text);
  const looked = await on.ask('look-at-file');
  expect(looked).toMatchObject({ fault: 'odd-text' });
  expect(looked['file']).toBeUndefined();
});

test('a file that is written while it is looked at is not told as one', async () => {
  program('awk', `/usr/bin/awk "$@"; echo '# theirs' >>'${file}'`);
  expect(await on.ask('look-at-file')).toMatchObject({ fault: 'other-file' });
});

test.each([
  ['in the middle of a line', { at: '30' }],
  ['behind the end', { at: '4000' }],
  [
    'where another line is dropped than was looked at',
    { at: '27', drop: '11', gone: digest('apiServer?\n') },
  ],
])('nothing is written %s', async (_, data) => {
  expect(await on.ask('write-file', edit(plain, data))).toMatchObject({ fault: 'other-bytes' });
  expect(readFileSync(file, 'utf8')).toBe(plain);
  expect(existsSync(path.join(on.state, on.run))).toBe(false);
});

test('a link that somebody has laid beside it is not written through, and goes with the next run', async () => {
  const other = path.join(node.root, 'etc/theirs');
  writeFileSync(other, 'theirs');
  for (const name of [`kubeadm-config.yaml.fix-sans-${on.run}`, `.fix-sans-file-${on.run}`])
    symlinkSync(other, path.join(folder, name));
  expect(await on.ask('write-file', edit(plain))).toMatchObject({ written: 'yes' });
  expect(readFileSync(other, 'utf8')).toBe('theirs');
  expect(readFileSync(file, 'utf8')).toBe(`${plain}  - "new.example"\n`);
  rmSync(path.join(folder, `kubeadm-config.yaml.fix-sans-${on.run}`));
  expect(beside()).toEqual([]);
  await on.ask('release', { seconds: '' });
  mkdirSync(path.join(folder, '.fix-sans-file-20261121T110000Z-00000000'));
  await stepsOn(node).ask('take-lock');
  expect(beside()).toEqual([]);
});

test('what fails leaves the file, no journal and nothing beside, and can be asked for again', async () => {
  noRoomBeside();
  const failed: Answers = await on.ask('write-file', edit(plain));
  expect(failed).toMatchObject({ fault: 'no-space' });
  expect(readFileSync(file, 'utf8')).toBe(plain);
  expect(existsSync(path.join(on.state, on.run))).toBe(false);
  expect(beside()).toEqual([]);
  for (const stop of stops.splice(0)) stop();
  expect(await on.ask('write-file', edit(plain))).toMatchObject({ written: 'yes' });
});

test('what a run has done before on that node stays where its file cannot be written', async () => {
  const run = path.join(on.state, on.run);
  mkdirSync(run);
  writeFileSync(path.join(run, 'ended'), 'fix-sans-journal 1\n');
  noRoomBeside();
  expect(await on.ask('write-file', edit(plain))).toMatchObject({ fault: 'no-space' });
  expect(readdirSync(run)).toEqual(['ended']);
});
