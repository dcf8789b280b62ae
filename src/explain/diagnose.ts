/** From a text, in pieces, to a diagnosis: the one thing the rest of the program asks of this room. */
import { addsName, type CauseCode, causeCodes, causes } from '../model/cause.ts';
import type { Diagnosis, DiagnosisNote, FoundCause, NamedSan } from '../model/diagnosis.ts';
import { display } from '../model/display.ts';
import { exitCodes } from '../model/exit-code.ts';
import { ipKind } from '../model/ip.ts';
import { sanNoteSentence, sanRefusalSentence } from '../model/san-refusal.ts';
import { affectedBy } from './affected.ts';
import { type Aside, emptyAside, lookAside } from './aside.ts';
import { nextCommands } from './next.ts';
import { observe } from './observe.ts';
import { type CauseTally, count, emptyTally, type NameTally, type Tally } from './tally.ts';

export interface Diagnoser {
  readonly push: (piece: string) => void;
  readonly end: () => Diagnosis;
}

/** A diagnosis of everything that is pushed until the end. */
export function startDiagnosis(): Diagnoser {
  const tally = emptyTally();
  const aside = emptyAside();
  let unparsedLines = 0;
  const observer = observe({
    observed: (observation) => count(tally, observation),
    unparsed: () => {
      unparsedLines++;
    },
    line: (text) => lookAside(text, aside),
    gaveUp: () => {
      aside.overlong = true;
    },
  });
  return {
    push: observer.push,
    end() {
      observer.end();
      return conclude(tally, aside, unparsedLines);
    },
  };
}

export function diagnose(text: string): Diagnosis {
  const diagnoser = startDiagnosis();
  diagnoser.push(text);
  return diagnoser.end();
}

function conclude(tally: Tally, aside: Aside, unparsedLines: number): Diagnosis {
  if (aside.interceptor !== undefined) blameInterceptor(tally);
  if (tally.causes.size === 0) {
    tally.causes.set('unknown', {
      code: 'unknown',
      count: unparsedLines,
      endpoints: new Set(),
      clients: new Set(),
    });
  }
  const names = [...tally.names.values()].map(nameOf).toSorted(byVerdictAndCount);
  const found = [...tally.causes.values()]
    .map((cause) => causeOf(cause, names, aside))
    .toSorted((one, other) => rankOf(one) - rankOf(other) || other.count - one.count);
  return {
    exitCode: exitOf(found),
    names,
    causes: found,
    notes: notesOf(tally, aside, names),
    next: nextCommands(names, found),
    unparsedLines,
  };
}

/** An issuer known for interception in the text turns a mere distrust into a suspicion. */
function blameInterceptor(tally: Tally): void {
  const from = tally.causes.get('untrusted-ca');
  if (from === undefined) return;
  const to = tally.causes.get('intercepted');
  tally.causes.delete('untrusted-ca');
  tally.causes.set('intercepted', {
    code: 'intercepted',
    count: from.count + (to?.count ?? 0),
    endpoints: new Set([...from.endpoints, ...(to?.endpoints ?? [])]),
    clients: new Set([...from.clients, ...(to?.clients ?? [])]),
  });
}

function nameOf(tally: NameTally): NamedSan {
  const { san, cause, refusal, notes } = tally;
  const add = addsName(cause) && refusal === undefined;
  return {
    ...san,
    count: tally.count,
    verdict: add ? 'add' : 'do-not-add',
    cause,
    endpoints: [...tally.endpoints],
    clients: [...tally.clients],
    ...(refusal === undefined || !addsName(cause) ? {} : { refusal }),
    remarks: add ? [...notes.map(sanNoteSentence), ...remarksOn(san.value, san.type)] : [],
  };
}

function remarksOn(value: string, type: 'dns' | 'ip'): string[] {
  const isLoopback = value === 'localhost' || (type === 'ip' && ipKind(value) === 'loopback');
  if (!isLoopback) return [];
  return [
    'kubespray needs it on every control plane; for an SSH tunnel, --tls-server-name kubernetes does without a new certificate',
  ];
}

function byVerdictAndCount(one: NamedSan, other: NamedSan): number {
  if (one.verdict !== other.verdict) return one.verdict === 'add' ? -1 : 1;
  return other.count - one.count || (one.value < other.value ? -1 : 1);
}

function causeOf(tally: CauseTally, names: readonly NamedSan[], aside: Aside): FoundCause {
  const { code } = tally;
  const missing = names.filter((name) => name.cause === code && addsName(code));
  const sans = missing.map(({ type, value, endpoints, clients }) => ({
    san: { type, value },
    endpoints,
    clients,
  }));
  return {
    code,
    count: tally.count,
    certainty: isSuspicion(code) ? 'suspected' : 'said',
    endpoints: [...tally.endpoints],
    clients: [...tally.clients],
    affected: affectedBy(sans, aside.clusterIps),
    advice: causes[code].advice,
  };
}

function isSuspicion(code: CauseCode): boolean {
  return code === 'intercepted' || code === 'wrong-endpoint' || code === 'unknown';
}

/** A missing name first, then what hinders most; the order of the registry decides between the others. */
function rankOf({ code }: FoundCause): number {
  const isNoise = code === 'unreachable' || code === 'unknown' || code === 'refused-by-client';
  return addsName(code) ? 0 : causeCodes.indexOf(code) + (isNoise ? 100 : 0);
}

function exitOf(found: readonly FoundCause[]): Diagnosis['exitCode'] {
  if (found.some(({ code }) => addsName(code))) return exitCodes.changesNeeded.code;
  if (found.some(({ code }) => code !== 'unknown')) return exitCodes.notSan.code;
  return exitCodes.failed.code;
}

function notesOf(
  tally: Tally,
  aside: Aside,
  names: readonly NamedSan[],
): { code: DiagnosisNote; text: string }[] {
  const notes: { code: DiagnosisNote; text: string }[] = [];
  if (aside.insecure !== undefined) {
    const [name] = names;
    const at = name?.endpoints[0] ?? (name === undefined ? 'HOST:6443' : name.value);
    notes.push({
      code: 'insecure-test',
      text: `a test with ${display(aside.insecure, 80)} proves that the endpoint can be reached, and nothing about its certificate; the checked form is: curl --cacert /etc/kubernetes/pki/ca.crt https://${display(at, 80)}/version`,
    });
  }
  if (aside.interceptor !== undefined) {
    notes.push({
      code: 'interceptor',
      text: `the text names ${display(aside.interceptor, 60)} as issuer, which intercepts TLS`,
    });
  }
  if (aside.privateKey) {
    notes.push({
      code: 'private-key',
      text: 'the text holds a private key: treat that key as exposed and replace it',
    });
  }
  if (aside.overlong) {
    notes.push({
      code: 'long-line',
      text: 'a single line held more than 50,000 messages; the rest of that line was not read',
    });
  }
  if (tally.overflow) {
    notes.push({
      code: 'too-many-names',
      text: 'more than 1,000 different names: the rest was counted, not listed',
    });
  }
  for (const name of names) {
    if (name.refusal === undefined) continue;
    notes.push({ code: 'refused-name', text: sanRefusalSentence({ code: name.refusal, input: name.value }) });
    if (notes.length > 20) break;
  }
  return notes;
}
