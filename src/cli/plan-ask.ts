/** From flags, a pasted error and the configuration to what a plan is asked for. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { causes } from '../model/cause.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import { exitCodes } from '../model/exit-code.ts';
import { display } from '../model/display.ts';
import { looseSan, parseSan, type San, sanKey } from '../model/san.ts';
import { sanRefusalSentence } from '../model/san-refusal.ts';
import { UserError } from '../model/user-error.ts';
import { versionAbove } from '../nodes/inventory-facts.ts';
import type { Accepted, Ask, AskedName } from '../plan/ask.ts';
import type { Options } from './command.ts';
import { readDiagnosis } from './explain.ts';
import type { ClusterReading } from './facts.ts';
import type { Io } from './io.ts';
import { isSet, textOf, textsOf } from './option-values.ts';

/** What is known before anything is contacted. */
export interface EarlyAsk {
  readonly names: readonly AskedName[];
  readonly removals: readonly San[];
  readonly accepted: Accepted;
  readonly leftOut: NonNullable<Ask['leftOut']>;
  readonly kubesprayVersion?: string;
  readonly diagnosis?: Diagnosis;
}

const accepting = {
  shorterValidity: 'acceptShorterValidity',
  lostNames: 'acceptLostNames',
  specialNames: 'acceptSpecialNames',
  answeredNames: 'acceptAnsweredNames',
  breakage: 'acceptBreakage',
  pastedNames: 'yesNames',
  uninspected: 'acceptUninspected',
} as const satisfies Readonly<Record<keyof Accepted, string>>;

export async function earlyAsk(options: Options, io: Io): Promise<EarlyAsk> {
  const accepted: Accepted = Object.fromEntries(
    Object.entries(accepting).map(([key, option]) => [key, isSet(options, option)]),
  );
  const text = textOf(options, 'fromError');
  const diagnosis = text === undefined ? undefined : await diagnosisIn(text, io);
  const names = [
    ...textsOf(options, 'san').map((input): AskedName => nameOf(input, '--san')),
    ...(diagnosis === undefined ? [] : pastedNames(diagnosis)),
  ];
  const version = await versionOf(options);
  return {
    names: [
      ...new Map(names.map((one) => [sanKey(one.san), one] as const).toReversed()).values(),
    ].toReversed(),
    removals: textsOf(options, 'remove').map(removalOf),
    accepted,
    leftOut: diagnosis === undefined ? [] : leftOutIn(diagnosis),
    ...(version === undefined ? {} : { kubesprayVersion: version }),
    ...(diagnosis === undefined ? {} : { diagnosis }),
  };
}

/** A pipe that was empty, or a text of something else: nothing of it is in the plan, which looks like any other. */
export function unheard({ diagnosis }: EarlyAsk, options: Options, io: Io): void {
  if (diagnosis?.exitCode !== exitCodes.failed.code || isSet(options, 'quiet')) return;
  io.stderr.write(
    'fix-sans: nothing in the text of --from-error was understood, so no name is taken from it; what the cluster itself lacks is found all the same\n',
  );
}

/** Names that may go no further without a flag are not looked for in the cluster either. */
export function wishesIn({ names, accepted }: EarlyAsk): ClusterFacts['wishes'] {
  return names
    .filter(({ special }) => special === undefined || accepted.specialNames === true)
    .map(({ san }) => san);
}

export function wholeAsk(early: EarlyAsk, { resolved, required }: ClusterReading): Ask {
  const wishes = new Map<string, AskedName>();
  const add = (one: AskedName): void =>
    void (wishes.has(sanKey(one.san)) || wishes.set(sanKey(one.san), one));
  for (const one of early.names) if (one.from === 'flag') add(one);
  for (const san of required) add({ san, from: 'policy' });
  for (const san of resolved.wishes) add({ san, from: 'config' });
  for (const one of early.names) add(one);
  const { inventorySource, policy } = resolved;
  return {
    wishes: [...wishes.values()],
    removals: early.removals,
    accepted: early.accepted,
    policy,
    leftOut: early.leftOut,
    ...(inventorySource === undefined ? {} : { inventory: inventorySource }),
    ...(early.kubesprayVersion === undefined ? {} : { kubesprayVersion: early.kubesprayVersion }),
  };
}

function nameOf(input: string, flag: string): AskedName {
  const reading = parseSan(input);
  if (reading.ok) return { san: reading.san, from: 'flag' };
  const { refusal } = reading;
  if (refusal.san !== undefined) return { san: refusal.san, from: 'flag', special: refusal.code };
  throw new UserError(
    `${flag} ${display(input, 80)}: ${sanRefusalSentence(refusal)}`,
    refusal.suggestion === undefined
      ? 'give a DNS name or an address'
      : `did you mean ${refusal.suggestion}?`,
  );
}

/** What stands in a certificate may be a name that nobody would be allowed to ask for today. */
function removalOf(input: string): San {
  const san = looseSan(input);
  if (san !== undefined) return san;
  throw new UserError(
    `--remove ${display(input, 80)} is no name of a certificate`,
    'write it as inspect shows it',
  );
}

async function diagnosisIn(file: string, io: Io): Promise<Diagnosis> {
  if (file === '-') return readDiagnosis([io.stdin]);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new UserError(
      `--from-error: cannot read the file ${display(file)}`,
      'name a file, or pipe the error in: kubectl get nodes 2>&1 | fix-sans plan --from-error - …',
    );
  return readDiagnosis([createReadStream(file)]);
}

function pastedNames({ names }: Diagnosis): readonly AskedName[] {
  return names.flatMap(({ type, value, verdict }) =>
    verdict === 'add' ? [{ san: { type, value }, from: 'text' as const }] : [],
  );
}

/** A cause that no certificate mends takes only the names that it alone speaks of. */
function leftOutIn({ names, causes: found, exitCode }: Diagnosis): EarlyAsk['leftOut'] {
  const refused = names
    .filter(({ verdict }) => verdict === 'do-not-add')
    .map(({ value, cause, refusal }) => ({
      name: value,
      why: refusal === undefined ? causes[cause].means : sanRefusalSentence({ code: refusal, input: value }),
    }));
  if (refused.length > 0 || exitCode !== 8) return refused;
  return found.slice(0, 1).map(({ code }) => ({ name: code, why: causes[code].means }));
}

async function versionOf(options: Options): Promise<string | undefined> {
  const given = textOf(options, 'kubesprayVersion');
  if (given !== undefined) {
    if (!/^v?2\.\d{1,2}(?:\.\d{1,2})?$/.test(given))
      throw new UserError(
        `--kubespray-version ${display(given, 40)} is no release of kubespray`,
        'write it as v2.28.1',
      );
    return given;
  }
  const folder = textOf(options, 'kubespray');
  if (folder === undefined) return undefined;
  const version = await versionAbove(path.resolve(folder));
  if (version === undefined)
    throw new UserError(
      `--kubespray: there is no galaxy.yml of kubespray in ${display(folder)}`,
      "give the folder of kubespray's own checkout, or say --kubespray-version v2.28.1",
    );
  return version;
}
