/** The commands that a report prints, with the options that this run was given: they can be typed as they stand. */
import { isHostile } from '../model/display.ts';
import type { NextStep } from '../model/inspection.ts';
import { asCalled, programName, quoted } from './called.ts';
import type { Option, Options } from './command.ts';
import type { Io } from './io.ts';
import { hookOptions, waitOptions } from './apply-options.ts';
import { planOptions } from './plan-options.ts';
import { nodeOptions, reachOptions, wishOption } from './shared-options.ts';

const where: readonly Option[] = [...nodeOptions, ...reachOptions];
/** What is printed, written and tried is said anew each time. */
const notOfPlan: ReadonlySet<string> = new Set(['--write', '--on-node', '--out', '--runbooks']);
const ofPlan: readonly Option[] = [
  ...where,
  wishOption,
  ...planOptions.filter(({ flags }) => !notOfPlan.has(longOf(flags))),
];
/** The names stand in the command itself. */
const ofNames: ReadonlySet<string> = new Set(['--san', '--from-error', '--yes-names']);
const ofApply: readonly Option[] = ofPlan.filter(({ flags }) => !ofNames.has(longOf(flags)));
const ofInspect: readonly Option[] = [...where, wishOption];
/** How long is waited for what, and whom to tell: as it was agreed on for this cluster. What was left for later is not left again. */
const ofRun: readonly Option[] = [...waitOptions, ...hookOptions];
const nextApply: readonly Option[] = [
  ...ofApply,
  ...planOptions.filter(({ flags }) => flags === '--write'),
  ...ofRun,
];

/** Longer than this nobody pastes it. */
const longest = 2000;

/** `verify` and `apply` of a plan take its names from the command itself; `plan` from either. */
export function typedBy(
  options: Options,
  from: 'inspect' | 'plan' | 'verify' | 'show' | 'apply' | 'rollback' | 'runs',
  { called = programName }: Pick<Io, 'called'>,
): (command: string) => string {
  return (command) => {
    const [, name] = /^fix-sans (inspect|plan|apply|rollback|runs|verify)\b/.exec(command) ?? [];
    // Of the run that made a plan that is only shown nothing is known; and a pipe has been read.
    const isKnown =
      name !== undefined && from !== 'show' && !(from === 'plan' && options['fromError'] === '-');
    const flags = isKnown ? flagsOf(options, tableFor(from, name)) : '';
    return `${asCalled(command, called)}${flags ?? ''}`;
  };
}

function tableFor(from: string, name: string): readonly Option[] {
  if (from === 'inspect') return ofInspect;
  if (from === 'apply' || from === 'rollback')
    return { plan: ofApply, apply: nextApply, rollback: [...where, ...ofRun] }[name] ?? where;
  if (from !== 'plan') return where;
  return { plan: ofPlan, apply: ofApply }[name] ?? where;
}

export function stepsTyped(
  steps: readonly NextStep[],
  called: string,
  asTyped: (command: string) => string,
): readonly NextStep[] {
  return steps.map((step) => ({
    ...step,
    command: step.takesOptions === true ? asTyped(step.command) : asCalled(step.command, called),
  }));
}

/** Undefined where one of them cannot be typed. */
function flagsOf(options: Options, table: readonly Option[]): string | undefined {
  const words = table.flatMap(({ flags, fallback }) => {
    const flag = longOf(flags);
    const value = options[optionOf(flag)];
    if (value === undefined || value === false || value === fallback) return [];
    if (value === true) return [flag];
    const values = typeof value === 'string' ? [value] : value;
    return values.map((one) => (one.startsWith('-') ? quoted(`${flag}=${one}`) : `${flag} ${quoted(one)}`));
  });
  const text = words.map((word) => ` ${word}`).join('');
  return text.length > longest || isHostile(text) ? undefined : text;
}

function longOf(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

/** As commander calls it. */
export function optionOf(flag: string): string {
  return flag.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
