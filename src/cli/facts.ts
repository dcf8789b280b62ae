/** From flags to facts: what `inspect` reads, and plan and verify too. */
import { type ClusterFacts, distinctWishes } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import type { ClusterNode } from '../model/node.ts';
import { parseSans } from '../model/san.ts';
import { sanRefusalReason } from '../model/san-refusal.ts';
import { UserError } from '../model/user-error.ts';
import { openApi } from '../inspect/api-from-here.ts';
import { type EnvironmentReading, readEnvironment } from '../inspect/environment.ts';
import { inspectCluster, type InspectRequest } from '../inspect/inspect-cluster.ts';
import { connectBy } from '../inspect/probe/connect.ts';
import { readVantage, type VantageRun } from '../inspect/probe/merge-vantage.ts';
import { chooseProxy } from '../inspect/probe/proxy-env.ts';
import type { ApiGet, Kubeconfig } from '../model/kubeconfig.ts';
import { readBytes } from '../nodes/read-file.ts';
import { type Resolved, resolveNodes } from '../nodes/resolve.ts';
import { openNode } from '../reach/open.ts';
import type { ReachOptions } from '../reach/options.ts';
import type { Options } from './command.ts';
import type { Io } from './io.ts';
import { countOf, durationOf, isSet, textOf, textsOf } from './option-values.ts';
import { progressLine } from './progress.ts';
import { reachOptionsOf } from './reach-options.ts';

const usualApiTimeoutMs = 10_000;

export async function readFacts(options: Options, io: Io): Promise<ClusterFacts> {
  return (await readCluster(options, io, { wishes: wishesOf(textsOf(options, 'san')) })).facts;
}

export interface ClusterAsk {
  readonly wishes: ClusterFacts['wishes'];
  /** Whether to see who answers on the names that were asked for. */
  readonly dialsWishes?: boolean;
}

export interface ClusterReading {
  readonly facts: ClusterFacts;
  /** What the flags alone did not say: the policy, the names of the configuration, the files of the inventory. */
  readonly resolved: Resolved;
  readonly required: ClusterFacts['wishes'];
  /** As they were reached, with what was asked on the way. */
  readonly reach: ReachOptions;
  /** How it was read, for who has more to ask of the same nodes. */
  readonly means: Means;
}

export interface Means {
  /** The same questions once more. */
  readonly readAgain: () => Promise<ClusterFacts>;
  readonly open: InspectRequest['open'];
  readonly openApi?: ApiGet;
  readonly proxyFor: ReturnType<typeof chooseProxy>;
  readonly most: number;
  readonly probeTimeoutMs: number;
  readonly onProgress: InspectRequest['onProgress'];
  readonly endProgress: () => void;
  readonly signal?: AbortSignal;
}

export async function readCluster(
  options: Options,
  io: Io,
  { wishes, dialsWishes = false }: ClusterAsk,
): Promise<ClusterReading> {
  const most = countOf(options, 'parallel', { flag: '--parallel', most: 512 }) ?? 32;
  const timeoutMs = durationOf(options, 'connectTimeout', '--connect-timeout') ?? usualApiTimeoutMs;
  const vantage = vantageOf(options);
  const vantages = await vantagesOf(textsOf(options, 'with'));
  const signal = io.stop?.();
  const environment = await readEnvironment({ env: io.env });
  const opener = (kubeconfig: Kubeconfig): ApiGet => apiOf(kubeconfig, environment, timeoutMs, signal);
  const resolved = await resolveNodes({
    nodes: textsOf(options, 'node'),
    ...given(options, ['inventory', 'kubeconfig', 'context', 'config', 'cluster']),
    runInventory: isSet(options, 'runInventory'),
    allowExecPlugin: isSet(options, 'runExecPlugin'),
    endpoints: textsOf(options, 'endpoint'),
    withWorkers: isSet(options, 'workers'),
    env: io.env,
    openApi: opener,
  });
  const isQuiet = isSet(options, 'quiet');
  if (!isQuiet) for (const warning of resolved.warnings) io.stderr.write(`fix-sans: ${display(warning)}\n`);
  const line = progressLine(io, isQuiet);
  const reach = reachOptionsOf(options, resolved.ssh, io, line);
  const nodes = await reachable(resolved.nodes, reach);
  const { kubeconfig } = resolved;
  // The configuration was checked when it was read.
  const required = parseSans(resolved.policy.required ?? []).sans;
  const request: InspectRequest = {
    ...(resolved.cluster === undefined ? {} : { cluster: resolved.cluster }),
    nodes,
    endpoints: resolved.endpoints,
    wishes: distinctWishes([...wishes, ...resolved.wishes]),
    dialsWishes,
    ...(resolved.inventory === undefined ? {} : { inventory: resolved.inventory }),
    ...(kubeconfig === undefined ? {} : { kubeconfig, openApi: opener(kubeconfig) }),
    environment,
    open: (node) => (io.openNode ?? openNode)(node, reach),
    most,
    probeTimeoutMs: timeoutMs,
    vantages,
    now: () => new Date(),
    onProgress: ({ slowest, ...progress }) => {
      line.show({ ...progress, ...(slowest === undefined ? {} : { slowest: slowest.node }) });
    },
    ...(signal === undefined ? {} : { signal }),
  };
  const read = async (): Promise<ClusterFacts> => {
    try {
      const facts = await inspectCluster(request);
      return vantage === undefined
        ? facts
        : { ...facts, environment: { ...facts.environment, hostname: vantage } };
    } finally {
      line.clear();
    }
  };
  const { open, openApi: api, probeTimeoutMs, onProgress } = request;
  return {
    facts: await read(),
    resolved,
    required,
    reach,
    means: {
      readAgain: read,
      open,
      ...(api === undefined ? {} : { openApi: api }),
      proxyFor: chooseProxy(environment.proxies, kubeconfig?.proxy()),
      most,
      probeTimeoutMs,
      onProgress,
      endProgress: () => line.clear(),
      ...(signal === undefined ? {} : { signal }),
    },
  };
}

/** What flags say of SSH is looked at first; then nodes that the API listed get the names that ssh_config has for them. */
async function reachable(
  nodes: readonly ClusterNode[],
  reach: ReachOptions,
): Promise<readonly ClusterNode[]> {
  if (!nodes.some(({ target }) => target.via === 'ssh')) return nodes;
  const [{ refuseGivenFiles }, { withAliases }] = await Promise.all([
    import('../reach/given-files.ts'),
    import('../reach/host-alias.ts'),
  ]);
  await refuseGivenFiles(reach);
  const aliased = await withAliases(nodes, reach);
  for (const note of aliased.notes) reach.say(note);
  return aliased.nodes;
}

/** It stands where the name of a machine does. */
function vantageOf(options: Options): string | undefined {
  const name = textOf(options, 'vantage');
  if (name === undefined || /^(?!here$)[\w][\w .-]{0,62}$/.test(name)) return name;
  throw new UserError(
    `--vantage ${display(name, 60)} is no name for a machine`,
    'letters, digits, dots and dashes; "here" is what each run calls itself',
  );
}

function given<Key extends string>(
  options: Options,
  keys: readonly Key[],
): Partial<Readonly<Record<Key, string>>> {
  const entries = keys.flatMap((key) => {
    const value = textOf(options, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries) as Partial<Record<Key, string>>;
}

function wishesOf(values: readonly string[]): ClusterFacts['wishes'] {
  const { sans, refusals } = parseSans(values);
  const [first] = refusals;
  if (first === undefined) return sans;
  throw new UserError(
    `--san ${display(first.input, 80)} is refused: ${sanRefusalReason(first)}`,
    first.suggestion === undefined
      ? 'give a DNS name or an address'
      : `did you mean --san ${first.suggestion}?`,
  );
}

function apiOf(
  kubeconfig: Kubeconfig,
  { proxies, proxyRoots }: EnvironmentReading,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): ApiGet {
  const proxyFor = chooseProxy(proxies, kubeconfig.proxy());
  return openApi(kubeconfig, {
    timeoutMs,
    dial: (host, port, within) => {
      const proxy = proxyFor(host, port);
      const until = AbortSignal.timeout(within);
      return connectBy(
        proxy === undefined ? {} : { proxy, proxyRoots },
        { host, port, ground: 'given' },
        within,
        signal === undefined ? until : AbortSignal.any([signal, until]),
      );
    },
  });
}

async function vantagesOf(files: readonly string[]): Promise<readonly VantageRun[]> {
  const runs: VantageRun[] = [];
  for (const file of files) {
    const { bytes } = await readBytes(file, {
      what: 'the file of --with,',
      hint: 'give the JSON that inspect wrote elsewhere: fix-sans inspect … --format json > there.json',
      largest: 32 * 1024 * 1024,
    });
    const reading = readVantage(bytes);
    if (!reading.ok)
      throw new UserError(
        `--with ${display(file)}: ${display(reading.fault)}`,
        'on the other machine: fix-sans inspect … --format json > there.json',
      );
    runs.push(reading.run);
  }
  return runs;
}
