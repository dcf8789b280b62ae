/** Plan files that somebody made: the digest is no signature, so whoever edits a plan can write it anew. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { writePlan } from '../../src/plan/plan-file.ts';
import { buildFacts } from '../support/facts.ts';
import { asking, planFor } from '../support/plans.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';

let folder: string;
const plan = planFor(buildFacts(), asking(['203.0.113.10']));

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-hostile-plan-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(text: string): string {
  const file = path.join(folder, 'plan.json');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Nothing is contacted before the file is read. */
const commands: readonly (readonly [string, (file: string) => Promise<CliResult>])[] = [
  ['show', async (file) => runCli(['show', file])],
  ['verify', async (file) => runCli(['verify', '--node', 'ops@192.0.2.1', '--plan', file])],
];

describe.each(commands)('%s', (_, run) => {
  test('neither waits for a pipe nor reads a device', async () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    for (const file of [pipe, '/dev/zero']) {
      const { code, stderr, stdout } = await run(file);
      expect(stderr).toContain('is not a regular file');
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    }
    rmSync(pipe);
  });

  test('does not read more than a plan can be', async () => {
    const file = written('');
    truncateSync(file, 3 * 1024 ** 3);
    expect(await run(file)).toMatchObject({ code: 64, stdout: '' });
    rmSync(file);
  });

  test('refuses what is nested without end', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const text = `{"kind":"fix-sans plan","formatVersion":1,"digest":"x","plan":${deep}}`;
    const { code, stderr } = await run(written(text));
    expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining('is refused') as string });
  });

  test.each<[string, Partial<Record<keyof Plan, unknown>>]>([
    ['names that are no list', { nodes: plan.nodes.map((node) => ({ ...node, names: 'x' })) }],
    ['names without a reason', { nodes: plan.nodes.map((node) => ({ ...node, names: [{ san: {} }] })) }],
    [
      'a name of another kind',
      {
        nodes: plan.nodes.map((node) => ({
          ...node,
          names: [{ san: { type: '\u001b[2J', value: 'x' }, fate: 'kept', why: [], breaks: [] }],
        })),
      },
    ],
    ['nodes twice', { nodes: [...plan.nodes, ...plan.nodes] }],
    ['a node that is a number', { nodes: plan.nodes.map((node) => ({ ...node, node: 7 })) }],
    ['an exit code that is none', { exitCode: 1e9 }],
    ['a command that is a list', { next: [{ where: 'here', why: 'x', command: [] }] }],
    ['a finding without arguments', { findings: [{ code: 'expired', severity: 'error' }] }],
  ])('refuses %s with a digest that fits', async (_what, change) => {
    const { code, stdout, stderr } = await run(written(writePlan({ ...plan, ...change } as Plan)));
    expect(stderr).toMatch(/is refused: it has no usable "(?:nodes|exitCode|next|findings)"/);
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
  });
});

test('verify does not take a plan that was refused for all that was asked', async () => {
  const refused = planFor(buildFacts({ hasCaKey: false }), asking(['203.0.113.10']));
  expect(refused.refusals).not.toEqual([]);
  const file = written(writePlan(refused));
  const { code, stderr } = await runCli(['verify', '--node', 'ops@192.0.2.1', '--plan', file]);
  expect(stderr).toContain('was refused when it was made');
  expect(code).toBe(7);
});

test.runIf(process.getuid?.() === 0)(
  'a plan of another user is shown with a word on whose it is',
  async () => {
    const file = written(writePlan(plan));
    expect((await runCli(['show', file])).stderr).toBe('');
    chownSync(file, 4242, 4242);
    const { code, stderr } = await runCli(['show', file]);
    expect(stderr).toMatch(/^fix-sans: .*plan\.json belongs to another user: look at its commands/);
    expect(code).toBe(0);
    chownSync(file, 0, 0);
  },
);
