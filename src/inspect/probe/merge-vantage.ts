/**
 * Takes the probes and the environment out of the JSON that `inspect` wrote on another machine (`--with FILE.json`). The file is
 * anybody's: fields are checked one by one, and of a certificate only its bytes are taken, so what it says is read anew.
 */
import { type Certificate, readCertificates } from '../../model/certificate.ts';
import { certificateRefusalSentence } from '../../model/certificate-refusal.ts';
import type { EndpointAsked } from '../../model/cluster-facts.ts';
import { type Environment, type HttpAnswer, type Probe, probeTroubles } from '../../model/probe.ts';
import { parseServerAddress } from '../../model/server-address.ts';
import { leadsTo } from './chain.ts';
import { isHost } from './ground.ts';
import { redact } from './proxy-address.ts';
import {
  type Fields,
  fields,
  list,
  oneOf,
  optional,
  text,
  time,
  VantageFault,
  whole,
} from './vantage-fields.ts';

export interface VantageRun {
  /** What its own probes are said to be from. */
  readonly name: string;
  readonly readAt: string;
  readonly probes: readonly Probe[];
  /** What it was asked about, its kubeconfig's server among them: its trouble there is trouble. */
  readonly endpoints: readonly EndpointAsked[];
  readonly environment: Environment;
}

export type VantageReading =
  | { readonly ok: true; readonly run: VantageRun }
  /** Lower case, no full stop; may hold text from the file. */
  | { readonly ok: false; readonly fault: string };

const largestFile = 32 * 1024 * 1024;
const mostProbes = 2000;

export function readVantage(
  bytes: Uint8Array,
  { name, ca = [] }: { readonly name?: string; readonly ca?: readonly Certificate[] } = {},
): VantageReading {
  if (bytes.length > largestFile)
    return { ok: false, fault: `it is larger than ${largestFile / 1024 / 1024} MiB` };
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return { ok: false, fault: 'it is no JSON; fix-sans inspect --format json writes what belongs here' };
  }
  try {
    return { ok: true, run: readRun(parsed, name, ca) };
  } catch (error) {
    if (error instanceof VantageFault) return { ok: false, fault: error.message };
    throw error;
  }
}

function readRun(parsed: unknown, given: string | undefined, ca: readonly Certificate[]): VantageRun {
  const file = fields(parsed, 'the file');
  if (file['command'] !== 'inspect')
    throw new VantageFault('the file', 'is not what fix-sans inspect --format json writes');
  const version = text(file['formatVersion'], 'formatVersion', 20);
  // Additions keep the first number: src/report/envelope.ts.
  if (!/^1\.\d+$/.test(version))
    throw new VantageFault('formatVersion', `${version} is not understood by this version`);
  const facts = fields(file['facts'], 'facts');
  const environment = readEnvironmentOf(facts['environment']);
  const name = given ?? environment.hostname;
  // The two words of this program's own would take its probes for ours.
  const from = name === '' || name === 'here' ? 'elsewhere' : name;
  const probes = list(facts['probes'], 'facts.probes', mostProbes).map((entry, index) =>
    readProbe(entry, `facts.probes[${index}]`, from, ca),
  );
  const readAt = time(facts['readAt'], 'facts.readAt');
  return { name: from, readAt, probes, endpoints: readEndpoints(facts), environment };
}

function readEndpoints(facts: Fields): readonly EndpointAsked[] {
  const named = list(facts['endpoints'] ?? [], 'facts.endpoints', mostProbes).map((entry, index) => {
    const at = `facts.endpoints[${index}]`;
    const given = fields(entry, at);
    return {
      host: hostIn(given, at),
      port: whole(given['port'], `${at}.port`, 1, 65_535),
      ...optional(given, 'serverName', (name, where) => text(name, where, 253), at),
    };
  });
  if (facts['kubeconfig'] === undefined || facts['kubeconfig'] === null) return named;
  const kubeconfig = fields(facts['kubeconfig'], 'facts.kubeconfig');
  const server = parseServerAddress(text(kubeconfig['server'], 'facts.kubeconfig.server', 2000));
  if (server === undefined) return named;
  const { tlsServerName: serverName } = optional(
    kubeconfig,
    'tlsServerName',
    (name, where) => text(name, where, 253),
    'facts.kubeconfig',
  );
  const own = { host: server.san.value, port: server.port };
  return [...named, serverName === undefined ? own : { ...own, serverName }];
}

function hostIn(entry: Fields, where: string): string {
  const host = text(entry['host'], `${where}.host`, 253);
  if (!isHost(host)) throw new VantageFault(`${where}.host`, 'is no address and no name');
  return host;
}

function readProbe(value: unknown, where: string, from: string, ca: readonly Certificate[]): Probe {
  const entry = fields(value, where);
  const { from: dialler } = entry;
  const host = hostIn(entry, where);
  const seenFrom = text(dialler, `${where}.from`, 300);
  return {
    // A node of that run is not one that this run has read, though it may be called the same.
    from: seenFrom === 'here' ? from : `${seenFrom} by ${from}`,
    way: oneOf(entry['way'], `${where}.way`, ['direct', 'proxy', 'ssh'] as const),
    ...optional(entry, 'proxy', (proxy, at) => text(proxy, at, 300), where),
    host,
    port: whole(entry['port'], `${where}.port`, 1, 65_535),
    ...optional(entry, 'serverName', (name, at) => text(name, at, 253), where),
    at: time(entry['at'], `${where}.at`),
    milliseconds: whole(entry['milliseconds'], `${where}.milliseconds`, 0, 86_400_000),
    result: readResult(entry['result'], `${where}.result`, ca),
  };
}

function readResult(value: unknown, where: string, ca: readonly Certificate[]): Probe['result'] {
  const result = fields(value, where);
  const state = oneOf(result['state'], `${where}.state`, ['served', 'failed'] as const);
  if (state === 'failed')
    return { state, ...readTrouble(result, where), ...optional(result, 'answer', readAnswer, where) };
  const chain = list(result['chain'], `${where}.chain`, 16).map((one, index) =>
    readServed(one, `${where}.chain[${index}]`),
  );
  if (chain.length === 0) throw new VantageFault(`${where}.chain`, 'is empty');
  // Against the CA that is known here; without one, what was found there is kept, as all else in the file.
  const isTrusted = ca.length > 0 ? leadsTo(chain, ca) : result['isTrusted'];
  return {
    state,
    chain,
    ...(typeof isTrusted === 'boolean' ? { isTrusted } : {}),
    ...optional(result, 'chainFault', (fault, at) => text(fault, at, 300), where),
    protocol: text(result['protocol'], `${where}.protocol`, 20),
    ...optional(result, 'answer', readAnswer, where),
    ...optional(result, 'noAnswer', (given, at) => readTrouble(fields(given, at), at), where),
  };
}

function readTrouble(entry: Readonly<Record<string, unknown>>, where: string) {
  return {
    trouble: oneOf(entry['trouble'], `${where}.trouble`, probeTroubles),
    detail: text(entry['detail'], `${where}.detail`, 2000),
  };
}

function readServed(value: unknown, where: string): Certificate {
  const der = text(fields(value, where)['der'], `${where}.der`, 400_000);
  const reading = readCertificates(Buffer.from(der, 'base64'));
  if (!reading.ok) throw new VantageFault(where, certificateRefusalSentence(reading.refusal));
  return reading.certificates[0];
}

function readAnswer(value: unknown, where: string): HttpAnswer {
  const answer = fields(value, where);
  return {
    status: whole(answer['status'], `${where}.status`, 100, 999),
    ...optional(answer, 'server', (server, at) => text(server, at, 100), where),
    firstLine: text(answer['firstLine'], `${where}.firstLine`, 200),
    ...optional(answer, 'gitVersion', (version, at) => text(version, at, 80), where),
    ...(answer['isKubernetes'] === true ? { isKubernetes: true } : {}),
  };
}

function readEnvironmentOf(value: unknown): Environment {
  const where = 'facts.environment';
  const entry = fields(value, where);
  const pair = (key: string, second: string, most: number) =>
    list(entry[key] ?? [], `${where}.${key}`, most).map((one, index) => {
      const at = `${where}.${key}[${index}]`;
      const given = fields(one, at);
      return [text(given['name'], `${at}.name`, 100), text(given[second], `${at}.${second}`, 5000)] as const;
    });
  const faults = pair('faults', 'fault', 5000).map(([name, fault]) => ({ name, fault }));
  return {
    // Redacted there already; but then anybody may have written the file.
    variables: pair('variables', 'value', 100).map(([name, given]) => ({ name, value: redact(name, given) })),
    trustBundles: list(entry['trustBundles'], `${where}.trustBundles`, 100).map((bundle, index) => {
      const at = `${where}.trustBundles[${index}]`;
      const given = fields(bundle, at);
      const fingerprints = list(given['fingerprints'], `${at}.fingerprints`, 5000).map((one) =>
        text(one, `${at}.fingerprints`, 64),
      );
      return {
        source: text(given['source'], `${at}.source`, 100),
        path: text(given['path'], `${at}.path`, 4096),
        count: whole(given['count'], `${at}.count`, 0, 5000),
        ...optional(given, 'fault', (fault, place) => text(fault, place, 500), at),
        fingerprints,
      };
    }),
    ...(faults.length === 0 ? {} : { faults }),
    ...optional(entry, 'kubectlVersion', (version, at) => text(version, at, 80), where),
    hostname: text(entry['hostname'], `${where}.hostname`, 253),
  };
}
