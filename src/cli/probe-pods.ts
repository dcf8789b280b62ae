/** `verify --probe-image`: where nobody's pod will do, one of ours is made to look from, kept while it is looked, and taken away whatever happens. */
import { randomBytes } from 'node:crypto';
import type { ClusterFacts, ReadNode } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import { probeNamespace, type ProbePod } from '../model/probe-pod.ts';
import { probePodName } from '../probe-pods/manifest.ts';
import { removeProbePod } from '../probe-pods/remove.ts';
import { startProbePod } from '../probe-pods/start.ts';
import { openPodMaker } from '../reach/open-pod-maker.ts';
import type { ReachOptions } from '../reach/options.ts';
import type { PodMaker } from '../reach/pod-maker.ts';
import { ReachError } from '../reach/transport.ts';
import type { Io } from './io.ts';

export interface ProbePods {
  /** One on each of these nodes, by their names; where one was tried before it is not tried again. */
  make(facts: ClusterFacts, nodes: readonly string[]): Promise<void>;
  /** Of those that run: `namespace/name` by node. */
  running(): ReadonlyMap<string, string>;
  /** All that were tried, as they are now. */
  all(): readonly ProbePod[];
  /** Never rejects; what is not seen to be gone stays `left`. */
  removeAll(): Promise<void>;
}

export interface ProbePodsAsk {
  readonly image: string;
  /** As long as somebody may look from them. */
  readonly lookMs: number;
  readonly reach: ReachOptions;
  readonly io: Io;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** For the pull of an image too, and for a look at many nodes. */
const startMs = 90_000;
const spareSeconds = 600;
/** Whom else is asked, where a control plane cannot. */
const mostMakers = 3;

export function probePods({ image, lookMs, reach, io, say, signal }: ProbePodsAsk): ProbePods {
  const pods = new Map<string, ProbePod>();
  const makers = new Map<string, readonly ReadNode[]>();
  const openOr = async ({ node }: ReadNode): Promise<PodMaker | string> => {
    try {
      return await (io.openPodMaker ?? openPodMaker)(node, reach);
    } catch (error) {
      if (error instanceof ReachError) return display(error.trouble.message, 300);
      throw error;
    }
  };

  const makeOn = async (target: ReadNode, facts: ClusterFacts): Promise<void> => {
    const { name } = target.node;
    const nodeName = target.result.state === 'read' ? target.result.facts.nodeName : undefined;
    const id = randomBytes(8).toString('hex');
    const base = { node: name, namespace: probeNamespace, pod: probePodName(id), image };
    if (nodeName === undefined) {
      pods.set(name, { ...base, why: 'what the cluster calls this node is not known', end: 'never-made' });
      return;
    }
    const able = makersFor(target, facts);
    makers.set(name, able);
    pods.set(name, {
      ...base,
      why: 'no control plane was read through which it could be made',
      end: 'never-made',
    });
    const deadlineSeconds = Math.ceil((lookMs + startMs) / 1000) + spareSeconds;
    for (const by of able) {
      signal?.throwIfAborted();
      say(`making a pod on ${display(name)} to look from, by ${image}; it is deleted afterwards`);
      const opened = await openOr(by);
      if (typeof opened === 'string') {
        pods.set(name, { ...base, why: opened, end: 'never-made' });
        continue;
      }
      await using maker = opened;
      // From here on nobody knows, until it is known.
      pods.set(name, { ...base, through: by.node.name, why: 'it was not waited for', end: 'running' });
      const ask = { id, image, nodeName, node: name, deadlineSeconds, startMs };
      const pod = await startProbePod(maker, { ...ask, ...(signal === undefined ? {} : { signal }) });
      pods.set(name, pod);
      if (pod.end === 'running' || pod.through !== undefined) return;
    }
  };

  /** By whom it was made first; over a connection of its own, since that one may be what broke. */
  const remove = async (pod: ProbePod): Promise<ProbePod> => {
    const able = makers.get(pod.node) ?? [];
    const first = able.filter(({ node }) => node.name === pod.through);
    for (const by of [...first, ...able.filter((one) => !first.includes(one))]) {
      const opened = await openOr(by);
      if (typeof opened === 'string') continue;
      await using maker = opened;
      const end = await removeProbePod(maker, pod);
      if (end !== 'unknown') return { ...pod, end: end === 'gone' ? 'gone' : 'left' };
    }
    return { ...pod, end: 'left' };
  };

  return {
    make: async (facts, nodes) => {
      for (const target of facts.nodes)
        if (nodes.includes(target.node.name) && !pods.has(target.node.name)) await makeOn(target, facts);
    },
    running: () =>
      new Map(
        [...pods.values()]
          .filter(({ end, why }) => end === 'running' && why === undefined)
          .map(({ node, namespace, pod }) => [node, `${namespace}/${pod}`]),
      ),
    all: () => [...pods.values()],
    removeAll: async () => {
      for (const pod of [...pods.values()].filter(({ end }) => end === 'running')) {
        const removed = await remove(pod).catch((): ProbePod => ({ ...pod, end: 'left' }));
        pods.set(pod.node, removed);
        const name = `${pod.namespace}/${pod.pod}`;
        if (removed.end === 'gone') say(`the pod ${name} on ${display(pod.node)} is gone`);
        else
          io.stderr.write(
            `fix-sans: the pod ${name} on ${display(pod.node)} is not seen to be gone\n          kubectl delete pod --namespace ${pod.namespace} ${pod.pod}\n`,
          );
      }
    },
  };
}

/** The control plane itself, for its own pod; then the others. */
function makersFor(target: ReadNode, { nodes }: ClusterFacts): readonly ReadNode[] {
  const able = nodes.filter(({ result }) => result.state === 'read' && result.facts.apiserver !== undefined);
  const own = able.filter((one) => one === target);
  return [...own, ...able.filter((one) => one !== target)].slice(0, mostMakers);
}
