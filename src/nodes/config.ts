/** Reads fix-sans.yaml: clusters, their nodes, how to reach them, the names that they want, and what may be added. */
import path from 'node:path';
import { display } from '../model/display.ts';
import { canonicalIp } from '../model/ip.ts';
import { distinctWishes, type Wish, type WishSource } from '../model/cluster-facts.ts';
import type { ApiAddress } from '../model/kubeconfig.ts';
import type { ClusterNode } from '../model/node.ts';
import { readYaml, type YamlReading } from '../model/safe-yaml.ts';
import { parseSan, type San } from '../model/san.ts';
import { sanRefusalSentence } from '../model/san-refusal.ts';
import { UserError } from '../model/user-error.ts';
import { readServer } from './api-address.ts';
import { faultsOf } from './config-faults.ts';
import type { Policy, RawCluster, RawConfig, SshSettings } from './config-schema.ts';
import { meant } from './did-you-mean.ts';
import type { Env } from './kubeconfig-files.ts';
import { expandHome, readTextFile } from './read-file.ts';
import { nameOfTarget, readTarget, userFault } from './target.ts';

export interface ConfiguredCluster {
  readonly name: string;
  readonly nodes: readonly ClusterNode[];
  /** Absolute paths. */
  readonly inventory?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly endpoints: readonly ApiAddress[];
  readonly wishes: readonly Wish[];
  readonly ssh: SshSettings;
  readonly policy: Policy;
}

export interface ConfigOptions {
  /** --cluster */
  readonly cluster?: string;
  readonly env: Env;
}

type Path = readonly (string | number)[];
type Refuse = (at: Path, sentence: string) => UserError;

const hint = 'docs/schema/config.schema.json describes the file; editors check against it';

export async function readConfig(given: string, options: ConfigOptions): Promise<ConfiguredCluster> {
  const file = path.resolve(expandHome(given, options.env));
  const { text } = await readTextFile(file, { what: 'the configuration', hint });
  const reading = readYaml(text);
  if (!reading.ok) throw complaint(file, reading, reading.fault);
  const faults = faultsOf(reading.value);
  if (faults.length > 0) throw complaints(file, reading, faults);
  const config = reading.value as RawConfig;
  const refuse: Refuse = (at, sentence) =>
    complaint(file, reading.placeOf(at), `${at.join('.')} ${sentence}`);
  refuseTwoLists(config, refuse);
  const name = chosen(config, options.cluster, file);
  const cluster = config.clusters[name] ?? {};
  const at = ['clusters', name];
  const ssh = { ...config.ssh, ...cluster.ssh };
  checkSsh(ssh, (key) => (cluster.ssh?.[key] === undefined ? ['ssh', key] : [...at, 'ssh', key]), refuse);
  const beside = (one: string): string => path.resolve(path.dirname(file), expandHome(one, options.env));
  const { inventory, kubeconfig, context } = cluster;
  const policy = policyOf(config, cluster, at, refuse);
  const required = [...(cluster.policy?.required === undefined ? [] : at), 'policy', 'required'];
  return {
    name,
    nodes: nodesOf(cluster, at, refuse),
    ...(inventory === undefined ? {} : { inventory: beside(inventory) }),
    ...(kubeconfig === undefined ? {} : { kubeconfig: beside(kubeconfig) }),
    ...(context === undefined ? {} : { context }),
    endpoints: (cluster.endpoints ?? []).map((one, index) =>
      endpointOf(one, [...at, 'endpoints', index], refuse),
    ),
    wishes: distinctWishes([
      ...wished(namesOf(config.names, ['names'], refuse), { by: 'names', path: given }),
      ...wished(namesOf(cluster.names, [...at, 'names'], refuse), { by: 'names', path: given }),
      ...wished(namesOf(policy.required, required, refuse), { by: 'policy', path: given }),
    ]),
    ssh: withPaths(ssh, beside),
    policy,
  };
}

function complaint(
  file: string,
  place: { readonly line: number; readonly column: number },
  sentence: string,
): UserError {
  return new UserError(`${display(file)}, line ${place.line}, column ${place.column}: ${sentence}`, hint);
}

/** The first in full; how many more there are, so that nobody mends one at a time. */
function complaints(
  file: string,
  reading: Extract<YamlReading, { ok: true }>,
  faults: ReturnType<typeof faultsOf>,
): UserError {
  const placed = faults
    .map(({ path: at, at: what, sentence }) => ({ place: reading.placeOf(at, what), sentence }))
    .toSorted((one, other) => one.place.line - other.place.line || one.place.column - other.place.column);
  const sentences = placed
    .slice(0, 10)
    .map(({ place, sentence }, index) =>
      index === 0 ? sentence : `line ${place.line}, column ${place.column}: ${sentence}`,
    );
  return complaint(file, placed[0]?.place ?? { line: 1, column: 1 }, sentences.join('; '));
}

function chosen(config: RawConfig, asked: string | undefined, file: string): string {
  const names = Object.keys(config.clusters);
  const choice = `choose one with --cluster: ${names.slice(0, 20).join(', ')}`;
  if (names.length === 0) throw new UserError(`${display(file)} has no cluster under clusters:`, hint);
  if (asked === undefined) {
    const [only] = names;
    if (names.length > 1 || only === undefined)
      throw new UserError(`${display(file)} has ${names.length} clusters`, choice);
    return only;
  }
  if (Object.hasOwn(config.clusters, asked)) return asked;
  throw new UserError(`${display(file)} has no cluster ${display(asked, 60)}${meant(asked, names)}`, choice);
}

/** Two places that both say which nodes there are would leave it open who is right; of any cluster, chosen or not. */
function refuseTwoLists({ clusters }: RawConfig, refuse: Refuse): void {
  for (const [name, { nodes, inventory }] of Object.entries(clusters))
    if (nodes !== undefined && inventory !== undefined)
      throw refuse(
        ['clusters', name, 'inventory'],
        'and nodes each say which nodes there are; take one of them out',
      );
}

function nodesOf(cluster: RawCluster, at: Path, refuse: Refuse): readonly ClusterNode[] {
  return (cluster.nodes ?? []).map((node, index) => {
    const here = [...at, 'nodes', index];
    const {
      target: text,
      name,
      role,
    } = typeof node === 'string' ? { target: node } : { name: undefined, role: undefined, ...node };
    const reading = readTarget(text);
    if (!reading.ok)
      throw refuse(
        typeof node === 'string' ? here : [...here, 'target'],
        `is ${display(text, 80)}: ${reading.fault}`,
      );
    if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,252}$/.test(name))
      throw refuse([...here, 'name'], 'is no usable name: letters, digits, dots, dashes and underscores');
    return {
      name: name ?? nameOfTarget(reading.target),
      role: role ?? 'control-plane',
      target: reading.target,
      source: 'config',
    };
  });
}

function endpointOf(text: string, at: Path, refuse: Refuse): ApiAddress {
  const reading = readServer(text);
  if (!reading.ok) throw refuse(at, reading.fault);
  if (!text.includes('://') && !/:\d+$/.test(text)) throw refuse(at, 'has no port');
  return reading.address;
}

function namesOf(names: readonly string[] | undefined, at: Path, refuse: Refuse): readonly San[] {
  return (names ?? []).map((name, index) => {
    const reading = parseSan(name);
    if (!reading.ok) throw refuse([...at, index], sanRefusalSentence(reading.refusal));
    return reading.san;
  });
}

function wished(sans: readonly San[], from: WishSource): readonly Wish[] {
  return sans.map((san) => ({ ...san, from }));
}

/** Who asked first is who is named. */
function checkSsh(ssh: SshSettings, at: (key: keyof SshSettings) => Path, refuse: Refuse): void {
  const wrong = ssh.user === undefined ? undefined : userFault(ssh.user);
  if (wrong !== undefined) throw refuse(at('user'), `is refused: ${wrong}`);
}

function withPaths(ssh: SshSettings, beside: (file: string) => string): SshSettings {
  const { identityFiles, knownHostsFiles, configFile } = ssh;
  return {
    ...ssh,
    ...(identityFiles ? { identityFiles: identityFiles.map(beside) } : {}),
    ...(knownHostsFiles ? { knownHostsFiles: knownHostsFiles.map(beside) } : {}),
    ...(configFile === undefined || configFile === 'none' ? {} : { configFile: beside(configFile) }),
  };
}

/** A cluster's own policy replaces the common one, key by key. */
function policyOf(config: RawConfig, cluster: RawCluster, at: Path, refuse: Refuse): Policy {
  for (const [policy, here] of [
    [config.policy, ['policy']],
    [cluster.policy, [...at, 'policy']],
  ] as const) {
    namesOf(policy?.required, [...here, 'required'], refuse);
    for (const [index, pattern] of (policy?.allow ?? []).entries())
      if (!isPattern(pattern))
        throw refuse(
          [...here, 'allow', index],
          `is ${display(pattern, 80)}, neither a name, *.name, an address nor a range`,
        );
  }
  return { ...config.policy, ...cluster.policy };
}

function isPattern(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (bits !== undefined)
    return canonicalIp(address) !== undefined && Number(bits) <= (address.includes(':') ? 128 : 32);
  const reading = parseSan(text);
  return reading.ok || reading.refusal.code === 'wildcard-broad';
}
