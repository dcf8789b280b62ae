/** Counts observations into names and causes, within bounds that a hostile log cannot push. */
import type { CauseCode } from '../model/cause.ts';
import { addsName } from '../model/cause.ts';
import { looseSan, parseSan, type San } from '../model/san.ts';
import type { SanNote, SanRefusalCode } from '../model/san-refusal.ts';
import { type Endpoint, formatEndpoint } from './endpoint.ts';
import { own } from './evidence.ts';
import type { Observation } from './observation.ts';

const mostNames = 1000;
const mostPerEntry = 20;
const longestText = 300;

export interface NameTally {
  readonly san: San;
  readonly cause: CauseCode;
  readonly refusal?: SanRefusalCode;
  readonly notes: readonly SanNote[];
  count: number;
  readonly endpoints: Set<string>;
  readonly clients: Set<string>;
  readonly held: Set<string>;
}

export interface CauseTally {
  readonly code: CauseCode;
  count: number;
  /** How many of them mean little by themselves. */
  weak: number;
  readonly endpoints: Set<string>;
  readonly clients: Set<string>;
}

export interface Tally {
  readonly names: Map<string, NameTally>;
  readonly causes: Map<CauseCode, CauseTally>;
  /** The name behind each spelling, since a log says the same thousands of times. */
  readonly spellings: Map<string, NameTally>;
  /** Names beyond the bound were not kept. */
  overflow: boolean;
}

export function emptyTally(): Tally {
  return { names: new Map(), causes: new Map(), spellings: new Map(), overflow: false };
}

export function count(tally: Tally, observation: Observation): void {
  const { cause: code, endpoint, client } = observation;
  let cause = tally.causes.get(code);
  if (cause === undefined) {
    cause = { code, count: 0, weak: 0, endpoints: new Set(), clients: new Set() };
    tally.causes.set(code, cause);
  }
  cause.count++;
  if (observation.isWeak === true) cause.weak++;
  const at = endpoint === undefined ? undefined : safeEndpoint(endpoint);
  keep(cause.endpoints, at);
  keep(cause.clients, client);
  const name = nameOf(tally, observation);
  if (name === undefined) return;
  name.count++;
  // The first few messages tell the list; a log repeats it thousands of times.
  if (name.count > 3) return;
  for (const held of observation.listed ?? []) {
    if (name.held.size >= mostPerEntry) break;
    keep(name.held, looseSan(held)?.value);
  }
  // The bare name tells nothing that the name itself does not.
  if (endpoint?.port !== undefined) keep(name.endpoints, at);
  keep(name.clients, client);
}

function nameOf(tally: Tally, { host, cause }: Observation): NameTally | undefined {
  if (host === undefined || !namesHost(cause) || isPlaceholder(host)) return undefined;
  const spelling = `${cause} ${host}`;
  const met = tally.spellings.get(spelling);
  if (met) return met;
  const name = newNameOf(tally, host, cause);
  if (name && tally.spellings.size < mostNames) tally.spellings.set(own(spelling), name);
  return name;
}

function newNameOf(tally: Tally, host: string, cause: CauseCode): NameTally | undefined {
  const clean = looseSan(host);
  const san = clean ?? { type: 'dns' as const, value: host.slice(0, longestText) };
  const key = `${cause} ${san.type} ${san.value}`;
  const known = tally.names.get(key);
  if (known) return known;
  if (tally.names.size >= mostNames) {
    tally.overflow = true;
    return undefined;
  }
  const again = parseSan(clean?.value ?? host);
  const name: NameTally = {
    san: { type: san.type, value: own(san.value) },
    cause,
    ...(again.ok ? {} : { refusal: again.refusal.code }),
    notes: again.ok ? again.notes : [],
    count: 0,
    endpoints: new Set(),
    clients: new Set(),
    held: new Set(),
  };
  tally.names.set(own(key), name);
  return name;
}

/** `not xx.xx.xx.xx`: somebody masked the address; and nobody dials a wildcard. */
function isPlaceholder(host: string): boolean {
  return /^\*|^(?:(?:x{1,3}|\d{1,3})\.){2,3}x{1,3}$|^x+(?:\.x+)*$/i.test(host);
}

/** Causes for which it is worth saying which name not to add, besides those that add one. */
function namesHost(cause: CauseCode): boolean {
  return (
    addsName(cause) ||
    cause === 'kubelet-certificate' ||
    cause === 'webhook-certificate' ||
    cause === 'etcd-certificate' ||
    cause === 'wrong-endpoint' ||
    cause === 'wrong-certificate' ||
    cause === 'intercepted' ||
    cause === 'client-bug'
  );
}

function keep(set: Set<string>, text: string | undefined): void {
  if (text === undefined || set.size >= mostPerEntry) return;
  set.add(own(text.slice(0, longestText)));
}

/** Endpoints end up in commands that people paste: whatever is no address or DNS name is dropped. */
function safeEndpoint(endpoint: Endpoint): string | undefined {
  const san = looseSan(endpoint.host);
  if (san === undefined || (endpoint.port ?? 1) > 65_535) return undefined;
  return formatEndpoint({ ...endpoint, host: san.value });
}
