/** `fix-sans apply`: does what `plan` says, one control plane after the other, each proven before the next, and puts back what does not hold. */
import { durableOutcomes } from '../apply/durable-end.ts';
import type { Healed, Locked } from '../apply/locks.ts';
import type { Asked } from '../plan/after-run.ts';
import { rollout, type RolloutEnd } from '../apply/rollout.ts';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import type { Rollout } from '../model/rollout.ts';
import type { Plan } from '../model/plan.ts';
import { askFrom } from '../plan/same-plan.ts';
import { emptyRemovals } from '../plan/removals.ts';
import { planReports, rolloutReports } from '../report/index.ts';
import { type RunSettings, runSettings } from './run-settings.ts';
import { withInventory } from './apply-inventory.ts';
import { checkSigned, handedIn, requests, signedIn } from './apply-signed.ts';
import { changedMeanwhile, decide, type Decided, type Deciding } from './apply-plan.ts';
import { hasWork, savedPlan, unendedIn, wishesOf } from './apply-plan.ts';
import type { Invocation, Options } from './command.ts';
import { isConfirmedBy } from './confirm.ts';
import { readCluster } from './facts.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { isSet, textOf, textsOf } from './option-values.ts';
import { earlyAsk } from './plan-ask.ts';
import { afterLock, cutShort, lockAndHeal } from './lock-and-heal.ts';
import { readReportFiles } from './report-files.ts';
import { checkOnly, refuseHelper, refuseUnattended } from './run-refusals.ts';
import { showChanges } from './show-changes.ts';
import { openSession, reportRun, type RunEnd, type Session, untouched } from './run-session.ts';
import { withoutCluster } from './text-alone.ts';

export async function apply(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { options } = invocation;
  if (isSet(options, 'showCommands')) return showChanges('apply', io);
  if (isSet(options, 'dryRun')) return (await import('./dry-run.ts')).dryRun(invocation, io);
  refuseHelper(options, 'apply');
  const settings = await runSettings(options, io);
  const files = await readReportFiles(textsOf(options, 'report'), Object.keys(rolloutReports));
  refuseUnattended(options, io, 'apply');
  const saved = await savedPlan(options, io);
  if (typeof saved === 'number') return saved;
  const signed = await signedIn(options);
  const early = await earlyAsk(options, io);
  const alone = withoutCluster(early, options, io);
  if (alone !== undefined) return alone;
  const wishes = wishesOf(saved, early);
  const cluster = await readCluster(options, io, { wishes, dialsWishes: true });
  const session = await openSession('apply', { options, io, settings, cluster });
  const on: On = { options, io, settings, session, deciding: { saved, early, cluster, signed } };
  checkSigned(signed, cluster.facts, textsOf(options, 'signedCert'));
  const end = await applied(on);
  if (end === undefined) {
    session.say('not confirmed; nothing was changed');
    return exitCodes.failed.code;
  }
  const told = await session.end(end, askedIn(on.deciding));
  return reportRun(told, files, options, io);
}

/** The names of a saved plan stand in no option. */
function askedIn({ saved, early }: Deciding): Asked {
  return { names: wishesOf(saved, early), removals: saved === undefined ? [] : askFrom(saved).removals };
}

export interface On {
  readonly options: Options;
  readonly io: Io;
  readonly settings: RunSettings;
  readonly session: Session;
  readonly deciding: Deciding;
}

/** Undefined where the person at the terminal said no. */
export async function applied(on: On): Promise<RunEnd | undefined> {
  const { session, deciding } = on;
  const held: Held = { healed: [] };
  let decided = decide(deciding.cluster.facts, deciding);
  try {
    const ready = await prepared(on, decided, held).catch((error: unknown): { readonly end: RunEnd } => {
      if (held.locked === undefined) throw error;
      const { why, exit } = cutShort(error, held.healed, session.ports.stop?.aborted === true);
      return { end: { ...stale(decided, why), exits: [exit] } };
    });
    if (ready === undefined) return undefined;
    if ('end' in ready) return ready.end;
    ({ decided } = ready);
    return await rolled(on, decided, ready.locked, held.healed).catch((error: unknown) => {
      throw afterLock(error);
    });
  } finally {
    await held.locked?.release();
  }
}

interface Held {
  locked?: Locked;
  healed: readonly Healed[];
}

/** All that comes before the first control plane; `held` is known also where it is cut short. */
async function prepared(
  on: On,
  first: Decided,
  held: Held,
): Promise<{ readonly decided: Decided; readonly locked: Locked } | { readonly end: RunEnd } | undefined> {
  const { session, deciding, options } = on;
  const { cluster } = deciding;
  const only = textOf(options, 'only');
  let decided = first;
  if (options['csrDir'] !== undefined) {
    const end = await requests(decided, { options, session, asked: askedIn(deciding) });
    return { end: end ?? refused(on, decided) };
  }
  const unended = unendedIn(cluster.facts);
  if (unended.length > 0) {
    const runs = unended.map(({ node, run }) => `${run} on ${node}`).join(', ');
    session.say(`an earlier run did not come to its end: ${display(runs, 600)}`);
    // Before anything is put back, where the plan knows its nodes.
    if (only !== undefined && decided.plan.nodes.length > 0) checkOnly(decided.plan, only);
    if (!(await isConfirmed(on, 'Put the old certificate of that run back first?'))) return undefined;
    const taken = await lockAndHeal(session, decided);
    if ('end' in taken) return taken;
    held.locked = taken.locked;
    held.healed = taken.healed;
    decided = decide(await cluster.means.readAgain(), deciding);
  }
  const { plan, against } = decided;
  for (const one of emptyRemovals(plan, deciding.early.removals)) session.say(display(one, 400));
  if (against.length > 0) return { end: refused(on, decided) };
  if (only !== undefined) checkOnly(plan, only);
  if (!hasWork(plan)) return { end: await nothingToDo(on, decided) };
  showPlan(plan, on);
  const count = plan.nodes.filter(({ action }) => action !== 'nothing').length;
  const these = count === 1 ? 'this control plane' : `these ${count} control planes`;
  if (!(await isConfirmed(on, `Change ${these}?`)))
    return held.healed.length === 0 ? undefined : { end: onlyHealed(decided) };
  if (held.locked === undefined) {
    const taken = await lockAndHeal(session, decided);
    if ('end' in taken) return taken;
    held.locked = taken.locked;
    held.healed = taken.healed;
    if (taken.healed.some(({ isChanged }) => isChanged)) {
      const why = 'an earlier run was healed meanwhile, so this plan is stale: apply again';
      return { end: stale(decided, why) };
    }
  }
  const changes = await changedMeanwhile(decided, deciding);
  if (changes !== undefined) return { end: stale(decided, changes) };
  return { decided, locked: held.locked };
}

async function rolled(
  on: On,
  { plan, facts }: Decided,
  locked: Locked,
  healed: readonly Healed[],
): Promise<RunEnd> {
  const { session, options } = on;
  const only = textOf(options, 'only');
  const stopProbe = await session.probe(facts);
  session.ports.tell({ event: 'started', detail: session.run.run });
  let end: RolloutEnd;
  let probe: Rollout['probe'] = { endpoints: [] };
  try {
    end = await rollout({
      plan,
      facts,
      locked,
      ports: session.ports,
      healed,
      signed: handedIn(on.deciding.signed, options),
      ...(only === undefined ? {} : { only }),
    });
  } finally {
    probe = await stopProbe();
  }
  return withInventory(on, plan, { ...end, probe });
}

/** "Nothing was changed" would be untrue. */
function onlyHealed(decided: Decided): RunEnd {
  const why = 'not confirmed: only what an earlier run had left was put back';
  return { ...stale(decided, why), exits: ['partial'] };
}

function stale({ plan }: Decided, why: string): RunEnd {
  const nodes = untouched(
    plan.nodes.map(({ node }) => node),
    why,
  );
  return { nodes, durable: durableOutcomes(plan, undefined), exits: ['refused'] };
}

function refused(on: On, { plan, against, beyondPlan, exitCode }: Decided): RunEnd {
  showPlan(plan, on);
  // What the plan itself is refused for stands in it.
  for (const one of beyondPlan) on.session.say(`refused: ${display(one, 1000)}`);
  const nodes = untouched(
    plan.nodes.map(({ node }) => node),
    `refused: ${against.join('; ')}`,
  );
  return { nodes, durable: durableOutcomes(plan, undefined), exits: ['refused'], exitCode };
}

async function nothingToDo(on: On, { plan }: Decided): Promise<RunEnd> {
  const { session } = on;
  if (plan.nodes.length > 0) session.say('nothing to do on any control plane');
  const end = await withInventory(on, plan, {
    nodes: untouched(plan.nodes.map(({ node }) => node)),
    durable: durableOutcomes(plan, undefined),
    exits: [],
  });
  const isLeft = end.durable.some(({ kind, state }) => kind === 'inventory' && state !== 'written');
  const { exitCode } = plan;
  if (exitCode === exitCodes.changesNeeded.code && !isLeft) return end;
  return { ...end, exitCode };
}

function showPlan(plan: Plan, { io, options }: On): void {
  if (isSet(options, 'quiet') && isSet(options, 'yes')) return;
  const look = { colour: wantsColour(io.stderr, io.env), width: widthOf(io.stderr, io.env) };
  // What to do next is this.
  io.stderr.write(planReports['text']?.({ ...plan, next: [] }, look) ?? '');
}

async function isConfirmed({ options, io, deciding: { cluster } }: On, question: string): Promise<boolean> {
  return isSet(options, 'yes') || isConfirmedBy(io, question, cluster.means.signal);
}
