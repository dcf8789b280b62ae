/** Proves from three places what each API server serves: from here, from its node, and from a pod's network. It can only ask. */
import type { ClusterFacts } from '../../model/cluster-facts.ts';
import type { ApiGet } from '../../model/kubeconfig.ts';
import type { ClusterNode } from '../../model/node.ts';
import type { ReachTrouble } from '../../model/trouble.ts';
import type { VerifyFacts, Wanted } from '../../model/verification.ts';
import { type Progress, readAll } from '../../reach/pool.ts';
import type { NodeReader } from '../../reach/reader.ts';
import type { ProxyAddress } from '../probe/proxy-address.ts';
import { type ClusterView, clusterViewFromHere, clusterViewOf } from './cluster-facts.ts';
import { clusterQuery } from './cluster-script.ts';
import { dialFromHere } from './dial-from-here.ts';
import { mostEndpoints, placeOf, rowsFor, serviceOf, serviceRows, textOf } from './dial-rows.ts';
import { encodeQuestion, octal } from './dns.ts';
import { pathsOf } from './paths.ts';
import { type NodeSeen, readVerifyReply } from './read-verify.ts';
import { clusterCa } from './trust.ts';
import { verifyQuery } from './verify-script.ts';

export interface VerifyRequest {
  readonly facts: ClusterFacts;
  readonly wanted: Wanted;
  /** `namespace/name`: look from this pod and no other. */
  readonly pod?: string;
  /** By node: look there from this pod of ours, as `namespace/name`. Undefined where none may be made. */
  readonly ownPods?: ReadonlyMap<string, string>;
  /** Only the nodes of `ownPods` are looked at, and only from there. */
  readonly isOnlyOwnPods?: true;
  /** False leaves the pods out. */
  readonly looksFromPods: boolean;
  /** False dials nothing from here and no node's own API server: a walk is a pod's. */
  readonly looksAtNames: boolean;
  readonly openApi?: ApiGet;
  readonly open: (node: ClusterNode) => Promise<NodeReader>;
  readonly proxyFor: (host: string, port: number) => ProxyAddress | undefined;
  readonly most: number;
  readonly probeTimeoutMs: number;
  readonly now: () => Date;
  readonly onProgress: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export async function verifyCluster(request: VerifyRequest): Promise<VerifyFacts> {
  const { facts, wanted, signal } = request;
  const readable = facts.nodes.filter(({ result }) => result.state === 'read').map(({ node }) => node);
  const pool = {
    open: request.open,
    most: request.most,
    onProgress: request.onProgress,
    ...(signal === undefined ? {} : { signal }),
  };
  const view = request.looksFromPods ? await viewOf(request, readable, pool) : nothingSeen;
  const ca = clusterCa(facts);
  const ownCas = new Map(
    facts.nodes.flatMap(({ node, result }) => {
      const reading = result.state === 'read' ? result.facts.ca?.reading : undefined;
      return reading?.ok === true ? [[node.name, reading.certificates] as const] : [];
    }),
  );
  const service = serviceOf(facts);
  const dnsName = `kubernetes.default.svc.${facts.api?.kubeadmConfig?.configuration.dnsDomain ?? 'cluster.local'}`;
  const type = service?.clusterIps[0]?.includes(':') === true ? 'AAAA' : 'A';
  const data = {
    pods: request.looksFromPods ? 'yes' : 'no',
    dns: [
      ...(view.dns?.services ?? []).map((host) => `service ${host} 53`),
      ...(view.dns?.endpoints ?? []).slice(0, 4).map((host) => `endpoint ${host} 53`),
    ].join('\n'),
    query: octal(encodeQuestion(dnsName, type)),
    qname: `${dnsName}.`,
    qtype: type,
  };
  const inService = service === undefined ? [] : serviceRows(service);
  const namesOf = new Map(wanted.nodes.map(({ node, names, gone }) => [node, [...names, ...gone]]));
  const places = facts.nodes.map((node) => placeOf(node));
  const looking =
    request.isOnlyOwnPods === true
      ? readable.filter(({ name }) => request.ownPods?.has(name) === true)
      : readable;
  const [results, fromHere] = await Promise.all([
    readAll<NodeSeen>(looking, {
      ...pool,
      work: async (reader) => {
        const { name } = reader.node;
        const place = places.find(({ node }) => node === name);
        const own = request.looksAtNames
          ? rowsFor(place?.own, place?.port ?? 6443, namesOf.get(name) ?? [])
          : [];
        const pod = request.ownPods?.get(name) ?? request.pod;
        const reply = await reader.query(verifyQuery, {
          ...data,
          ...(pod === undefined ? {} : { pod }),
          own: textOf(own),
          service: textOf(inService),
        });
        return readVerifyReply(reply, {
          node: name,
          own,
          service: inService,
          ca,
          ownCa: ownCas.get(name) ?? [],
          rootCas: view.rootCas,
          at: facts.readAt,
        });
      },
    }),
    request.looksAtNames
      ? dialFromHere({ places, namesOf, paths: pathsOf(facts, wanted.asked), ca, at: facts.readAt, request })
      : [],
  ]);
  const seen = results.flatMap(({ node, result }) =>
    result.state === 'read' ? [{ node: node.name, ...result.value }] : [],
  );
  const late = new Map<string, ReachTrouble>(
    results.flatMap(({ node, result }) => (result.state === 'unread' ? [[node.name, result.trouble]] : [])),
  );
  return {
    ...(facts.cluster === undefined ? {} : { cluster: facts.cluster }),
    readAt: facts.readAt,
    nodes: facts.nodes.map(({ node, result }, index) => {
      const trouble = result.state === 'unread' ? result.trouble : late.get(node.name);
      const by = seen.find((one) => one.node === node.name)?.by;
      return {
        node: node.name,
        role: node.role,
        addresses: places[index]?.addresses ?? [],
        port: places[index]?.port ?? 6443,
        ...(trouble === undefined ? {} : { trouble }),
        ...(by === undefined ? {} : { by }),
      };
    }),
    ...(service === undefined ? {} : { service }),
    dnsName,
    ...(view.dns === undefined ? {} : { dns: view.dns }),
    dials: [...fromHere, ...seen.flatMap(({ dials }) => dials)],
    pods: seen.flatMap(({ pods }) => pods),
    answers: seen.flatMap(({ answers }) => answers),
    crashLoops: view.crashLoops,
    ...(request.looksFromPods ? cutsOf(view, service) : {}),
    probePods: [],
    leftPods: view.probePods,
    unread: [
      ...view.unread,
      ...seen.flatMap(({ node, unread }) =>
        unread
          .filter(({ what }) => own.has(what))
          .map(({ what, why }) => ({ what: `${what} on ${node}`, why })),
      ),
    ],
  };
}

function cutsOf({ podsCutAt }: ClusterView, service: VerifyFacts['service']): Pick<VerifyFacts, 'cuts'> {
  const all = service?.endpoints.length ?? 0;
  const cuts: NonNullable<VerifyFacts['cuts']> = [
    ...(all > mostEndpoints ? [{ what: 'api-servers' as const, seen: mostEndpoints, all }] : []),
    ...(podsCutAt === undefined ? [] : [{ what: 'pods' as const, seen: podsCutAt }]),
  ];
  return cuts.length === 0 ? {} : { cuts };
}

/** Of what the script says that it could not do, what is verify's own; the rest is for inspect to tell. */
const own: ReadonlySet<string> = new Set(['dial', 'pod', 'dns']);

const nothingSeen: ClusterView = { rootCas: new Map(), crashLoops: [], probePods: [], unread: [] };

/** The API is asked through the first control plane that can, else from here. */
async function viewOf(
  request: VerifyRequest,
  readable: readonly ClusterNode[],
  pool: Omit<Parameters<typeof readAll<ClusterView>>[1], 'work'>,
): Promise<ClusterView> {
  let best: ClusterView | undefined;
  const data = { probes: request.ownPods === undefined ? 'no' : 'yes' };
  for (const node of readable.filter(({ role }) => role === 'control-plane').slice(0, 2)) {
    const [answer] = await readAll<ClusterView>([node], {
      ...pool,
      work: async (reader) => clusterViewOf(await reader.query(clusterQuery, data)),
    });
    if (answer?.result.state !== 'read') continue;
    best ??= answer.result.value;
    if (answer.result.value.unread.length < best.unread.length) best = answer.result.value;
    if (best.unread.length === 0) return best;
  }
  if (request.openApi === undefined)
    return best ?? { ...nothingSeen, unread: [{ what: 'the API', why: 'no control plane could be asked' }] };
  const here = await clusterViewFromHere(request.openApi);
  return best === undefined || here.unread.length < best.unread.length ? here : best;
}
