/** Once an earlier run has been put back, nothing that ends the next one early gets past its report and its line in the audit file. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applied } from '../../src/cli/apply.ts';
import type { ClusterReading } from '../../src/cli/facts.ts';
import type { Io } from '../../src/cli/io.ts';
import { earlyAsk } from '../../src/cli/plan-ask.ts';
import { rolledBack } from '../../src/cli/rollback.ts';
import { auditFile } from '../../src/cli/run-log.ts';
import { openSession, reportRun, type RunEnd, type Session } from '../../src/cli/run-session.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { RecordedRun } from '../../src/model/runs.ts';
import { buildFacts, changeNode, leaf, leafOf } from '../support/facts.ts';
import { type FakeCluster, fakeCluster, lost, pemOf, replyWith } from '../support/fake-cluster.ts';
import { withText } from '../support/plans.ts';

const old = '20261120T000000Z-00000000';
const settings = {
  timing: { reloadSeconds: 75, settleSeconds: 60, deadManSeconds: 300 },
  probeIntervalMs: 20,
  hooks: {},
};

let home: string;
let stop: AbortController;
let cluster: FakeCluster;
let facts: ClusterFacts;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-cut-'));
  stop = new AbortController();
  facts = changeNode(withText(buildFacts()), 'cp2', () => ({ unfinishedRuns: [old] }));
  cluster = fakeCluster(new Map());
  cluster.answer('cp2', 'take-lock', { runs: `${old} swapped\n`, lock: 'taken' });
  cluster.answer('cp2', 'undo', { result: 'back', served: '5' });
});
afterEach(() => rmSync(home, { recursive: true }));

interface Screen {
  io: Io;
  stdout: string;
  stderr: string;
}

/** Somebody who types this; `heard` is what they are told while it runs. */
function terminal(typed: string, heard: (text: string) => void = () => undefined): Screen {
  const stdin = new Readable({ read: () => undefined });
  stdin.push(typed);
  const screen: Screen = {
    stdout: '',
    stderr: '',
    io: {
      stdin: Object.assign(stdin, { isTTY: true }),
      stdout: { write: (text) => (screen.stdout += text) },
      stderr: {
        isTTY: true,
        write: (text) => {
          screen.stderr += text;
          heard(text);
        },
      },
      env: { XDG_STATE_HOME: home, NO_COLOR: '1' },
      openChanger: (node) => cluster.ports.open(node),
    },
  };
  return screen;
}

function reading(means: Partial<ClusterReading['means']>): ClusterReading {
  return {
    facts,
    resolved: { wishes: [], policy: {} },
    required: [],
    reach: {},
    means: { signal: stop.signal, ...means },
  } as unknown as ClusterReading;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly audit: { readonly exitCode: number; readonly nodes: readonly { readonly state: string }[] };
}

/** As `apply` and `rollback` do it. */
async function told(on: Screen, session: Session, end: RunEnd | undefined): Promise<Ended> {
  if (end === undefined) throw new Error('no end');
  const rollout = await session.end(end, { names: [], removals: [] });
  const code = await reportRun(rollout, [], {}, on.io);
  const lines = readFileSync(auditFile(on.io.env), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  return {
    code,
    stdout: on.stdout.replaceAll(/\s+/g, ' '),
    audit: JSON.parse(lines[0] ?? '') as Ended['audit'],
  };
}

async function appliedWith(
  on: Screen,
  options: Readonly<Record<string, string | boolean>>,
  readAgain: () => Promise<ClusterFacts>,
): Promise<{ readonly session: Session; readonly end: RunEnd | undefined }> {
  const { io } = on;
  const read = reading({ readAgain });
  const session = await openSession('apply', { options, io, settings, cluster: read });
  const early = await earlyAsk({ san: ['new.example.com'] }, io);
  const end = await applied({
    options,
    io,
    settings,
    session,
    deciding: { saved: undefined, early, cluster: read, signed: [] },
  });
  return { session, end };
}

function releasedOn(): readonly string[] {
  return cluster.asked
    .filter(({ step, data }) => step === 'release' && data['seconds'] === '')
    .map(({ node }) => node);
}

const onlyEnded = /^Only what an earlier run had left unfinished was ended; nothing else was changed/;

test('a signal while it is put back, with --yes: the report and the audit say so', async () => {
  const on = terminal('');
  const { session, end } = await appliedWith(on, { yes: true }, () => {
    stop.abort(new Error('stopped by SIGTERM'));
    return Promise.reject(stop.signal.reason as Error);
  });
  expect(end?.exits).toEqual(['partial']);
  const { code, stdout, audit } = await told(on, session, end);
  expect(code).toBe(143);
  expect(stdout).toMatch(onlyEnded);
  expect(stdout).toContain('stopped: only what an earlier run had left was put back');
  expect(audit.nodes.map(({ state }) => state)).toEqual(['untouched', 'untouched', 'untouched']);
  expect(releasedOn()).toEqual(['cp1', 'cp2', 'cp3']);
});

test('Ctrl-C at the second question, likewise', async () => {
  const on = terminal('y\n', (text) => {
    if (text.includes('Change these')) stop.abort(new Error('stopped by SIGINT'));
  });
  const healed = changeNode(facts, 'cp2', () => ({ unfinishedRuns: [] }));
  const { session, end } = await appliedWith(on, {}, () => Promise.resolve(healed));
  const { code, stdout, audit } = await told(on, session, end);
  expect({ code, exitCode: audit.exitCode }).toEqual({ code: 130, exitCode: 130 });
  expect(stdout).toMatch(onlyEnded);
  expect(releasedOn()).toEqual(['cp1', 'cp2', 'cp3']);
});

test.each([
  ['a line that is lost', lost(), 'the connection broke: only what'],
  ['an input that ends at the second question', undefined, 'not confirmed: only what'],
] as const)('%s behind it is no bug and no silence', async (_, error, why) => {
  const on = terminal('y\n', (text) => {
    if (text.includes('Change these')) on.io.stdin.push(null);
  });
  const healed = changeNode(facts, 'cp2', () => ({ unfinishedRuns: [] }));
  const again = () => (error === undefined ? Promise.resolve(healed) : Promise.reject(error));
  const { session, end } = await appliedWith(on, {}, again);
  const { code, stdout } = await told(on, session, end);
  expect(code).toBe(3);
  expect(stdout).toContain(why);
});

test('a bug behind it is one still, and nobody says that nothing was changed', async () => {
  const failing = appliedWith(terminal(''), { yes: true }, () => Promise.reject(new TypeError('oops')));
  await expect(failing).rejects.toMatchObject({
    message: 'oops',
    aftermath: 'whether something was changed, fix-sans runs says of each control plane',
  });
  expect(releasedOn()).toEqual(['cp1', 'cp2', 'cp3']);
});

test('a mistyped --only is told before anything is put back', async () => {
  const failing = appliedWith(terminal(''), { yes: true, only: 'cp9' }, () =>
    Promise.reject(new Error('read again')),
  );
  await expect(failing).rejects.toThrow('--only cp9 is no control plane of the plan');
  expect(cluster.steps()).toEqual([]);
});

function journal(...steps: readonly string[]): string {
  const body = `fix-sans-journal 1\n${steps.map((step) => `${step} 100 2026-11-21T12:00:00Z\n`).join('')}`;
  return `${body}sum ${createHash('sha256').update(body).digest('hex')}\n`;
}

test.each([
  ['after something was put back', `${old} swapped\n`, 3, onlyEnded],
  ['after nothing was', '', 75, /^Nothing was changed on any control plane/],
] as const)('a rollback that loses a node %s ends as one, and says so', async (_, runs, exitCode, first) => {
  cluster.answer('cp2', 'take-lock', { runs, lock: 'taken' });
  const of = '20261119T000000Z-00000000';
  const done: RecordedRun = { run: of, state: 'done', isEnded: true, hasConfig: false, steps: [] };
  const frames = {
    [`ended.${of}`]: journal('staged', 'done'),
    'old-crt': pemOf(leaf(['a.example'])),
    'new-crt': pemOf(leafOf(facts, 'cp1')),
  };
  let opened = 0;
  const query = () => Promise.resolve(replyWith(frames));
  const open = (node: ClusterFacts['nodes'][number]['node']) => {
    opened += 1;
    if (opened > 1) return Promise.reject(lost());
    return Promise.resolve({ node, query, [Symbol.asyncDispose]: () => Promise.resolve() });
  };
  const on = terminal('');
  const read = reading({ open: open as unknown as ClusterReading['means']['open'] });
  const options = { yes: true };
  const session = await openSession('rollback', { options, io: on.io, settings, cluster: read });
  const all = { nodes: [{ node: 'cp1', runs: [done] }], unread: [] };
  const end = await rolledBack(of, all, { options, io: on.io, session, cluster: read });
  const { code, stdout } = await told(on, session, end);
  expect(code).toBe(exitCode);
  expect(stdout).toMatch(first);
  expect(stdout).toContain(
    'nothing was taken back, since cp1 could not be asked once more: the connection broke',
  );
  expect(releasedOn()).toEqual(['cp1', 'cp2', 'cp3']);
});
