/** `fix-sans verify`: proves from here, from the nodes and from pods that the certificates hold what they should. Changes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { diagnoseCluster } from '../diagnose/diagnose-cluster.ts';
import type { Inspection } from '../model/inspection.ts';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { isImageReference } from '../model/image-reference.ts';
import type { Verification, VerifyFacts, Wanted } from '../model/verification.ts';
import { makePlan } from '../plan/make-plan.ts';
import { verifyReports } from '../report/index.ts';
import { stillMissing } from '../report/verify/reason.ts';
import { judge } from '../verify/judge.ts';
import { uninspectedIn } from '../verify/uninspected.ts';
import { grown, wantedOf } from '../verify/wanted.ts';
import { programName } from './called.ts';
import type { Invocation, Options } from './command.ts';
import { type ClusterReading, readCluster } from './facts.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { look, withProbes } from './look.ts';
import { durationOf, isSet, textOf, textsOf } from './option-values.ts';
import { type EarlyAsk, earlyAsk, wholeAsk, wishesIn } from './plan-ask.ts';
import { planIn } from './plan-file-in.ts';
import type { ProbePods } from './probe-pods.ts';
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
  const given = await usablePlan(options, io);
  if (typeof given === 'number') return given;
  const image = imageOf(options);
  const early = await earlyAsk(options, io);
  if (early.diagnosis !== undefined && !early.names.some(({ from }) => from === 'text'))
    throw new UserError(
      '--from-error: no name in that text is one that a certificate should hold',
      'see what it says with fix-sans explain, and name what is to be proven by --san',
    );
  const cluster = await readCluster(options, io, { wishes: wishesIn(early) });
  const probes = image === undefined ? undefined : await probesOf(image, waitMs, cluster, options, io);
  const until = performance.now() + waitMs;
  const say = waitingLine(io, isSet(options, 'quiet'));
  let { facts } = cluster;
  let wanted: Wanted | undefined;
  try {
    for (;;) {
      const inspection = diagnoseCluster(facts);
      wanted = grown(wanted, wantedFrom(given, inspection, cluster, early));
      const seen = await look({ facts: inspection.facts, wanted, cluster, options, pod, probes });
      const judging: Judging = { wanted, inspection, options, pod };
      const verification = judged(seen, judging);
      const left = until - performance.now();
      if (isOver(verification, left)) {
        await probes?.removeAll();
        const last = probes === undefined ? verification : judged(withProbes(seen, probes), judging);
        return await report(last, files, options, io);
      }
      say(stillMissing(verification), Math.ceil(left / 1000));
      await pause(Math.min(pauseMs, left), cluster.means.signal);
      facts = await cluster.means.readAgain();
    }
  } catch (error) {
    await probes?.removeAll();
    throw probes === undefined ? error : withAftermath(error as Error, probes);
  }
}

/** Loaded here only: whatever does not ask for it has no way to make a pod. */
async function probesOf(
  image: string,
  lookMs: number,
  { reach, means }: ClusterReading,
  options: Options,
  io: Io,
): Promise<ProbePods> {
  const { probePods } = await import('./probe-pods.ts');
  const { signal } = means;
  const say = (line: string): void => {
    if (isSet(options, 'quiet')) return;
    io.stderr.write(`${io.stderr.isTTY === true ? '\r\u001b[K' : ''}fix-sans: ${line}\n`);
  };
  return probePods({ image, lookMs, reach, io, say, ...(signal === undefined ? {} : { signal }) });
}

/** For the last words of a run that was stopped. */
function withAftermath(error: Error, probes: ProbePods): Error {
  const made = probes.all().filter(({ end }) => end !== 'never-made');
  if (made.length === 0) return error;
  const isLeft = made.some(({ end }) => end === 'left');
  const aftermath = isLeft
    ? 'a pod that was made to look from is not seen to be gone'
    : 'what was made to look from is gone again, and nothing else was changed';
  return Object.assign(error, { aftermath });
}

interface Judging {
  readonly wanted: Wanted;
  readonly inspection: Inspection;
  readonly options: Options;
  readonly pod: string | undefined;
}

function judged(seen: VerifyFacts, { wanted, inspection, options, pod }: Judging): Verification {
  return judge(seen, wanted, {
    isWalk: isSet(options, 'walk'),
    needsPod: !isSet(options, 'withoutPods'),
    uninspected: isSet(options, 'acceptUninspected') ? 'accepted' : uninspectedIn(inspection),
    ...(pod === undefined ? {} : { pod }),
  });
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
  inspection: Inspection,
  cluster: ClusterReading,
  early: EarlyAsk,
): Wanted {
  const { facts, names: rows } = inspection;
  const controlPlanes = facts.nodes
    .filter(({ node }) => node.role === 'control-plane')
    .map(({ node }) => node.name);
  const asked = early.names.map(({ san }) => san);
  if (given !== undefined) return wantedOf(given, [...facts.wishes, ...asked], controlPlanes, rows);
  // To look whether a name is there takes no confirmation.
  const accepted = { pastedNames: true, specialNames: true, answeredNames: true };
  const plan = makePlan(inspection, wholeAsk({ ...early, accepted }, cluster));
  return wantedOf(plan, [...facts.wishes, ...asked], controlPlanes, rows);
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

function imageOf(options: Options): string | undefined {
  const image = textOf(options, 'probeImage');
  if (image === undefined) return undefined;
  for (const [name, flag] of [
    ['pod', '--pod'],
    ['withoutPods', '--without-pods'],
  ] as const)
    if (options[name] !== undefined)
      throw new UserError(`--probe-image and ${flag} do not go together`, 'leave one of them out');
  if (isImageReference(image)) return image;
  throw new UserError(
    `--probe-image ${display(image, 100)} is no name of an image`,
    'any image whose process stays will do, as registry.k8s.io/pause:3.10, which kubeadm nodes have',
  );
}

/** What was refused in a plan is not among its names, and to prove the others would look like all of it. */
async function usablePlan(options: Options, io: Io): Promise<Plan | ExitCode | undefined> {
  const file = textOf(options, 'plan');
  if (file === undefined) return undefined;
  const plan = await planIn(file, io, '--plan ');
  if (typeof plan === 'number' || plan.refusals.length === 0) return plan;
  io.stderr.write(
    `fix-sans: --plan ${display(file)} was refused when it was made, so it does not say all that should be there\n          plan again, or verify without it and name what should be there: --san\n`,
  );
  return exitCodes.refused.code;
}
