/** Rows of docs/robustness.md about the process here, the real one: signals, its clock, and what its streams lead to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Rollout } from '../../src/model/rollout.ts';
import { loginFlags, simulatedProgram, targetsOf } from '../pipelines/simulated-program.ts';
import { namesOnDisk } from '../simulator/damage.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { undisturbed } from '../support/patience.ts';
import { filesOf, stateOf } from '../support/simulated-runs.ts';

let simulation: Simulation;
let node: SimulatedNode;
let folder: string;
let program: string;

beforeAll(async () => {
  simulation = await simulate({ nodes: 1, certSans: ['api.example.com'] });
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  node = first;
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-process-'));
  program = await simulatedProgram(folder, { isReal: true });
}, 60_000);
afterAll(async () => {
  await simulation.stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => rmSync(path.join(node.root, 'var/lib/fix-sans'), { recursive: true, force: true }));

interface Told {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface How {
  /** Run in place of the program, with it as $0 and its words behind. */
  readonly shell?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Told each piece of stderr. */
  readonly onTalk?: (all: string, signal: (name: NodeJS.Signals) => void) => void;
}

async function apply(name: string, { shell, environment = {}, onTalk }: How = {}): Promise<Told> {
  const targets = targetsOf(simulation).map((target) => `--node=${target}`);
  const words = ['apply', ...targets, ...loginFlags(simulation), `--san=${name}`, '--yes', '--format=json'];
  const [file, all] = shell === undefined ? [program, words] : ['bash', ['-c', shell, program, ...words]];
  const child = spawn(file, all, {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_STATE_HOME: path.join(folder, 'state'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    onTalk?.(stderr, (signal) => child.kill(signal));
  });
  onTalk?.('', (signal) => child.kill(signal));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The program of the node that tells the time; the script is asked for it first of all. */
function date(script: string): () => void {
  const file = path.join(node.root, 'usr/bin/date');
  writeFileSync(file, `#!/bin/sh\n${script}\nexec /bin/date "$@"\n`);
  chmodSync(file, 0o755);
  return () => rmSync(file);
}

describe('Ctrl-C before anything is changed (fault 29)', () => {
  test('while the nodes are read: at once, and nothing was touched', async () => {
    const before = filesOf(node);
    const asked = path.join(node.root, 'tmp/asked');
    const undo = date(`[ -e '${asked}' ] || { : >'${asked}'; sleep 5; }`);
    let sentAt = 0;
    try {
      const { code, stdout, stderr } = await apply('early.example.com', {
        onTalk: (talk, signal) => {
          if (talk !== '') return;
          void (async () => {
            while (!existsSync(asked)) await sleep(10);
            sentAt = performance.now();
            signal('SIGINT');
          })();
        },
      });
      expect(undisturbed(performance.now() - sentAt)).toBeLessThan(1000);
      expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
      expect(stderr).toContain('fix-sans: stopped; nothing was changed');
    } finally {
      undo();
    }
    expect(filesOf(node)).toEqual(before);
    expect(stateOf(node)).toEqual([]);
  });

  test('while the locks are held: no node is begun, and none is left locked', async () => {
    const before = filesOf(node);
    let isSent = false;
    const { code, stderr } = await apply('locked.example.com', {
      onTalk: (talk, signal) => {
        if (isSent || !talk.includes(`${node.name}: locked`)) return;
        isSent = true;
        signal('SIGINT');
      },
    });
    expect(code, stderr).toBe(130);
    expect(stderr).not.toContain('the new pair is in place');
    expect(filesOf(node)).toEqual(before);
    expect(stateOf(node)).not.toContain('lock');
  });
});

/** A module that this process loads first: its clock is another one, from the beginning or from when a file is there. */
function clock(shiftMs: number, from?: string): Readonly<Record<string, string>> {
  const module = path.join(folder, 'clock.mjs');
  writeFileSync(
    module,
    `import { existsSync } from 'node:fs';
const Real = Date;
const shift = () => (${from === undefined ? 'true' : `existsSync(${JSON.stringify(from)})`} ? ${shiftMs} : 0);
globalThis.Date = class extends Real {
  constructor(...words) { if (words.length === 0) super(Real.now() + shift()); else super(...words); }
  static now() { return Real.now() + shift(); }
};
`,
  );
  return { NODE_OPTIONS: `--import=${module}` };
}

const year = 365 * 86_400_000;

test.each([
  ['ahead', year],
  ['behind', -year],
])('the clock of this machine is a year %s: refused, and nothing is touched (fault 41)', async (_, shift) => {
  const before = { files: filesOf(node), state: stateOf(node) };
  const { code, stdout, stderr } = await apply('clock.example.com', { environment: clock(shift) });
  expect(code, stderr).toBe(7);
  expect((JSON.parse(stdout) as Rollout).nodes[0]?.why).toMatch(/its clock is 31\d{6} seconds off/);
  expect({ files: filesOf(node), state: stateOf(node) }).toEqual(before);
});

test('the clocks of this machine and of the node jump back a year after the swap: it is proven all the same (fault 42)', async () => {
  const swapped = path.join(node.root, 'tmp/swapped');
  const undo = date(`[ ! -e '${swapped}' ] || set -- -d '1 year ago' "$@"`);
  try {
    const { code, stdout, stderr } = await apply('jump.example.com', {
      environment: clock(-year, swapped),
      onTalk: (talk) => {
        if (talk.includes('the new pair is in place')) writeFileSync(swapped, '');
      },
    });
    expect(code, stderr).toBe(0);
    const { nodes, startedAt, endedAt } = JSON.parse(stdout) as Rollout;
    expect(nodes.map(({ state }) => state)).toEqual(['done']);
    expect(Date.parse(endedAt)).toBeLessThan(Date.parse(startedAt));
    expect(namesOnDisk(node)).toContain('jump.example.com');
    expect(stateOf(node)).not.toContain('lock');
  } finally {
    undo();
  }
});

function audit(): {
  readonly exitCode: number;
  readonly nodes: readonly { readonly state: string }[];
} {
  const lines = readFileSync(path.join(folder, 'state/fix-sans/audit.ndjson'), 'utf8').trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as ReturnType<typeof audit>;
}

describe('stdout of a run that changed something (fault 63)', () => {
  test('is full: the change stays, reports and audit line are written, and 3 says that not all is', async () => {
    const report = path.join(folder, 'run.json');
    const { code, stderr } = await apply('full.example.com', {
      shell: `"$0" "$@" --report=json=${report} >/dev/full`,
    });
    expect(stderr).toMatch(/fix-sans: cannot write the result: .*no space left/i);
    expect(code).toBe(3);
    expect((JSON.parse(readFileSync(report, 'utf8')) as Rollout).nodes.map(({ state }) => state)).toEqual([
      'done',
    ]);
    expect(audit()).toMatchObject({ exitCode: 0, nodes: [{ state: 'done' }] });
    expect(namesOnDisk(node)).toContain('full.example.com');
    expect(stateOf(node)).not.toContain('lock');
  });

  test('and stderr lead nowhere: the change and its exit code are the same', async () => {
    const { stdout } = await apply('gone.example.com', {
      shell: `{ "$0" "$@" 2>/dev/full; echo "code $?" >&3; } 3>&1 | sed -u '/^code/!d;q'`,
    });
    expect(stdout).toBe('code 0\n');
    expect(namesOnDisk(node)).toContain('gone.example.com');
    expect(stateOf(node)).not.toContain('lock');
  });
});
