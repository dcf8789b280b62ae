/** The part of verify's page on pods: each one's way link by link, who dials which name, and who still waits to be started again. */
import type { Link, LinkName, Verification, Walk } from '../../model/verification.ts';
import { type Block, cell, type Item, join, listed, plain, said } from '../page.ts';

export const brokenWords: Readonly<Record<LinkName, string>> = {
  env: 'the environment of the pod names another Service address',
  token: 'no token is mounted into the pod',
  ca: 'the CA that the pod has did not sign what is served',
  dns: 'the DNS of the cluster does not resolve the API',
  'kube-proxy': 'the ClusterIP leads nowhere: kube-proxy',
  backends: 'an API server does not answer',
  certificate: "an API server's certificate",
};

const titles: Readonly<Record<LinkName, string>> = {
  env: 'environment',
  token: 'token',
  ca: 'CA',
  dns: 'DNS',
  'kube-proxy': 'ClusterIP (kube-proxy)',
  backends: 'each API server',
  certificate: 'each certificate',
};

const states = { good: 'good', broken: 'bad', unknown: 'quiet' } as const satisfies Record<
  Link['state'],
  'good' | 'bad' | 'quiet'
>;

/** In a terminal those that are broken, or one that is whole: on a hundred nodes the rest says the same. */
export function walkBlocks({ walks }: Verification, isTerminal: boolean): readonly Block[] {
  const broken = walks.filter((walk) => walk.broken !== undefined);
  const telling = alike(broken.length > 0 ? broken : walks);
  const shown = isTerminal ? telling.slice(0, mostInTerminal(broken)) : alike(walks);
  const told = new Set(shown.flat());
  const rest = walks.filter((walk) => !told.has(walk));
  return [
    ...shown.flatMap(walkTable),
    ...[
      { about: 'no link is broken from ', all: rest.filter((walk) => walk.broken === undefined) },
      { about: 'broken as well from ', all: rest.filter((walk) => walk.broken !== undefined) },
    ].flatMap(({ about, all }): readonly Block[] =>
      all.length === 0 ? [] : [{ kind: 'prose', phrase: join(plain(about), listed(all.map(placeOf))) }],
    ),
  ];
}

/** One table for all pods that saw the same, in the order of the first of each. */
function alike(walks: readonly Walk[]): readonly (readonly [Walk, ...Walk[]])[] {
  const groups = new Map<string, [Walk, ...Walk[]]>();
  for (const walk of walks) {
    const key = JSON.stringify([walk.broken, walk.links]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [walk]);
    else known.push(walk);
  }
  return [...groups.values()];
}

function mostInTerminal(broken: readonly Walk[]): number {
  return broken.length > 0 ? 4 : 1;
}

function placeOf({ namespace, pod, node }: Walk): string {
  return `${namespace}/${pod} on ${node}`;
}

function walkTable(walks: readonly [Walk, ...Walk[]]): readonly Block[] {
  const [{ links, broken }] = walks;
  return [
    {
      kind: 'prose',
      phrase: join(
        plain('from '),
        listed(walks.map(placeOf), 5),
        plain(': '),
        plain(broken === undefined ? 'no link is broken' : `broken: ${brokenWords[broken]}`),
      ),
    },
    {
      kind: 'table',
      about: walks.length === 1 ? 'Its way to the API' : 'Their way to the API',
      columns: ['link', 'state', 'what was seen'],
      rows: links.map(({ link, state, detail }) => [
        cell(titles[link]),
        cell(state, states[state]),
        cell([{ code: detail }]),
      ]),
    },
  ];
}

export function clientBlocks({ walks, pods }: Verification): readonly Block[] {
  if (walks.length === 0) return [];
  const host = pods.find(({ isEntered, serviceHost }) => isEntered && serviceHost !== undefined)?.serviceHost;
  return [
    {
      kind: 'list',
      phrases: [
        join(
          host === undefined ? plain('https://$KUBERNETES_SERVICE_HOST') : said`${`https://${host}`}`,
          plain(
            ' (KUBERNETES_SERVICE_HOST): client-go and the official libraries, so controllers, CNI, MetalLB, metrics-server',
          ),
        ),
        join(
          said`${'https://kubernetes.default.svc'}`,
          plain(
            ': what is written into configurations: Argo CD, Prometheus, webhooks and CI that call the API by name',
          ),
        ),
      ],
    },
  ];
}

export function podBlocks({ pods }: Verification): readonly Block[] {
  const others = pods.filter(({ isEntered }) => !isEntered);
  if (others.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'Pods with a network of their own that were not entered',
      columns: ['pod', 'node', 'KUBERNETES_SERVICE_HOST', 'token', 'why'],
      rows: others.map(({ namespace, pod, node, serviceHost, token, whyNot }) => [
        cell([{ code: `${namespace}/${pod}` }]),
        cell([{ code: node }]),
        cell([{ code: serviceHost ?? '?' }]),
        cell(token),
        cell([{ code: whyNot ?? '' }]),
      ]),
    },
  ];
}

/** Their back-off looks like a fix that failed. */
export function crashBlocks({ crashLoops }: Verification): readonly Block[] {
  if (crashLoops.length === 0) return [];
  const items = crashLoops
    .slice(0, 20)
    .map(({ namespace, pod, node, container, restarts, backOff }): Item => ({
      label: 'waits',
      tone: 'careful',
      id: 'crash-loop',
      head: join(
        said`${`${namespace}/${pod}`}, container ${container} on ${node}: ${restarts} restarts`,
        backOff === undefined ? [] : said`, started again only after ${backOff}`,
      ),
      below: [],
      ...nowOf(namespace, pod),
    }));
  const rest = crashLoops.length - items.length;
  return [
    { kind: 'items', items },
    ...(rest > 0
      ? [
          {
            kind: 'prose' as const,
            phrase: join(
              plain(`and ${rest} more, such as `),
              listed(crashLoops.slice(20, 23).map(({ namespace, pod }) => `${namespace}/${pod}`)),
            ),
          },
        ]
      : []),
  ];
}

/** Names of the API server's are checked by it; others are not put into a command. */
function nowOf(namespace: string, pod: string): Pick<Item, 'todo'> {
  if (![namespace, pod].every((name) => /^[a-z0-9][a-z0-9.-]*$/.test(name))) return {};
  return {
    todo: said`${`kubectl delete pod --namespace ${namespace} ${pod}`} has it tried at once, where a controller owns the pod`,
  };
}
