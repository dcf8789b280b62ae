/** From the reply of one node to dials, pods and answers of the DNS: what was seen, nothing concluded. */
import { type Certificate, readCertificates } from '../../model/certificate.ts';
import { canonicalIp } from '../../model/ip.ts';
import type { San } from '../../model/san.ts';
import type { Dial, DialResult, DnsAnswer, Place, PodView } from '../../model/verification.ts';
import type { Reply } from '../../reach/reader.ts';
import { nodeReply } from '../node/frames-of.ts';
import { parseRows } from '../node/texts.ts';
import { dialledAs } from './dial-rows.ts';
import { readDig, readHex } from './dns.ts';
import { type Trust, trustOf } from './trust.ts';

/** A row that the script was given: one name at one address. */
export interface DialRow {
  readonly target: Dial['target'];
  readonly host: string;
  readonly port: number;
  readonly san: San;
}

export interface NodeAsked {
  readonly node: string;
  readonly own: readonly DialRow[];
  readonly service: readonly DialRow[];
  readonly ca: readonly Certificate[];
  /** What lies on this node, which its curl is given. */
  readonly ownCa: readonly Certificate[];
  readonly rootCas: ReadonlyMap<string, readonly Certificate[]>;
  /** Our clock. */
  readonly at: string;
}

export interface NodeSeen {
  readonly by?: 'openssl' | 'curl';
  readonly dials: readonly Dial[];
  readonly pods: readonly PodView[];
  readonly answers: readonly DnsAnswer[];
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

interface RawDial {
  readonly by: string;
  readonly host: string;
  readonly port: string;
  readonly name: string;
  readonly status: string;
  readonly said: string;
}

export function readVerifyReply(reply: Reply, asked: NodeAsked): NodeSeen {
  const { node } = asked;
  const frames = nodeReply(reply);
  const textsOf = (name: string): readonly string[] =>
    reply.frames.filter((frame) => frame.name === name).map(({ bytes }) => Buffer.from(bytes).toString());
  const unread = parseRows(frames.text('unread'), 2).map(([what = '', why = '']) => ({ what, why }));
  const entered = frames.text('entered');
  const pods = textsOf('pod').flatMap((row) => podIn(row, asked, entered, reply, unread));
  const pod = pods.find(({ isEntered }) => isEntered);
  const podCa = pod === undefined ? undefined : caOf(reply, entered, pod.namespace, asked.rootCas);
  const raw = textsOf('dial').map(rawDial);
  const by = frames.text('by');
  const at = (place: Place, who: string, rows: readonly DialRow[]): readonly Dial[] =>
    rows.flatMap((row): readonly Dial[] => {
      const found = raw.find((one) => one.who === who && isFor(one, row));
      if (found === undefined) return [];
      const result = resultOf(found, asked, place.kind === 'pod' ? podCa : undefined);
      return [{ place, ...row, by: by === 'curl' ? 'curl' : 'openssl', result }];
    });
  return {
    ...(by === 'openssl' || by === 'curl' ? { by } : {}),
    dials: [
      ...(by === '' ? [] : at({ kind: 'node', node }, 'node', asked.own)),
      ...(by === '' || pod === undefined
        ? []
        : at({ kind: 'pod', node, namespace: pod.namespace, pod: pod.pod }, 'pod', asked.service)),
    ],
    pods,
    answers: pod === undefined ? [] : textsOf('dns').flatMap((text) => answerIn(text, node, pod)),
    unread,
  };
}

function rawDial(text: string): RawDial & { readonly who: string } {
  const at = text.indexOf('\n');
  const [who = '', by = '', host = '', port = '', name = '', status = ''] = text.slice(0, at).split('\t');
  return { who, by, host, port, name, status, said: text.slice(at + 1) };
}

/** openssl was given the SNI alone, and curl the name. */
function isFor({ by, host, port, name }: RawDial, row: DialRow): boolean {
  if (host !== row.host || port !== String(row.port)) return false;
  if (name === dialledAs(row.san)) return true;
  return by === 'openssl' && row.san.type === 'ip' && (name === '' || canonicalIp(name) !== undefined);
}

function resultOf(
  { by, status, said }: RawDial,
  { ca, ownCa, at }: NodeAsked,
  podCa: readonly Certificate[] | undefined,
): DialResult {
  if (by === 'openssl' && status === '0') {
    const reading = readCertificates(Buffer.from(said));
    if (!reading.ok) return { state: 'failed', trouble: 'failed', detail: 'its certificate cannot be read' };
    const { certificates: chain } = reading;
    return {
      state: 'served',
      chain,
      ...trustOf(chain, ca, at),
      ...(podCa === undefined ? {} : ofPod(trustOf(chain, podCa, at))),
    };
  }
  if (by === 'curl' && status === '0') {
    const keys = new Set(ca.map(({ keyFingerprint }) => keyFingerprint));
    if (ownCa.length > 0 && !ownCa.some(({ keyFingerprint }) => keys.has(keyFingerprint)))
      return { state: 'rejected', detail: 'the CA that this node has is not that of the other nodes' };
    const own = new Set((ownCa.length > 0 ? ownCa : ca).map(({ fingerprint }) => fingerprint));
    return {
      state: 'accepted',
      ...(podCa === undefined
        ? {}
        : { isTrustedByPod: podCa.some(({ fingerprint }) => own.has(fingerprint)) }),
    };
  }
  const detail = firstLine(said);
  if (by === 'curl' && /^curl: \((?:60|51|77|35)\)/.test(said)) return { state: 'rejected', detail };
  return { state: 'failed', trouble: troubleOf(status, said), detail };
}

function ofPod({ isTrusted = false, caOutOfDate }: Trust): Pick<Served, 'isTrustedByPod' | 'caOutOfDate'> {
  return { isTrustedByPod: isTrusted, ...(caOutOfDate === undefined ? {} : { caOutOfDate }) };
}

type Served = Extract<DialResult, { state: 'served' }>;

function troubleOf(status: string, said: string): Extract<DialResult, { state: 'failed' }>['trouble'] {
  if (/refused/i.test(said)) return 'refused';
  if (status === '137' || /timed? ?out/i.test(said)) return 'timeout';
  if (/unreachable|no route/i.test(said)) return 'unreachable';
  if (/reset by peer/i.test(said)) return 'reset';
  return /wrong version number|packet length/i.test(said) ? 'not-tls' : 'failed';
}

function firstLine(said: string): string {
  const line = said
    .split('\n')
    .find((one) => /refused|timed? ?out|unreachable|route|reset|error|curl:/i.test(one));
  return (line ?? said.split('\n')[0] ?? '').trim().slice(0, 200) || 'no answer in time';
}

function podIn(
  row: string,
  { node, rootCas }: NodeAsked,
  entered: string,
  reply: Reply,
  unread: NodeSeen['unread'],
): readonly PodView[] {
  const [pid = '', namespace = '', pod = '', serviceHost = '', servicePort = '', token = ''] =
    row.split('\t');
  if (!/^\d+$/.test(pid)) return [];
  const host = canonicalIp(serviceHost);
  const source = caSource('kubelet', caFile(reply, pid)) ?? caSource('config-map', rootCas.get(namespace));
  const whyNot = unread.find(({ what }) => what === 'pod')?.why;
  return [
    {
      node,
      namespace,
      pod,
      ...(host === undefined ? {} : { serviceHost: host }),
      ...(servicePort === '' ? {} : { servicePort }),
      token: token === 'mounted' || token === 'absent' ? token : 'unknown',
      ...(source === undefined ? {} : { ca: source }),
      isEntered: pid === entered,
      ...(pid === entered ? {} : { whyNot: whyNot ?? 'another pod of this node was entered' }),
    },
  ];
}

function caSource(
  from: NonNullable<PodView['ca']>['from'],
  ca: readonly Certificate[] | undefined,
): PodView['ca'] {
  return ca === undefined ? undefined : { from, fingerprints: ca.map(({ fingerprint }) => fingerprint) };
}

function caFile(reply: Reply, pid: string): readonly Certificate[] | undefined {
  const frame = reply.frames.find(({ name }) => name === `pod-ca-${pid}`);
  const reading = frame === undefined ? undefined : readCertificates(frame.bytes);
  return reading?.ok === true ? reading.certificates : undefined;
}

function caOf(
  reply: Reply,
  pid: string,
  namespace: string,
  rootCas: NodeAsked['rootCas'],
): readonly Certificate[] | undefined {
  return caFile(reply, pid) ?? rootCas.get(namespace);
}

function answerIn(text: string, node: string, { namespace, pod }: PodView): readonly DnsAnswer[] {
  const at = text.indexOf('\n');
  const [role = '', server = '', by = ''] = text.slice(0, at).split('\t');
  if (role !== 'kubelet' && role !== 'service' && role !== 'endpoint') return [];
  const said = text.slice(at + 1).trim();
  return [{ node, namespace, pod, role, server, result: by === 'dig' ? readDig(said) : readHex(said) }];
}
