/** The way back by hand, typed line by line as docs/apply.md has it, on a node whose run was cut off after the swap. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { simulatedProgram } from '../pipelines/simulated-program.ts';
import { sectionsOf } from './pages.ts';
import { scenes } from './scenes.ts';
import { openWorld } from './world.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-programs-'));
  await simulatedProgram(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sumOf(file: string): string {
  return new X509Certificate(readFileSync(file)).fingerprint256;
}

test('the old pair is served again, and nothing of the run is left beside it', async () => {
  const section = sectionsOf('docs/apply.md').find(({ heading }) => heading === 'By hand');
  const typed = section?.steps.flatMap(({ commands }) => commands.map(({ text }) => text)) ?? [];
  expect(typed).toHaveLength(3);
  await using world = await openWorld(path.join(folder, 'fix-sans.cjs'), scenes.cutOff);
  const [node] = world.simulation.nodes;
  if (node === undefined) throw new Error('no node');
  const { root } = node;
  const run = readdirSync(path.join(root, 'var/lib/fix-sans')).find((name) => /^\d{8}T/.test(name)) ?? '';
  const pki = path.join(root, 'etc/kubernetes/pki');
  const old = sumOf(path.join(root, 'var/lib/fix-sans', run, 'old.crt'));
  expect(sumOf(path.join(pki, 'apiserver.crt'))).not.toBe(old);

  const script = typed
    .join('\n')
    .replaceAll('RUN', run)
    .replaceAll(/(?<=^|\s)\/(?:etc|var)\//gm, (place) => `${root}${place}`);
  const { stdout } = await execa('sh', ['-e', '-c', script]);
  expect(stdout).toMatch(/apiserver\.crt\n.*apiserver\.key$/);
  expect(sumOf(path.join(pki, 'apiserver.crt'))).toBe(old);
  expect(readdirSync(pki).filter((name) => name.includes('fix-sans') || name.endsWith('.back'))).toEqual([]);
  await vi.waitFor(() => expect(new X509Certificate(node.api.served()).fingerprint256).toBe(old), {
    timeout: 10_000,
    interval: 50,
  });
});
