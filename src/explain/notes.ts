/** What else should be said of a text: evidence, traps, and what was left out. Each note is one sentence. */
import type { Certificate } from '../model/certificate.ts';
import type { DiagnosisNote, FoundCause, NamedSan } from '../model/diagnosis.ts';
import { display } from '../model/display.ts';
import { isCovered, type San } from '../model/san.ts';
import { sanRefusalSentence } from '../model/san-refusal.ts';
import { type Evidence, foreignIssuer, proxyEndpoint } from './evidence.ts';
import type { Tally } from './tally.ts';

export interface Note {
  readonly code: DiagnosisNote;
  readonly text: string;
}

export interface Case {
  readonly tally: Tally;
  readonly evidence: Evidence;
  readonly names: readonly NamedSan[];
  readonly causes: readonly FoundCause[];
  readonly certificates: readonly Certificate[];
  /** openssl distrusted the cluster's CA only because it was given none. */
  readonly hasNoCa: boolean;
}

/** The first that speaks of each thing; a text has few of them. */
const most = 20;

export function notesOn(one: Case): Note[] {
  return [...evidenceNotes(one), ...trapNotes(one), ...refusalNotes(one)].slice(0, most);
}

function evidenceNotes({ evidence, causes: found, certificates, names }: Case): Note[] {
  const notes: Note[] = [];
  const isSuspected = found.some(({ code }) => code === 'intercepted' || code === 'untrusted-ca');
  const issuer = foreignIssuer(evidence);
  if (isSuspected && issuer !== undefined) {
    notes.push({
      code: 'issuer',
      text: `the certificate that was served was issued by ${display(issuer, 120)}; a cluster's own CA is usually CN = kubernetes`,
    });
  } else if (evidence.interceptor !== undefined) {
    notes.push({
      code: 'interceptor',
      text: `the text names ${display(evidence.interceptor, 60)}, which is known to intercept TLS`,
    });
  }
  const proxy = proxyEndpoint(evidence);
  if (isSuspected && proxy !== undefined) {
    const bypass = evidence.proxies.get('NO_PROXY');
    const but = bypass === undefined ? 'NO_PROXY is not in the text' : `NO_PROXY is ${display(bypass, 120)}`;
    notes.push({ code: 'proxy', text: `the environment sends HTTPS through the proxy ${proxy}; ${but}` });
  }
  if (evidence.proxyScheme) {
    notes.push({
      code: 'proxy',
      text: 'HTTPS_PROXY says https:// of a proxy that speaks plain HTTP; write http:// there (the name is about what is fetched, not about the proxy)',
    });
  }
  for (const { value, type } of names.filter(({ verdict }) => verdict === 'add')) {
    const holder = certificates.find((certificate) =>
      isCovered(certificate.names.filter(isSan), { type, value }),
    );
    if (holder === undefined) continue;
    notes.push({
      code: 'held-elsewhere',
      text: `a certificate in the text does hold ${display(value)} (${display(holder.subject, 80)}): the client met another control plane, or that one is not served yet`,
    });
  }
  return notes;
}

function isSan(name: { readonly type: string; readonly value: string }): name is San {
  return name.type === 'dns' || name.type === 'ip';
}

function trapNotes({ tally, evidence, names, hasNoCa, causes: found }: Case): Note[] {
  const notes: Note[] = [];
  const isMissing = found.some(({ code }) => code === 'san-missing');
  if (isMissing && evidence.staleFile) {
    notes.push({
      code: 'stale-file',
      text: 'kubeadm found an older apiserver.crt in its folder, and that one lacks the name: move apiserver.crt and apiserver.key aside (keep them) and run it again',
    });
  }
  const isKubespray = evidence.kubespray || names.some(({ held }) => held.includes('10.233.0.1'));
  if (isMissing && isKubespray) {
    notes.push({
      code: 'kubespray',
      text: 'this looks like kubespray: put the name into supplementary_addresses_in_ssl_keys of the inventory too, or its next run drops it again',
    });
  }
  if (evidence.insecure !== undefined) {
    const [name] = names;
    const at =
      name?.endpoints[0] ?? (name?.refusal === undefined && name !== undefined ? name.value : 'HOST:6443');
    notes.push({
      code: 'insecure-test',
      text: `a test with ${display(evidence.insecure, 80)} proves that the endpoint can be reached, and nothing about its certificate; the checked form, with the cluster's ca.crt, is: curl --cacert ca.crt 'https://${display(at, 80)}/version'`,
    });
  }
  if (hasNoCa) {
    notes.push({
      code: 'no-ca-given',
      text: 'openssl was given no CA, so its verify errors mean nothing; add -CAfile ca.crt',
    });
  }
  if (evidence.privateKey) {
    notes.push({
      code: 'private-key',
      text: 'the text holds a private key: treat that key as exposed and replace it',
    });
  }
  if (evidence.overlong) {
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
  return notes;
}

function refusalNotes({ names }: Case): Note[] {
  return names.flatMap(({ refusal, value }) =>
    refusal === undefined
      ? []
      : [{ code: 'refused-name', text: sanRefusalSentence({ code: refusal, input: value }) } as const],
  );
}
