/** The values of these flags, checked against each other: a node must not put the old pair back while we still wait for it. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Hooks } from '../apply/hooks.ts';
import { restartSeconds, type Timing } from '../apply/ports.ts';
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import { hookOptions } from './apply-options.ts';
import type { Options } from './command.ts';
import type { Io } from './io.ts';
import { durationOf, textOf } from './option-values.ts';
import { optionOf } from './same-options.ts';

export interface RunSettings {
  readonly timing: Timing;
  readonly probeIntervalMs: number;
  readonly hooks: Hooks;
}

export async function runSettings(options: Options, { env }: Pick<Io, 'env'>): Promise<RunSettings> {
  const lookMs = lookOf(options);
  const timing: Timing = {
    reloadSeconds: secondsOf(options, 'reloadWait', '--reload-wait') ?? 75,
    settleSeconds: secondsOf(options, 'settle', '--settle') ?? 60,
    deadManSeconds: secondsOf(options, 'deadMan', '--dead-man') ?? 300,
    lookMs,
  };
  if (timing.settleSeconds * 1000 < 2 * lookMs)
    throw new UserError(
      `--settle ${timing.settleSeconds}s is too short for three looks ${lookMs} ms apart: each good pair would be put back`,
      'give more time, or let --look-every be shorter',
    );
  const least = timing.reloadSeconds + restartSeconds + timing.settleSeconds;
  if (timing.deadManSeconds <= least)
    throw new UserError(
      `--dead-man ${timing.deadManSeconds}s is too short: an API server may take ${timing.reloadSeconds} s to reload, ${restartSeconds} s to restart and ${timing.settleSeconds} s to settle`,
      `give more than ${least}s, or less time for these`,
    );
  const hooks = [
    ['preNode', textOf(options, 'preNode')],
    ['postNode', textOf(options, 'postNode')],
    ['onFailure', textOf(options, 'onFailure')],
  ] as const;
  await checkHooks(options, env);
  return {
    timing,
    probeIntervalMs: durationOf(options, 'probeInterval', '--probe-interval') ?? 200,
    hooks: Object.fromEntries(hooks.filter(([, program]) => program !== undefined)),
  };
}

/** Shorter asks much of an API server, and longer leaves no time for three looks. */
function lookOf(options: Options): number {
  const lookMs = durationOf(options, 'lookEvery', '--look-every') ?? 1000;
  if (lookMs >= 200 && lookMs <= 10_000) return lookMs;
  throw new UserError(
    `--look-every ${lookMs}ms is too short or too long`,
    'give 200ms to 10s, or leave it out',
  );
}

/** Found only at its turn, a program that is mistyped would end the run in the middle, or be missing when a node fails. */
async function checkHooks(options: Options, env: Io['env']): Promise<void> {
  for (const { flags } of hookOptions) {
    const [flag = ''] = flags.split(' ');
    const program = textOf(options, optionOf(flag));
    if (program === undefined) continue;
    const folders = program.includes('/') ? [''] : (env['PATH'] ?? '').split(path.delimiter);
    const places = folders.map((folder) => path.resolve(folder, program));
    const found = await Promise.all(places.map(isProgram));
    if (found.includes(true)) continue;
    const where = program.includes('/') ? '' : ' in a folder of PATH';
    throw new UserError(
      `${flag} ${display(program, 200)} is no program that can be run${where}`,
      'name an executable file (chmod +x), without arguments; nothing was contacted',
    );
  }
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** A node counts in whole seconds. */
function secondsOf(options: Options, name: string, flag: string): number | undefined {
  const milliseconds = durationOf(options, name, flag);
  return milliseconds === undefined ? undefined : Math.max(1, Math.ceil(milliseconds / 1000));
}
