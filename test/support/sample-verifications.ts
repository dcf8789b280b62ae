/** Verifications of all kinds, with a text of the caller's in the places where text from outside comes in. */
import type { ProbePod } from '../../src/model/probe-pod.ts';
import type { Verification, VerifyFacts } from '../../src/model/verification.ts';
import { judge } from '../../src/verify/judge.ts';
import { leaf } from './facts.ts';
import { answer, dialsWith, hosts, pod, servedBy, silent, verifyFacts, wanted } from './verify-facts.ts';

export function sampleVerifications(
  text = 'safe',
): Readonly<
  Record<
    'healthy' | 'stale' | 'kubeProxy' | 'path' | 'nothing' | 'probed' | 'refusedPod' | 'poisoned',
    Verification
  >
> {
  const stale = judged({
    dials: dialsWith(({ host }) => host === hosts.cp2, servedBy(leaf(['kubernetes', hosts.cp2]))),
  });
  return {
    healthy: judged({}),
    stale,
    kubeProxy: judged(
      {
        dials: dialsWith(({ place, target }) => place.kind === 'pod' && target === 'cluster-ip', silent),
        answers: [
          answer('kubelet', '10.240.0.74', { state: 'failed', detail: text }),
          answer('endpoint', '10.244.0.2'),
        ],
        pods: [pod(), pod({ pod: text, isEntered: false, whyNot: text })],
        crashLoops: [
          { namespace: 'default', pod: text, node: text, container: text, restarts: 3, backOff: '40s' },
        ],
        unread: [{ what: text, why: text }],
      },
      true,
    ),
    path: judged({ dials: dialsWith(({ target }) => target === 'name', { ...silent }) }),
    probed: judged({
      pods: [pod({ namespace: 'kube-system', pod: 'fix-sans-probe-0123456789abcdef' })],
      probePods: [probePod({})],
      leftPods: [`kube-system/${text}`],
    }),
    refusedPod: judged({
      dials: [],
      pods: [],
      answers: [],
      probePods: [
        probePod({ end: 'never-made', why: text }),
        probePod({ node: text, pod: text, image: text, through: text, end: 'left' }),
      ],
    }),
    nothing: judged({ dials: [], pods: [], answers: [] }),
    poisoned: {
      ...stale,
      cluster: text,
      nodes: stale.nodes.map(({ names }) => ({
        node: text,
        names: names.map((one) => ({
          ...one,
          san: { type: 'dns', value: text },
          here: { outcome: 'rejected', detail: text },
        })),
      })),
      walks: stale.walks.map((walk) => ({
        ...walk,
        node: text,
        pod: text,
        links: walk.links.map((link) => ({ ...link, detail: text })),
      })),
      gaps: [{ code: 'not-seen', what: text, detail: text, remedy: text }],
    },
  };
}

function probePod(more: Partial<ProbePod>): ProbePod {
  return {
    node: 'cp1',
    namespace: 'kube-system',
    pod: 'fix-sans-probe-0123456789abcdef',
    image: 'registry.k8s.io/pause:3.10',
    through: 'cp1',
    end: 'gone',
    ...more,
  };
}

function judged(facts: Partial<VerifyFacts>, isWalk = false): Verification {
  return judge(verifyFacts(facts), wanted, { isWalk, needsPod: true });
}
