/** The line for cron and the job for GitLab: their very commands, run by a shell against simulated nodes. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { namesOnDisk, reissue } from '../simulator/damage.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { runCli } from '../support/run-cli.ts';
import { simulatedProgram, targetsOf } from './simulated-program.ts';

const scripts = path.join(import.meta.dirname, '../../scripts');
let simulation: Simulation;
let programs: string;
let folder: string;

beforeAll(async () => {
  programs = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-programs-'));
  [simulation] = await Promise.all([simulate({ nodes: 2 }), simulatedProgram(programs)]);
});
afterAll(async () => {
  rmSync(programs, { recursive: true, force: true });
  await simulation.stop();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-job-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | undefined;
  readonly output: string;
}

async function shell(script: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const { exitCode, all } = await execa('/bin/sh', ['-e', '-c', script], {
    all: true,
    reject: false,
    extendEnv: false,
    cwd: folder,
    env: { PATH: `${folder}/bin:${programs}:/usr/bin:/bin`, HOME: folder, ...env },
  });
  return { code: exitCode, output: all };
}

function second(): SimulatedNode {
  const [, node] = simulation.nodes;
  if (node === undefined) throw new Error('no node');
  return node;
}

/** Another certificate for the second one, without the ClusterIP. */
function damage(): () => void {
  const node = second();
  return reissue(
    simulation,
    node,
    namesOnDisk(node).filter((name) => name !== '10.96.0.1'),
  );
}

describe("GitLab's job", () => {
  const job = (
    parse(readFileSync(path.join(scripts, 'gitlab/fix-sans.yml'), 'utf8')) as Record<
      string,
      {
        readonly script: readonly string[];
        readonly variables: Readonly<Record<string, string>>;
        readonly allow_failure: { readonly exit_codes: readonly number[] };
        readonly artifacts: { readonly paths: readonly string[] };
      }
    >
  )['api-server-names'];
  if (job === undefined) throw new Error('no job');

  async function run(): Promise<Ended> {
    const { ssh } = second();
    const key = path.join(folder, 'key-variable');
    writeFileSync(key, readFileSync(ssh.privateKeyFile), { mode: 0o666 });
    chmodSync(key, 0o666);
    const clusters = { prod: { nodes: targetsOf(simulation) } };
    writeFileSync(path.join(folder, 'fix-sans.yaml'), stringify({ formatVersion: 1, clusters }));
    return shell(job?.script.join('\n') ?? '', {
      ...job?.variables,
      FIX_SANS_KEY: key,
      FIX_SANS_KNOWN_HOSTS: ssh.knownHostsFile,
    });
  }

  test('is green on a cluster that lacks nothing', async () => {
    const { code, output } = await run();
    expect(output).toContain('Nothing to do');
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...job.artifacts.paths]));
    expect(existsSync(path.join(folder, 'fix-sans.key'))).toBe(false);
  });

  test('is orange where a name is missing, with a plan that can be shown again', async () => {
    const undo = damage();
    try {
      const { code, output } = await run();
      expect(output).toContain('One certificate');
      expect(job.allow_failure.exit_codes).toEqual([code]);
      const shown = await runCli(['show', path.join(folder, 'plan.json'), '--format', 'markdown']);
      expect(shown.stdout).toBe(readFileSync(path.join(folder, 'plan.md'), 'utf8'));
    } finally {
      undo();
    }
  });

  test('is red where nobody can be logged in to', async () => {
    const known = path.join(folder, 'empty');
    writeFileSync(known, '');
    const { code } = await shell(job.script.join('\n').replace('$FIX_SANS_KNOWN_HOSTS', known), {
      ...job.variables,
      FIX_SANS_KEY: second().ssh.privateKeyFile,
    });
    expect(job.allow_failure.exit_codes).not.toContain(code);
    expect(code).not.toBe(0);
  });
});

describe("cron's line", () => {
  const file = readFileSync(path.join(scripts, 'cron/fix-sans'), 'utf8');
  const [, fields = '', user = '', command = ''] =
    /^((?:\S+ ){4}\S+) (\S+) (.*)$/m.exec(file.replaceAll(/^(?:#.*|[A-Z_]+=.*)$/gm, '').trim()) ?? [];

  /** As cron does it: the variables above the line, no others, and no waiting. */
  async function run(): Promise<Ended & { readonly metrics: string }> {
    const given = Object.fromEntries(
      [...file.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    expect(given).toMatchObject({ FIX_SANS_NODES: '--node=local: --accept-uninspected', SHELL: '/bin/sh' });
    const metrics = path.join(folder, 'textfile/fix-sans.prom');
    mkdirSync(path.dirname(metrics), { recursive: true });
    mkdirSync(path.join(folder, 'bin'), { recursive: true });
    writeFileSync(path.join(folder, 'bin/sleep'), '#!/bin/sh\n[ "$1" -ge 0 ] && [ "$1" -le 600 ]\n', {
      mode: 0o755,
    });
    const { PATH: _, ...variables } = given;
    const ended = await shell(command, {
      ...variables,
      FIX_SANS_TEXTFILE: metrics,
      // Read by the test's own program alone.
      FIX_SANS_TEST_LOCAL: second().root,
    });
    expect(readdirSync(path.dirname(metrics))).toEqual(['fix-sans.prom']);
    expect(statSync(metrics).mode & 0o777).toBe(0o644);
    return { ...ended, metrics: readFileSync(metrics, 'utf8') };
  }

  test('runs as root, every hour, and holds no percent sign, which cron takes for a line end', () => {
    expect({ fields, user }).toEqual({ fields: '17 * * * *', user: 'root' });
    expect(command).not.toContain('%');
  });

  test('says nothing where all is well, so that no mail is sent, and writes the metrics', async () => {
    const { code, output, metrics } = await run();
    expect({ code, output }).toEqual({ code: 0, output: '' });
    expect(metrics).toMatch(/^fix_sans_last_run_exit_code\{.*\} 0$/m);
  });

  test('says what is wrong where a name is missing', async () => {
    const undo = damage();
    try {
      const { code, output, metrics } = await run();
      expect(output).toContain('10.96.0.1');
      expect(code).toBe(2);
      expect(metrics).toMatch(/^fix_sans_last_run_exit_code\{.*\} 2$/m);
    } finally {
      undo();
    }
  });
});
