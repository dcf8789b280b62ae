/** Makes a pod of ours, and waits until it runs; whatever stands in the way is one sentence, and what is in doubt counts as made. */
import { setTimeout as sleep } from 'node:timers/promises';
import { display } from '../model/display.ts';
import { probeNamespace, type ProbePod } from '../model/probe-pod.ts';
import { type PodMaker } from '../reach/pod-maker.ts';
import { ReachError } from '../reach/transport.ts';
import { type PodAsk, probePod, probePodName } from './manifest.ts';
import { readAct, saidOf } from './read-act.ts';
import { makePod, watchPod } from './script.ts';
import { stateOf } from './state.ts';

export interface StartAsk extends PodAsk {
  /** ClusterNode.name */
  readonly node: string;
  /** How long kubelet has to pull the image and to start it. */
  readonly startMs: number;
  /** What the script gives its kubectl, and some more for the way: afterwards no late one can come. */
  readonly doubtMs?: number;
  readonly signal?: AbortSignal;
}

/** Said by an API server that did not take it. After any other fault it may have been made all the same. */
const notTaken =
  /^Error from server \((?:Forbidden|Invalid|BadRequest|NotFound|AlreadyExists|Conflict|Unauthorized|MethodNotAllowed|UnsupportedMediaType|NotAcceptable|RequestEntityTooLarge)\)|^The .*is invalid|^Unable to connect|^The connection to the server .* was refused/;

const usualDoubtMs = 10_000;

/** `end` is `running` where it is to be removed, also where nobody knows. Rejects with the signal's reason only once it was asked for. */
export async function startProbePod(maker: PodMaker, ask: StartAsk): Promise<ProbePod> {
  const name = probePodName(ask.id);
  const pod = {
    node: ask.node,
    namespace: probeNamespace,
    pod: name,
    image: ask.image,
    through: maker.node.name,
  };
  const begun = performance.now();
  // Never given up in the middle: a pod that comes after it was looked for would stay.
  const made = await told(maker, makePod, { name, pod: JSON.stringify(probePod(ask)) });
  const { answer } = made;
  if (answer?.ok !== true) {
    const why = answer === undefined ? made.why : saidOf(answer.why);
    if (made.isUnasked) {
      const { through: _, ...nowhere } = pod;
      return { ...nowhere, why, end: 'never-made' };
    }
    if (answer !== undefined && notTaken.test(why))
      return { ...pod, why: `the API server refuses the pod: ${withoutPrefix(why)}`, end: 'never-made' };
    await sleep(Math.max(0, (ask.doubtMs ?? usualDoubtMs) - (performance.now() - begun)));
    return { ...pod, why: `whether the pod was made is not known: ${why}`, end: 'running' };
  }
  const why = await waitFor(maker, name, ask);
  return { ...pod, ...(why === undefined ? {} : { why }), end: 'running' };
}

/** Undefined as soon as it runs. */
async function waitFor(
  maker: PodMaker,
  name: string,
  { startMs, signal }: StartAsk,
): Promise<string | undefined> {
  const until = performance.now() + startMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await orStop(told(maker, watchPod, { name }), signal);
    if (seen.answer === undefined) return seen.why;
    const state = stateOf(seen.answer, seen.events);
    if (state.is === 'running') return undefined;
    if (state.is === 'over') return state.why;
    const left = until - performance.now();
    if (left <= 0)
      return `kubelet did not start the pod in ${Math.round(startMs / 1000)} s${state.why === '' ? '' : `: ${state.why}`}`;
    await orStop(sleep(Math.min(left, 500)), signal);
  }
}

/** What only looks may be given up at any time. */
async function orStop<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => undefined);
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, stopped]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

async function told(...[maker, asked, data]: Parameters<typeof act>): ReturnType<typeof act> {
  try {
    return await act(maker, asked, data);
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    return { why: display(error.trouble.message, 300), isUnasked: false, events: undefined };
  }
}

async function act(
  maker: PodMaker,
  asked: Parameters<PodMaker['act']>[0],
  data: Readonly<Record<string, string>>,
): Promise<ReturnType<typeof readAct>> {
  return readAct(await maker.act(asked, data));
}

function withoutPrefix(why: string): string {
  return why.replace(/^Error from server \(\w+\): /, '');
}
