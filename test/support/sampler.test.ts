/** The sampler itself: what it calls a fault, what it lets pass, and that every test which applies has it. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyPair, mint } from './mint.ts';
import { keyText } from '../simulator/certificates.ts';
import { type NodeSampler, samplerOf } from './sampler-look.ts';
import { type SampledNode, startSampler } from './sampler.ts';

let folder: string;
let node: SampledNode;
let sampler: NodeSampler;
const run = '20261121T120000Z-00000000';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-sampler-'));
  const file = (name: string) => path.join(folder, name);
  node = { name: 'cp1', certificate: file('crt'), key: file('key'), state: file('runs'), mark: file('mark') };
  mkdirSync(path.join(node.state, run), { recursive: true });
  put('crt', 0);
  put('key', 0);
  sampler = samplerOf(node, 100);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** By a rename, as a run does it. */
function put(kind: 'crt' | 'key', index: number): void {
  const pair = keyPair('ec', index);
  const text = kind === 'key' ? keyText(pair) : mint({ subject: 'kube-apiserver', key: pair }).pem;
  writeFileSync(path.join(folder, 'staged'), text);
  renameSync(path.join(folder, 'staged'), path.join(folder, kind));
}

function journal(word: string): void {
  const text = `fix-sans-journal 1\nstaged 1 2026-11-21T12:00:00Z\n${word} 1 2026-11-21T12:00:00Z\nsum 0\n`;
  writeFileSync(path.join(node.state, run, 'journal'), text);
}

test('a pair that is changed as a whole, and one that is half for a moment while the journal says so, are well', () => {
  sampler.look(0);
  journal('intent');
  put('key', 1);
  sampler.look(10);
  sampler.look(20);
  put('crt', 1);
  sampler.look(30);
  journal('swapped');
  sampler.look(40);
  expect(sampler.end(50)).toEqual({ changes: 2, windows: 1, longestWindowMs: 20, faults: [] });
});

test.each(['swapped', 'staged', 'proven'])(
  'half a pair while the journal says %s is a fault, once',
  (word) => {
    journal(word);
    put('key', 1);
    sampler.look(10);
    sampler.look(20);
    put('crt', 1);
    sampler.look(30);
    expect(sampler.end(40).faults).toEqual([
      'cp1: key and certificate did not belong together, outside of any window',
    ]);
  },
);

test('the journal written too late is a fault, and so is a window that does not end', () => {
  put('key', 1);
  sampler.look(10);
  journal('undoing');
  sampler.look(200);
  expect(sampler.end(210).faults).toEqual([
    'cp1: key and certificate did not belong together, outside of any window',
    'cp1: key and certificate did not belong together for 190 ms',
    'cp1: key and certificate do not belong together in the end',
  ]);
});

test('what a test itself does to a pair is its own affair; a pair that is gone is not', () => {
  writeFileSync(path.join(folder, 'mark'), '');
  put('key', 1);
  sampler.look(10);
  put('crt', 1);
  rmSync(path.join(folder, 'mark'));
  sampler.look(20);
  rmSync(node.key);
  sampler.look(30);
  expect(sampler.end(40).faults).toEqual([expect.stringContaining('cp1: the pair cannot be read')]);
});

test('the process looks a hundred times a second whatever its parent does, and tells', async () => {
  const stop = await startSampler([node]);
  const until = Date.now() + 500;
  while (Date.now() < until) keyPair('ec', 0);
  put('key', 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { samples, faults } = await stop();
  // A tenth of what it takes on a quiet machine.
  expect(samples).toBeGreaterThan(7);
  expect(faults).toContain('cp1: key and certificate did not belong together, outside of any window');
  await expect(startSampler([{ ...node, key: '/nowhere' }])).rejects.toThrow('the sampler did not start');
});

test('every file with tests that apply to simulated nodes has the sampler', () => {
  const folders = ['cli', 'pipelines'].map((name) => path.join(import.meta.dirname, '..', name));
  const applying = folders.flatMap((at) =>
    readdirSync(at)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => ({ name, text: readFileSync(path.join(at, name), 'utf8') }))
      .filter(({ text }) => /openSimulatedChanger|simulatedProgram\(|simulatedRuns\(/.test(text))
      .filter(({ text }) => /'(?:apply|apply\.yml|rollback)'/.test(text)),
  );
  const without = applying.filter(({ text }) => !/sampledSimulation\(|simulatedRuns\(/.test(text));
  expect(applying.length).toBeGreaterThanOrEqual(5);
  expect(without.map(({ name }) => name)).toEqual([]);
});
