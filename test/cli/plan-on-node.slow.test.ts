/** `plan --on-node` against simulated nodes: a kubeadm signs, the plan is held against it, and nothing of it is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { composeScript } from '../../src/reach/prelude.ts';
import { scratchFolder, signInScratch } from '../../src/rehearse/script.ts';
import { loginFlags, targetsOf } from '../pipelines/simulated-program.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { nodeEnvironment } from '../simulator/ssh-server.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openSimulatedNode, openSimulatedRehearser } from '../support/simulated-cli.ts';

let simulation: Simulation;
const undo: (() => void)[] = [];

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, certSans: ['api.example.com'] });
});
afterEach(() => {
  for (const one of undo.splice(0)) one();
});
afterAll(() => simulation.stop());

function second(): SimulatedNode {
  const [, node] = simulation.nodes;
  if (node === undefined) throw new Error('no node');
  return node;
}

async function plan(...args: readonly string[]): Promise<CliResult> {
  const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
  return runCli(['plan', ...nodes, ...loginFlags(simulation), '--on-node', ...args], {
    openNode: openSimulatedNode,
    openRehearser: openSimulatedRehearser,
  });
}

async function planned(...args: readonly string[]): Promise<{ readonly code: number; readonly plan: Plan }> {
  const { code, stdout } = await plan('--format=json', ...args);
  return { code, plan: JSON.parse(stdout) as Plan };
}

/** Inode, size, mode and times of all that is below /etc/kubernetes, folders too. */
function state({ root }: SimulatedNode): readonly unknown[] {
  const folder = path.join(root, 'etc/kubernetes');
  return ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()].map((file) => {
    const { ino, size, mode, mtimeNs, ctimeNs } = lstatSync(path.join(folder, file), { bigint: true });
    return [file, ino, size, mode, mtimeNs, ctimeNs];
  });
}

function inRun({ root }: SimulatedNode): readonly string[] {
  return readdirSync(path.join(root, 'run')).filter((name) => name.startsWith('fix-sans'));
}

/** In place of the node's kubeadm for signing; `$real` is that. */
function replaceKubeadm(script: string): void {
  const program = path.join(second().root, 'usr/bin/kubeadm');
  renameSync(program, `${program}.real`);
  undo.push(() => renameSync(`${program}.real`, program));
  writeFileSync(
    program,
    `#!/bin/sh\nreal=${program}.real\n[ "$1" = init ] || exec "$real" "$@"\n${script}\n`,
    {
      mode: 0o755,
    },
  );
}

test('what kubeadm signs is what is planned; live files keep inode, mtime and ctime; no folder is left', async () => {
  const before = simulation.nodes.map(state);
  const { code, stdout, stderr } = await plan('--san=new.example.com');
  expect(stderr).toContain('in a folder that is gone afterwards');
  expect(stdout).toMatch(/tried by the own kubeadm of .*, in\s+a folder that is gone/);
  expect(code).toBe(2);
  expect(simulation.nodes.map(state)).toEqual(before);
  expect(simulation.nodes.flatMap(inRun)).toEqual([]);
});

test('the plan says where, and by the serial that it was no certificate in use', async () => {
  const { plan: made } = await planned('--san=new.example.com');
  expect(made.rehearsed?.map(({ node }) => node)).toEqual(made.nodes.map(({ node }) => node));
  expect(new Set(made.rehearsed?.map(({ serial }) => serial)).size).toBe(2);
  expect(made.nodes.every(({ forms }) => forms !== undefined)).toBe(true);
});

test('nothing to sign: nobody is asked', async () => {
  const { code, plan: made } = await planned();
  expect({ code, rehearsed: made.rehearsed }).toEqual({ code: 0, rehearsed: [] });
});

test('a plan that is refused is not tried', async () => {
  const { code, stderr } = await plan('--san=0.0.0.0');
  expect(stderr).toContain('the plan is refused, so nothing is tried on the nodes');
  expect(code).toBe(7);
});

describe('refused, without commands, and with nothing left, where kubeadm', () => {
  test.each([
    ['fails', 'echo "error: no room" >&2; exit 1', 'its kubeadm signed nothing: error: no room'],
    ['ends without a certificate', 'exit 0', 'kubeadm made no certificate that can be read'],
    [
      'leaves a name out',
      `sed -i /new.example.com/d "$6"; "$real" "$@"`,
      'its kubeadm left out dns:new.example.com',
    ],
    [
      'adds a name',
      `sed -i 's/- "new.example.com"/&\\n    - "more.example"/' "$6"; "$real" "$@"`,
      'its kubeadm added dns:more.example',
    ],
    [
      'touches a file that is in use',
      'touch "$FIX_SANS_ROOT/etc/kubernetes/pki/apiserver.crt"; "$real" "$@"',
      'apiserver.crt was changed meanwhile',
    ],
    [
      'mixes up the keys',
      '"$real" "$@"; openssl genrsa -out "$(dirname "$6")/apiserver.key" 2048 2>/dev/null',
      'key and certificate do not belong together',
    ],
  ])('%s', async (_, script, words) => {
    replaceKubeadm(script);
    const { code, plan: made } = await planned('--san=new.example.com');
    expect(made.refusals.map(({ detail }) => detail).join('\n')).toContain(words);
    expect([...new Set(made.refusals.map((one) => one.code))]).toEqual(['rehearsal-differs']);
    expect(made.nodes.some(({ forms }) => forms !== undefined)).toBe(false);
    expect(code).toBe(7);
    expect(simulation.nodes.flatMap(inRun)).toEqual([]);
  });
});

test('the helper can only read, so nothing is tried through it', async () => {
  const { code, plan: made } = await planned('--san=new.example.com', '--helper');
  expect(made.refusals[0]?.detail).toContain('the helper on the node can only read');
  expect(code).toBe(7);
});

/** As the simulated node's sshd starts it, in a process group of its own. */
function start(data: Readonly<Record<string, string>>): ChildProcess {
  const { root } = second();
  const child = spawn('/bin/sh', ['-s'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: nodeEnvironment(root, 'root'),
  });
  const nonce = '0'.repeat(32);
  child.stdin?.end(composeScript({ script: signInScratch.script, nonce, data, isSimulated: true }));
  return child;
}

describe('the script by itself', () => {
  const id = '0123456789abcdef';
  const data: Readonly<Record<string, string>> = {
    scratch: scratchFolder(id),
    kubeadm: '/usr/bin/kubeadm',
    config: `certificatesDir: ${scratchFolder(id)}\n`,
    ca: '/etc/kubernetes/pki/ca.crt',
    caKey: '/etc/kubernetes/pki/ca.key',
    live: '/etc/kubernetes/pki/apiserver.crt',
  };

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    '%s in the middle: the folder is gone',
    async (signal) => {
      const { root } = second();
      replaceKubeadm('sleep 20');
      const child = start(data);
      const scratch = path.join(root, scratchFolder(id));
      for (let left = 100; left > 0 && !existsSync(path.join(scratch, 'kubeadm.yaml')); left -= 1)
        await sleep(50);
      expect(lstatSync(scratch).mode & 0o777).toBe(0o700);
      process.kill(-(child.pid ?? 0), signal);
      // The shell that was told ends at once; the one below it tidies up first.
      for (let left = 100; left > 0 && existsSync(scratch); left -= 1) await sleep(50);
      expect(existsSync(scratch)).toBe(false);
    },
  );

  test.each(['/run/fix-sans-', '/run/fix-sans-../../etc', '/etc/kubernetes', '/run/fix-sans-0123 x', ''])(
    'a folder that is not one of ours is not touched: %j',
    async (scratch) => {
      const before = state(second());
      const child = start({ ...data, scratch });
      await once(child, 'close');
      expect(state(second())).toEqual(before);
      expect(inRun(second())).toEqual([]);
    },
  );

  test('a folder that is there already is nobody’s to use or to remove', async () => {
    const { root } = second();
    const there = path.join(root, scratchFolder(id));
    expect(existsSync(there)).toBe(false);
    writeFileSync(there, 'somebody else');
    undo.push(() => rmSync(there));
    await once(start(data), 'close');
    expect(readFileSync(there, 'utf8')).toBe('somebody else');
  });
});
