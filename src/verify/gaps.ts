/** What was not proven, each with what would prove it: silence is never taken for good. */
import { formatSan } from '../model/san.ts';
import type { Gap, Verification, VerifyFacts, Walk } from '../model/verification.ts';
import type { JudgeOptions } from './judge.ts';

interface Judged {
  readonly facts: VerifyFacts;
  readonly nodes: Verification['nodes'];
  readonly paths: Verification['paths'];
  readonly walks: readonly Walk[];
  readonly options: JudgeOptions;
}

export function gapsOf({ facts, nodes, paths, walks, options }: Judged): readonly Gap[] {
  return [
    ...facts.nodes.flatMap(({ node, trouble }): readonly Gap[] =>
      trouble === undefined
        ? []
        : [{ code: 'node-unread', what: node, detail: trouble.message, remedy: trouble.hint }],
    ),
    ...notInspected(facts, options),
    ...(options.isWalk ? [] : notSeen(nodes)),
    ...paths.flatMap(({ san, port, seen }): readonly Gap[] =>
      seen.outcome === 'unreachable' || seen.outcome === 'not-tried'
        ? [
            {
              code: 'path-not-proven',
              what: `${formatSan(san)} port ${port}`,
              detail: `not reached from here (${seen.detail ?? 'not dialled'}): the certificate may be right, the path is not proven`,
              remedy: 'run it where clients dial that name, or see DNS, routes and firewalls on the way',
            },
          ]
        : [],
    ),
    ...podGaps(facts, walks, options),
    ...(facts.cuts ?? []).map(cutGap),
  ];
}

function cutGap({ what, seen, all }: NonNullable<VerifyFacts['cuts']>[number]): Gap {
  return what === 'api-servers'
    ? {
        code: 'cut-off',
        what: 'API servers',
        detail: `each pod dialled ${seen} of the ${all ?? 'many'} API servers behind the Service, and the others not`,
        remedy: 'see the rows of the others: here and their own nodes dialled them as well',
      }
    : {
        code: 'cut-off',
        what: 'pods',
        detail: `${seen} pods were looked through for those that crash and wait, and there are more`,
        remedy:
          'look for the others: kubectl get pods --all-namespaces | grep CrashLoopBackOff; or say --without-pods where the view of pods does not matter',
      };
}

/** Every third call may be theirs. By the endpoints too: a label is taken away more easily. */
function notInspected(
  { service, nodes }: VerifyFacts,
  { uninspected = [], isWalk }: JudgeOptions,
): readonly Gap[] {
  if (uninspected === 'accepted' || isWalk) return [];
  const remedy = 'name them with --node too, or leave them out knowingly: --accept-uninspected';
  const told = uninspected.map((detail): Gap => ({
    code: 'not-inspected',
    what: 'control planes',
    detail,
    remedy,
  }));
  const known = nodes.filter(({ role }) => role === 'control-plane').map(({ addresses }) => addresses);
  // Where one of them does not tell its address, that of an endpoint may be its own.
  if (told.length > 0 || known.length === 0 || known.some((addresses) => addresses.length === 0)) return told;
  const hosts = new Set(known.flat());
  return (service?.endpoints ?? [])
    .filter(({ host }) => !hosts.has(host))
    .map(({ host, port }) => ({
      code: 'not-inspected',
      what: `${host}:${port}`,
      detail:
        'an endpoint of the kubernetes Service, and no control plane that was looked at has this address',
      remedy,
    }));
}

/** One place that saw it is enough; each is shown. */
function notSeen(nodes: Verification['nodes']): readonly Gap[] {
  if (nodes.every(({ names }) => names.length === 0))
    return [
      {
        code: 'not-seen',
        what: 'the certificates',
        detail: 'no name is known that they should hold',
        remedy: 'name the control planes by --node, and names by --san',
      },
    ];
  return nodes.flatMap(({ node, names }): readonly Gap[] => {
    if (names.length === 0)
      return [
        {
          code: 'not-seen',
          what: node,
          detail: 'no name is known that its certificate should hold',
          remedy: 'see with fix-sans inspect whether it is a control plane, and what could not be read',
        },
      ];
    const dark = names.filter(({ here, node: own, pod }) =>
      [here, own, pod].every(({ outcome }) => outcome === 'not-tried' || outcome === 'unreachable'),
    );
    return dark.length === 0
      ? []
      : [
          {
            code: 'not-seen',
            what: node,
            detail: `no handshake showed ${dark.length === names.length ? 'its certificate' : dark.map(({ san }) => formatSan(san)).join(', ')}${reasonOf(dark)}`,
            remedy: 'see that its API server runs, and that it is reached from here or has openssl or curl',
          },
        ];
  });
}

function reasonOf(dark: Verification['nodes'][number]['names']): string {
  const [detail] = dark.flatMap(({ here, node, pod }) => here.detail ?? node.detail ?? pod.detail ?? []);
  return detail === undefined ? '' : ` (${detail})`;
}

function podGaps(
  facts: VerifyFacts,
  walks: readonly Walk[],
  { needsPod, pod }: Judged['options'],
): readonly Gap[] {
  if (!needsPod) return [];
  const ofOurs = [...probePodGaps(facts), ...leftGaps(facts)];
  if (walks.length === 0 && ofOurs.some(({ code }) => code === 'probe-pod')) return ofOurs;
  return [...ofOurs, ...otherPodGaps(facts, walks, pod)];
}

/** Somebody asked for a pod there, so that another node's will do is no answer. */
function probePodGaps({ probePods, pods, unread }: VerifyFacts): readonly Gap[] {
  return probePods.flatMap((made): readonly Gap[] => {
    const isEntered = pods.some(
      ({ node, pod, isEntered: is }) => is && node === made.node && pod === made.pod,
    );
    if (made.why === undefined && isEntered) return [];
    const why =
      made.why ??
      unread.find(({ what }) => what === `pod on ${made.node}`)?.why ??
      'its network was not entered';
    return [
      {
        code: 'probe-pod',
        what: made.node,
        detail: `not proven from a pod: ${why}`,
        remedy:
          'mend that, name another --probe-image, or say --without-pods where the view of pods does not matter',
      },
    ];
  });
}

function leftGaps({ probePods }: VerifyFacts): readonly Gap[] {
  return probePods
    .filter(({ end }) => end === 'left')
    .map(({ namespace, pod, node }) => ({
      code: 'probe-pod-left',
      what: `${namespace}/${pod}`,
      detail: `the pod that was made on ${node} is not seen to be gone`,
      remedy: `delete it: kubectl delete pod --namespace ${namespace} ${pod}`,
    }));
}

function otherPodGaps(facts: VerifyFacts, walks: readonly Walk[], pod: string | undefined): readonly Gap[] {
  // Why no node was read is said of each of them.
  const isDark = facts.nodes.length > 0 && facts.nodes.every(({ trouble }) => trouble !== undefined);
  if (isDark && pod === undefined) return [];
  if (walks.length === 0) {
    const why = facts.unread.find(({ what }) => what.startsWith('pod on '))?.why;
    return pod === undefined
      ? [
          {
            code: 'no-pod',
            what: 'pods',
            detail: `not proven from a pod: ${why ?? 'on the nodes that were read no pod runs that has a network of its own'}`,
            remedy:
              'read the workers too (--workers), have a pod made (--probe-image), or say --without-pods where their view does not matter',
          },
        ]
      : [
          {
            code: 'pod-not-found',
            what: pod,
            detail: `not proven from that pod: ${why ?? 'it does not run on a node that was read, or has the network of its node'}`,
            remedy: 'read the node on which it runs too (--node or --workers)',
          },
        ];
  }
  // The token of a pod that nobody asked for says nothing either way.
  const needed = walks.filter(({ broken }) => broken === undefined);
  const proving = needed.filter((walk) => unknownLinks(walk).length === 0);
  if (needed.length === 0 || proving.length > 0) return [];
  return needed.slice(0, 3).map((walk): Gap => ({
    code: 'link-unknown',
    what: `${walk.namespace}/${walk.pod} on ${walk.node}`,
    detail: unknownLinks(walk)
      .map(({ link, detail }) => `${link}: ${detail}`)
      .join('; '),
    remedy: 'see what is missing there, or read another node too',
  }));
}

/** Environment and token belong to the one pod; without them its network has been seen all the same. */
function unknownLinks({ links }: Walk): Walk['links'] {
  return links.filter(({ link, state }) => state === 'unknown' && link !== 'token' && link !== 'env');
}
