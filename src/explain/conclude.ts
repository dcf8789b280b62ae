/** Weighs what was counted against the evidence, and puts the diagnosis together. */
import { addsName, type CauseCode, causeCodes, causes } from '../model/cause.ts';
import { type Certificate, readCertificates } from '../model/certificate.ts';
import type { Diagnosis, FoundCause, NamedSan, PastedCertificate } from '../model/diagnosis.ts';
import { exitCodes } from '../model/exit-code.ts';
import { ipKind } from '../model/ip.ts';
import { sanNoteSentence } from '../model/san-refusal.ts';
import { affectedBy } from './affected.ts';
import { type Evidence, foreignIssuer, isClusterIssuer, proxyEndpoint } from './evidence.ts';
import { nextCommands } from './next-commands.ts';
import { notesOn } from './notes.ts';
import type { CauseTally, NameTally, Tally } from './tally.ts';

export function conclude(tally: Tally, evidence: Evidence, unparsedLines: number): Diagnosis {
  const hasNoCa = weigh(tally, evidence);
  if (tally.causes.size === 0) {
    tally.causes.set('unknown', { ...emptyCause('unknown'), count: unparsedLines });
  }
  const names = [...tally.names.values()].map(nameOf).toSorted(byVerdictAndCount);
  const found = [...tally.causes.values()]
    .map((cause) => causeOf(cause, names, evidence))
    .toSorted((one, other) => rankOf(one) - rankOf(other) || other.count - one.count);
  const certificates = certificatesIn(evidence);
  return {
    exitCode: exitOf(found),
    names,
    causes: found,
    certificates: certificates.map(cardOf),
    notes: notesOn({ tally, evidence, names, causes: found, certificates, hasNoCa }),
    next: nextCommands({
      names,
      causes: found,
      clusterIps: evidence.clusterIps,
      proxy: proxyEndpoint(evidence),
    }),
    unparsedLines,
  };
}

/** Evidence turns a mere distrust into a suspicion of interception, or into nothing. Answers whether openssl was given no CA. */
function weigh({ causes: found }: Tally, evidence: Evidence): boolean {
  const distrust = found.get('untrusted-ca');
  if (distrust === undefined) return false;
  if (evidence.interceptor !== undefined || foreignIssuer(evidence) !== undefined) {
    const known = found.get('intercepted') ?? emptyCause('intercepted');
    found.delete('untrusted-ca');
    found.set('intercepted', {
      ...known,
      count: known.count + distrust.count,
      endpoints: new Set([...known.endpoints, ...distrust.endpoints]),
      clients: new Set([...known.clients, ...distrust.clients]),
    });
    return false;
  }
  if (distrust.weak < distrust.count || !isClusterIssuer(evidence)) return false;
  found.delete('untrusted-ca');
  return true;
}

function emptyCause(code: CauseCode): CauseTally {
  return { code, count: 0, weak: 0, endpoints: new Set(), clients: new Set() };
}

function certificatesIn({ blocks }: Evidence): Certificate[] {
  return blocks.flatMap((block) => {
    const reading = readCertificates(Buffer.from(block));
    return reading.ok ? reading.certificates : [];
  });
}

function cardOf({ subject, issuer, notAfter, isCa, names }: Certificate): PastedCertificate {
  return { subject, issuer, notAfter, isCa, names: names.slice(0, 100).map(({ value }) => value) };
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
    held: [...tally.held],
    ...(refusal === undefined || !addsName(cause) ? {} : { refusal }),
    remarks: add ? [...notes.map(sanNoteSentence), ...remarksOn(san.value, san.type)] : [],
  };
}

function remarksOn(value: string, type: 'dns' | 'ip'): string[] {
  const isLoopback = value === 'localhost' || (type === 'ip' && ipKind(value) === 'loopback');
  if (!isLoopback) return [];
  return [
    'through an SSH tunnel, kubectl --tls-server-name kubernetes does without it; kubespray needs it on every control plane',
  ];
}

function byVerdictAndCount(one: NamedSan, other: NamedSan): number {
  if (one.verdict !== other.verdict) return one.verdict === 'add' ? -1 : 1;
  return other.count - one.count || (one.value < other.value ? -1 : 1);
}

const refusedAdvice =
  'no certificate of kubeadm can hold this name: have the client dial another one, or tell kubectl which name to check (--tls-server-name kubernetes)';

function causeOf(tally: CauseTally, names: readonly NamedSan[], { clusterIps }: Evidence): FoundCause {
  const { code } = tally;
  const missing = names.filter((name) => name.cause === code && addsName(code));
  const isRefused = missing.length > 0 && missing.every(({ verdict }) => verdict === 'do-not-add');
  return {
    code,
    count: tally.count,
    certainty: isSuspicion(code) ? 'suspected' : 'said',
    endpoints: [...tally.endpoints],
    clients: [...tally.clients],
    affected: affectedBy(missing, clusterIps),
    advice: isRefused ? refusedAdvice : causes[code].advice,
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
