/** From what the user gave to what is to be looked at: the nodes, the kubeconfig, the inventory, the endpoints and the wanted names. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { display } from '../model/display.ts';
import type { InventoryFacts, Wish } from '../model/cluster-facts.ts';
import type { InventorySource } from '../model/inventory-source.ts';
import type { ApiAddress, ApiGet, Kubeconfig } from '../model/kubeconfig.ts';
import type { ClusterNode } from '../model/node.ts';
import { UserError } from '../model/user-error.ts';
import { parseEndpoint } from './api-address.ts';
import type { ConfiguredCluster } from './config.ts';
import type { Policy, SshSettings } from './config-schema.ts';
import type { Inventory } from './inventory.ts';
import { readKubeconfig } from './kubeconfig.ts';
import type { Env } from './kubeconfig-files.ts';
import { type ListedNodes, listNodes } from './list-nodes.ts';
import { nameOfTarget, parseTarget } from './target.ts';
import { uniqueNodes } from './unique-nodes.ts';

/** The flags as they were typed. */
export interface NodeSources {
  readonly nodes: readonly string[];
  readonly inventory?: string;
  readonly runInventory: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly allowExecPlugin: boolean;
  readonly config?: string;
  readonly cluster?: string;
  readonly endpoints: readonly string[];
  readonly withWorkers: boolean;
  readonly env: Env;
  /** How the API is asked from here: src/inspect/ has it, and this room may not import from there. */
  readonly openApi: (kubeconfig: Kubeconfig) => ApiGet;
}

export interface Resolved {
  /** Empty where there is no SSH at all: the tests from here still run. */
  readonly nodes: readonly ClusterNode[];
  readonly cluster?: string;
  readonly kubeconfig?: Kubeconfig;
  readonly inventory?: InventoryFacts;
  readonly inventorySource?: InventorySource;
  readonly endpoints: readonly ApiAddress[];
  readonly wishes: readonly Wish[];
  readonly ssh: SshSettings;
  readonly policy: Policy;
  readonly warnings: readonly string[];
}

const waysHint =
  'nodes come from --node, --kubeconfig, --inventory or --config; without SSH, --endpoint HOST:PORT is enough';

export async function resolveNodes(sources: NodeSources): Promise<Resolved> {
  refuseContradictions(sources);
  const targets = sources.nodes.map(parseTarget);
  const named = sources.endpoints.map(parseEndpoint);
  const configured = await configuredIn(sources);
  const inventory = await inventoryOf(sources, configured);
  const kubeconfig = await kubeconfigOf(sources, configured);
  const given: readonly ClusterNode[] = [
    ...targets.map((target): ClusterNode => ({
      name: nameOfTarget(target),
      role: 'control-plane',
      target,
      source: 'flag',
    })),
    ...(configured?.nodes ?? []),
    ...(inventory?.nodes ?? []),
  ];
  const listed =
    given.length > 0 || kubeconfig === undefined || sources.endpoints.length > 0
      ? undefined
      : await listNodes(sources.openApi(kubeconfig), sources.withWorkers);
  const ssh = configured?.ssh ?? {};
  const wanted = [...given, ...(listed?.nodes ?? [])]
    .filter(({ role }) => role === 'control-plane' || sources.withWorkers)
    .map((node) => withDefaults(node, ssh));
  const { nodes, warnings } = uniqueNodes(wanted);
  const endpoints = uniqueEndpoints([...named, ...(configured?.endpoints ?? [])]);
  if (nodes.length === 0 && endpoints.length === 0 && kubeconfig === undefined) {
    if (configured !== undefined) throw emptyCluster(configured, sources.config ?? '', given.length);
    throw new UserError('there is nothing to look at: no node, no kubeconfig and no endpoint', waysHint);
  }
  return {
    nodes,
    ...clusterOf(configured, kubeconfig),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(inventory === undefined ? {} : { inventory: inventory.facts }),
    ...(inventory?.source === undefined ? {} : { inventorySource: inventory.source }),
    endpoints,
    wishes: configured?.wishes ?? [],
    ssh,
    policy: configured?.policy ?? {},
    warnings: allWarnings(inventory, kubeconfig, listed && warningsOf(listed), warnings),
  };
}

function emptyCluster({ name }: ConfiguredCluster, file: string, workers: number): UserError {
  const where = `the cluster ${display(name)} in ${display(file)}`;
  return workers > 0
    ? new UserError(
        `${where} names only workers`,
        'the certificate is on control planes: name those, or look at the workers as well with --workers',
      )
    : new UserError(
        `${where} says nothing to look at: no node, no kubeconfig and no endpoint`,
        'give it nodes, inventory, kubeconfig or endpoints there; docs/nodes.md has an example',
      );
}

// zod and execa take longer to load than everything else here, and most runs need neither.

async function configuredIn({ config, cluster, env }: NodeSources): Promise<ConfiguredCluster | undefined> {
  if (config === undefined) return undefined;
  const { readConfig } = await import('./config.ts');
  return readConfig(config, { env, ...(cluster === undefined ? {} : { cluster }) });
}

async function inventoryOf(
  { inventory, env, runInventory }: NodeSources,
  configured: ConfiguredCluster | undefined,
): Promise<Inventory | undefined> {
  const file = inventory ?? configured?.inventory;
  if (file === undefined) return undefined;
  const { readInventory } = await import('./inventory.ts');
  return readInventory(file, { env, runInventory });
}

/** Two places that both say which nodes there are would leave it open who is right. */
function refuseContradictions({ nodes, inventory, config, cluster }: NodeSources): void {
  const ways = [
    ...(nodes.length > 0 ? ['--node'] : []),
    ...(inventory === undefined ? [] : ['--inventory']),
    ...(config === undefined ? [] : ['--config']),
  ];
  if (ways.length > 1)
    throw new UserError(`${ways.join(' and ')} each say which nodes there are`, 'give only one of them');
  if (cluster !== undefined && config === undefined)
    throw new UserError(
      '--cluster chooses a cluster of --config, which was not given',
      'add --config fix-sans.yaml',
    );
}

/** A kubeconfig of the environment is taken only where nothing else was given: whoever names nodes means just these. */
async function kubeconfigOf(
  sources: NodeSources,
  configured: ConfiguredCluster | undefined,
): Promise<Kubeconfig | undefined> {
  const file = sources.kubeconfig ?? configured?.kubeconfig;
  const context = sources.context ?? (sources.kubeconfig === undefined ? configured?.context : undefined);
  const isAsked = file !== undefined || context !== undefined;
  const isAlone =
    sources.nodes.length === 0 &&
    sources.endpoints.length === 0 &&
    sources.inventory === undefined &&
    configured === undefined;
  if (!isAsked && !(isAlone && (await hasUsual(sources.env)))) return undefined;
  const { allowExecPlugin, env } = sources;
  return readKubeconfig({
    ...(file === undefined ? {} : { file }),
    ...(context === undefined ? {} : { context }),
    allowExecPlugin,
    env,
  });
}

async function hasUsual(env: Env): Promise<boolean> {
  if ((env['KUBECONFIG'] ?? '') !== '') return true;
  const home = env['HOME'] ?? '';
  if (!path.isAbsolute(home)) return false;
  try {
    await stat(path.join(home, '.kube', 'config'));
    return true;
  } catch {
    return false;
  }
}

function withDefaults(node: ClusterNode, { user, port }: SshSettings): ClusterNode {
  if (node.target.via !== 'ssh') return node;
  const target = {
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...node.target,
  };
  return { ...node, target };
}

function clusterOf(
  configured: ConfiguredCluster | undefined,
  kubeconfig: Kubeconfig | undefined,
): Pick<Resolved, 'cluster'> {
  const cluster = configured?.name ?? kubeconfig?.clusterName;
  return cluster === undefined ? {} : { cluster };
}

function warningsOf({ unread, warnings }: ListedNodes): readonly string[] {
  if (unread === undefined) return warnings;
  return [...warnings, `the API gave no list of nodes, so only tests from here are made: ${unread}`];
}

function uniqueEndpoints(endpoints: readonly ApiAddress[]): readonly ApiAddress[] {
  return [...new Map(endpoints.map((one) => [`${one.host} ${one.port}`, one])).values()];
}

function allWarnings(
  inventory: Inventory | undefined,
  kubeconfig: Kubeconfig | undefined,
  ...others: readonly (readonly string[] | undefined)[]
): readonly string[] {
  const all = [inventory?.warnings, kubeconfig?.notes, ...others].flatMap((warnings) => warnings ?? []);
  return [...new Set(all)];
}
