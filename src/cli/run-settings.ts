/** The values of these flags, checked against each other: a node must not put the old pair back while we still wait for it. */
import type { Hooks } from '../apply/hooks.ts';
import { restartSeconds, type Timing } from '../apply/ports.ts';
import { UserError } from '../model/user-error.ts';
import type { Options } from './command.ts';
import { durationOf, textOf } from './option-values.ts';

export interface RunSettings {
  readonly timing: Timing;
  readonly probeIntervalMs: number;
  readonly hooks: Hooks;
}

export function runSettings(options: Options): RunSettings {
  const timing: Timing = {
    reloadSeconds: secondsOf(options, 'reloadWait', '--reload-wait') ?? 75,
    settleSeconds: secondsOf(options, 'settle', '--settle') ?? 60,
    deadManSeconds: secondsOf(options, 'deadMan', '--dead-man') ?? 300,
    lookMs: lookOf(options),
  };
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
  return {
    timing,
    probeIntervalMs: durationOf(options, 'probeInterval', '--probe-interval') ?? 200,
    hooks: Object.fromEntries(hooks.filter(([, program]) => program !== undefined)),
  };
}

/** Shorter asks much of an API server, and longer leaves no time for three looks. */
function lookOf(options: Options): number {
  const lookMs = durationOf(options, 'lookEvery', '--look-every') ?? 1000;
  if (lookMs >= 50 && lookMs <= 10_000) return lookMs;
  throw new UserError(
    `--look-every ${lookMs}ms is too short or too long`,
    'give 50ms to 10s, or leave it out',
  );
}

/** A node counts in whole seconds. */
function secondsOf(options: Options, name: string, flag: string): number | undefined {
  const milliseconds = durationOf(options, name, flag);
  return milliseconds === undefined ? undefined : Math.max(1, Math.ceil(milliseconds / 1000));
}
