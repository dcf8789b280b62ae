/** Reads everything at once: each node by one exec, the endpoints by handshakes from here and through SSH meanwhile. */
import type { ApiFacts } from '../model/api-facts.ts';
import { type Certificate, readCertificates } from '../model/certificate.ts';
import type { ClusterFacts, ReadNode } from '../model/cluster-facts.ts';
import { type ApiGet, type Kubeconfig, withoutSecrets } from '../model/kubeconfig.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import type { ClusterNode } from '../model/node.ts';
import type { Probe } from '../model/probe.ts';
import { sanKey } from '../model/san.ts';
import { type NodeResult, type Progress, readAll } from '../reach/pool.ts';
import type { NodeReader } from '../reach/reader.ts';
import { readApiFromHere } from './api/read-api.ts';
import type { EnvironmentReading } from './environment.ts';
import { type NodeReading, readNode } from './node/read-node.ts';
import { withNodeNames, withOwnNames } from './own-names.ts';
import { leadsTo } from './probe/chain.ts';
import { knownFrom, type Sources } from './probe/known.ts';
import type { VantageRun } from './probe/merge-vantage.ts';
import { planProbes } from './probe/plan-probes.ts';
import { chooseProxy } from './probe/proxy-env.ts';
import { startProbes } from './probe/run-probes.ts';

export interface InspectRequest extends Pick<ClusterFacts, 'cluster' | 'wishes' | 'inventory' | 'endpoints'> {
  readonly nodes: readonly ClusterNode[];
  readonly kubeconfig?: Kubeconfig;
  readonly openApi?: ApiGet;
  readonly environment: EnvironmentReading;
  readonly open: (node: ClusterNode) => Promise<NodeReader>;
  /** Whether to see who answers on the names that were asked for. */
  readonly dialsWishes?: boolean;
  readonly most: number;
  readonly probeTimeoutMs: number;
  readonly vantages: readonly VantageRun[];
  readonly now: () => Date;
  readonly onProgress: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Where there are hundreds of control planes, three are asked about the API: the same answer is enough. */
const mostAsked = 3;

interface NodeWork {
  readonly reading: NodeReading;
  readonly probes: readonly Probe[];
}

export async function inspectCluster(request: InspectRequest): Promise<ClusterFacts> {
  const { nodes, environment, kubeconfig, signal, now } = request;
  const readAt = now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const known = certificatesOf(kubeconfig?.ca ?? []);
  const options = {
    proxyRoots: environment.proxyRoots,
    timeoutMs: request.probeTimeoutMs,
    now,
    ...(known.length === 0 ? {} : { ca: known }),
    ...(signal === undefined ? {} : { signal }),
  };
  const fromHere = startProbes(options);
  const base: Omit<Sources, 'read' | 'dialling' | 'api'> = {
    nodes,
    endpoints: request.endpoints ?? [],
    // Several may ask for one name; it is dialled once.
    wishes: [...new Map(request.wishes.map((wish) => [sanKey(wish), wish])).values()],
    dialsWishes: request.dialsWishes === true,
    proxyFor: chooseProxy(environment.proxies, kubeconfig?.proxy()),
    ...(kubeconfig === undefined ? {} : { kubeconfig: withoutSecrets(kubeconfig) }),
  };
  // What is known without any node is dialled while they are read.
  fromHere.add(planProbes(knownFrom({ ...base, read: new Map(), dialling: new Set() })).probes);
  const asked = new Set(
    nodes
      .filter(({ role }) => role === 'control-plane')
      .slice(0, mostAsked)
      .map(({ name }) => name),
  );
  const [results, apiFromHere] = await Promise.all([
    readAll<NodeWork>(nodes, {
      open: request.open,
      work: (reader) => readOne(reader, { base, options, asksApi: asked.has(reader.node.name) }),
      most: request.most,
      onProgress: request.onProgress,
      ...(signal === undefined ? {} : { signal }),
    }),
    request.openApi === undefined
      ? undefined
      : readApiFromHere(request.openApi, { apiPort: kubeconfig?.server.port ?? 6443 }),
  ]);
  signal?.throwIfAborted();
  const api = bestApi([...results.flatMap(apiOf), ...(apiFromHere === undefined ? [] : [apiFromHere])]);
  const read = new Map(results.map((result) => [result.node.name, factsOf(result) ?? ('unread' as const)]));
  const again: Sources = { ...base, read, dialling: new Set(), ...(api === undefined ? {} : { api }) };
  const ca = known.length > 0 ? known : casOf(results);
  fromHere.add(
    planProbes(knownFrom(again)).probes.filter(({ way }) => way !== 'ssh'),
    { ca },
  );
  const inside = results.flatMap(({ result }) => (result.state === 'read' ? result.value.probes : []));
  const probes = [
    ...(await fromHere.finish()),
    ...inside,
    ...request.vantages.flatMap((vantage) => vantage.probes.map(apartFrom(nodes))),
  ].map((probe) => judged(probe, ca));
  const facts: ClusterFacts = {
    ...(request.cluster === undefined ? {} : { cluster: request.cluster }),
    readAt,
    nodes: results.map(readNodeOf),
    ...(api === undefined ? {} : { api }),
    probes,
    environment: environment.environment,
    wishes: request.wishes,
    ...endpointsOf(request),
    ...(kubeconfig === undefined ? {} : { kubeconfig: withoutSecrets(kubeconfig) }),
    ...(request.inventory === undefined ? {} : { inventory: request.inventory }),
  };
  return withOwnNames(withNodeNames(facts));
}

/** What a node sees of itself is believed whoever signed it, so no machine that is only called like one may pass for it. */
function apartFrom(nodes: readonly ClusterNode[]): (probe: Probe) => Probe {
  const names = new Set(nodes.map(({ name }) => name));
  return (probe) => (names.has(probe.from) ? { ...probe, from: `${probe.from} of another run` } : probe);
}

/** What the other runs were asked about is asked about here too; the dialling was theirs. */
function endpointsOf({ endpoints, vantages }: InspectRequest): Pick<ClusterFacts, 'endpoints'> {
  const theirs = vantages.flatMap((vantage) => vantage.endpoints);
  if (endpoints === undefined && theirs.length === 0) return {};
  const all = [...(endpoints ?? []), ...theirs];
  const byAddress = new Map(all.toReversed().map((one) => [`${one.host.toLowerCase()} ${one.port}`, one]));
  return { endpoints: [...byAddress.values()].toReversed() };
}

interface OneNode {
  readonly base: Omit<Sources, 'read' | 'dialling' | 'api'>;
  readonly options: Parameters<typeof startProbes>[0];
  readonly asksApi: boolean;
}

/** Through the SSH connection the node is looked at from itself, as long as that connection is open. */
async function readOne(reader: NodeReader, { base, options, asksApi }: OneNode): Promise<NodeWork> {
  const reading = await readNode(reader, { asksApi });
  const { name, role } = reader.node;
  if (reader.dial === undefined || role !== 'control-plane') return { reading, probes: [] };
  const run = startProbes(options);
  const own = knownFrom({
    ...base,
    nodes: [reader.node],
    endpoints: [],
    wishes: [],
    read: new Map([[name, reading.facts]]),
    dialling: new Set([name]),
  });
  const ca = reading.facts.ca?.reading;
  run.add(
    planProbes(own).probes.filter(({ way, from }) => way === 'ssh' && from === name),
    {
      dialers: new Map([[name, reader.dial]]),
      // An API server is asked how it is only where it is known to be one of the cluster's.
      ...(options?.ca === undefined && ca?.ok === true ? { ca: ca.certificates } : {}),
    },
  );
  return { reading, probes: await run.finish() };
}

function factsOf({ result }: NodeResult<NodeWork>): NodeFacts | undefined {
  return result.state === 'read' ? result.value.reading.facts : undefined;
}

function apiOf({ result }: NodeResult<NodeWork>): readonly ApiFacts[] {
  return result.state === 'read' && result.value.reading.api !== undefined ? [result.value.reading.api] : [];
}

/** The one that tells most; of equals the first. */
function bestApi(all: readonly ApiFacts[]): ApiFacts | undefined {
  return all.toSorted((one, other) => one.unread.length - other.unread.length)[0];
}

/** Each once: all nodes have the same, and what is not signed by any is tried against every one of them. */
function casOf(results: readonly NodeResult<NodeWork>[]): readonly Certificate[] {
  const all = results.flatMap((result) => {
    const reading = factsOf(result)?.ca?.reading;
    return reading?.ok === true ? reading.certificates : [];
  });
  return [...new Map(all.map((one) => [one.fingerprint, one])).values()];
}

function certificatesOf(pems: readonly string[]): readonly Certificate[] {
  return pems.flatMap((pem) => {
    const reading = readCertificates(Buffer.from(pem));
    return reading.ok ? reading.certificates : [];
  });
}

/** The first handshakes were made before anybody told the CA, and a node's own with that node's alone. */
function judged(probe: Probe, ca: readonly Certificate[]): Probe {
  const { result } = probe;
  if (result.state === 'failed' || result.isTrusted === true || ca.length === 0) return probe;
  return { ...probe, result: { ...result, isTrusted: leadsTo(result.chain, ca) } };
}

function readNodeOf({ node, connection, result }: NodeResult<NodeWork>): ReadNode {
  return {
    node,
    ...(connection === undefined
      ? {}
      : {
          connection: {
            transport: connection.transport,
            ...(connection.user === undefined ? {} : { user: connection.user }),
            ...(connection.hostKey === undefined
              ? {}
              : {
                  hostKeyFingerprint: connection.hostKey.fingerprint,
                  hostKeyAdded: connection.hostKey.trust === 'added',
                }),
            through: connection.through,
          },
        }),
    result: result.state === 'read' ? { state: 'read', facts: result.value.reading.facts } : result,
  };
}
