/** `fix-sans verify`: proves from here, from the nodes and from pods that the certificates hold what they should. Changes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { diagnoseCluster } from '../diagnose/diagnose-cluster.ts';
import { verifyCluster } from '../inspect/verify/verify-cluster.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import type { Verification, Wanted } from '../model/verification.ts';
import { makePlan } from '../plan/make-plan.ts';
import { verifyReports } from '../report/index.ts';
import { stillMissing } from '../report/verify/reason.ts';
import { judge } from '../verify/judge.ts';
import { wantedOf } from '../verify/wanted.ts';
import { programName } from './called.ts';
import type { Invocation, Options } from './command.ts';
import { type ClusterReading, readCluster } from './facts.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { durationOf, isSet, textOf, textsOf } from './option-values.ts';
import { type EarlyAsk, earlyAsk, unheard, wholeAsk, wishesIn } from './plan-ask.ts';
import { planIn } from './plan-file-in.ts';
import { stepsTyped, typedBy } from './same-options.ts';
import { waitingLine } from './progress.ts';
import { readReportFiles, writeReports } from './report-files.ts';

/** Between two looks: kubelet starts what crashed after ten seconds at the earliest, and a certificate is taken at once. */
const pauseMs = 3000;

export async function verify({ options }: Invocation, io: Io): Promise<ExitCode> {
  if (isSet(options, 'showCommands')) {
    io.stdout.write((await import('./show-commands.ts')).shownVerifyCommands());
    return exitCodes.ok.code;
  }
  if (isSet(options, 'helper'))
    throw new UserError(
      '--helper can only inspect: it runs one fixed script',
      'verify needs sudo on the nodes, or --without-pods and endpoints that are reached from here',
    );
  const files = await readReportFiles(textsOf(options, 'report'), Object.keys(verifyReports));
  const waitMs = durationOf(options, 'wait', '--wait') ?? 0;
  const pod = podOf(options);
  const file = textOf(options, 'plan');
  const given = file === undefined ? undefined : await planIn(file, io, '--plan ');
  if (typeof given === 'number') return given;
  const early = await earlyAsk(options, io);
  unheard(early, options, io);
  const cluster = await readCluster(options, io, { wishes: wishesIn(early) });
  const until = performance.now() + waitMs;
  const say = waitingLine(io, isSet(options, 'quiet'));
  let { facts } = cluster;
  for (;;) {
    const wanted = wantedFrom(given, facts, cluster, early);
    const verification = await look(facts, wanted, cluster, { options, pod });
    const left = until - performance.now();
    if (isOver(verification, left)) return report(verification, files, options, io);
    say(stillMissing(verification), Math.ceil(left / 1000));
    await pause(Math.min(pauseMs, left), cluster.means.signal);
    facts = await cluster.means.readAgain();
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  signal?.throwIfAborted();
}

/** A login that was refused is not tried again: sshd would lock us out. */
function isOver({ exitCode }: Verification, left: number): boolean {
  return exitCode === exitCodes.ok.code || exitCode === exitCodes.authentication.code || left <= 0;
}

function wantedFrom(
  given: Plan | undefined,
  facts: ClusterFacts,
  cluster: ClusterReading,
  early: EarlyAsk,
): Wanted {
  const controlPlanes = facts.nodes
    .filter(({ node }) => node.role === 'control-plane')
    .map(({ node }) => node.name);
  const asked = early.names.map(({ san }) => san);
  if (given !== undefined) return wantedOf(given, [...facts.wishes, ...asked], controlPlanes);
  const inspection = diagnoseCluster(facts);
  // To look whether a name is there takes no confirmation.
  const accepted = { pastedNames: true, specialNames: true, answeredNames: true };
  const plan = makePlan(inspection, wholeAsk({ ...early, accepted }, cluster));
  return wantedOf(plan, [...facts.wishes, ...asked], controlPlanes, inspection.names);
}

async function look(
  facts: ClusterFacts,
  wanted: Wanted,
  { means }: ClusterReading,
  { options, pod }: { readonly options: Options; readonly pod: string | undefined },
): Promise<Verification> {
  const isWalk = isSet(options, 'walk');
  const needsPod = !isSet(options, 'withoutPods');
  const { openApi, signal, open, proxyFor, most, probeTimeoutMs, onProgress } = means;
  try {
    const seen = await verifyCluster({
      facts,
      wanted,
      ...(pod === undefined ? {} : { pod }),
      looksFromPods: needsPod,
      looksAtNames: !isWalk,
      ...(openApi === undefined ? {} : { openApi }),
      open,
      proxyFor,
      most,
      probeTimeoutMs,
      now: () => new Date(),
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    });
    const uninspected = isSet(options, 'acceptUninspected') ? [] : notNamedIn(facts);
    return judge(seen, wanted, { isWalk, needsPod, uninspected, ...(pod === undefined ? {} : { pod }) });
  } finally {
    means.endProgress();
  }
}

function notNamedIn(facts: ClusterFacts): readonly string[] {
  return diagnoseCluster(facts).findings.flatMap((one) =>
    one.code === 'control-plane-not-inspected' ? one.args.names : [],
  );
}

async function report(
  verification: Verification,
  files: Awaited<ReturnType<typeof readReportFiles>>,
  options: Options,
  io: Io,
): Promise<ExitCode> {
  const format = textOf(options, 'format') ?? 'text';
  const view = { colour: wantsColour(io.stdout, io.env), width: widthOf(io.stdout, io.env) };
  if (!isSet(options, 'quiet') && io.stderr.isTTY === true) io.stderr.write('\r\u001b[K');
  const next = stepsTyped(verification.next, io.called ?? programName, typedBy(options, 'verify', io));
  io.stdout.write(
    verifyReports[format]?.(format === 'json' ? verification : { ...verification, next }, view) ?? '',
  );
  const texts = files.map((file) => ({
    ...file,
    text: verifyReports[file.format]?.(verification, { colour: false, width: 100 }) ?? '',
  }));
  const isWritten = await writeReports(texts, io, isSet(options, 'quiet'));
  return isWritten || verification.exitCode !== exitCodes.ok.code
    ? verification.exitCode
    : exitCodes.failed.code;
}

function podOf(options: Options): string | undefined {
  const pod = textOf(options, 'pod');
  if (pod !== undefined && isSet(options, 'withoutPods'))
    throw new UserError('--pod and --without-pods do not go together', 'leave one of them out');
  if (isSet(options, 'walk') && isSet(options, 'withoutPods'))
    throw new UserError("--walk is a pod's way, and --without-pods leaves them out", 'leave one of them out');
  if (pod === undefined || /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/.test(pod)) return pod;
  throw new UserError(
    `--pod ${display(pod, 100)} is no pod`,
    'write namespace/name, as kubectl get pods -A shows them',
  );
}
