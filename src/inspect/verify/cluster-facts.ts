/** What the API tells of a pod's way to it: the DNS Service, the CA that pods get, and the pods that crash. */
import { type Certificate, readCertificates } from '../../model/certificate.ts';
import { canonicalIp } from '../../model/ip.ts';
import type { ApiGet } from '../../model/kubeconfig.ts';
import { probeNamespace, probePrefix } from '../../model/probe-pod.ts';
import type { CrashLoop } from '../../model/verification.ts';
import type { Reply } from '../../reach/reader.ts';
import { splitAnswers } from '../api/api-facts.ts';
import { parseObject } from '../api/objects.ts';
import type { ApiAnswer } from '../api/questions.ts';
import { nodeReply } from '../node/frames-of.ts';
import { parseRows } from '../node/texts.ts';
import { at, listAt, numberAt, textAt } from '../yaml.ts';
import { type ClusterQuestion, clusterPaths, mostPages, mostSeconds, podsOfPage } from './cluster-script.ts';

export interface ClusterView {
  readonly dns?: { readonly services: readonly string[]; readonly endpoints: readonly string[] };
  /** By namespace: kube-root-ca.crt, which every pod of it has mounted. */
  readonly rootCas: ReadonlyMap<string, readonly Certificate[]>;
  readonly crashLoops: readonly CrashLoop[];
  /** How many pods were looked through for those that crash, where there are more. */
  readonly podsCutAt?: number;
  /** `kube-system/fix-sans-probe-…`, where they were asked for. */
  readonly probePods: readonly string[];
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

type Answers = ReadonlyMap<string, ApiAnswer>;

export function clusterViewOf(reply: Reply): ClusterView {
  const node = nodeReply(reply);
  const told = parseRows(node.text('unread'), 2)
    .filter(([what]) => what === 'api')
    .map(([what = '', why = '']) => ({ what, why }));
  const answers = new Map([...splitAnswers(node.bytes('api')), ...splitAnswers(node.bytes('pods'))]);
  const rows = parseRows(node.text('pods'), 6);
  const marks = rows.filter((row) => row.length === 2).map(([mark]) => mark);
  const pages = marks.filter((mark) => mark === '+page').length + 1;
  const isCut = marks.filter((mark) => mark === '+more').length >= pages;
  const [first] = told;
  if (first !== undefined)
    return {
      rootCas: new Map(),
      crashLoops: [],
      probePods: [],
      unread: [{ what: 'the API', why: first.why }],
    };
  const view = viewOf(answers, rows.flatMap(crashRow), isCut ? pages * podsOfPage : undefined);
  const [probes] = splitAnswers(node.bytes('probe-pods')).values();
  if (probes === undefined) return view;
  return probes.ok
    ? { ...view, probePods: probePodsIn(probes) }
    : { ...view, unread: [...view.unread, { what: 'pods of earlier runs', why: probes.why.slice(0, 300) }] };
}

/** Their names, one a line. */
function probePodsIn(answer: Extract<ApiAnswer, { ok: true }>): readonly string[] {
  const names = Buffer.from(answer.bytes).toString('latin1').split('\n');
  return [...new Set(names.filter((name) => name.startsWith(probePrefix)))].map(
    (name) => `${probeNamespace}/${name}`,
  );
}

export async function clusterViewFromHere(get: ApiGet): Promise<ClusterView> {
  const questions = Object.keys(clusterPaths) as ClusterQuestion[];
  const answers: Answers = new Map(
    await Promise.all(
      questions.map(async (question): Promise<[string, ApiAnswer]> => {
        try {
          const { status, bytes } = await get(clusterPaths[question]);
          if (status >= 200 && status < 300) return [question, { ok: true, bytes }];
          const why = textAt(parseObject(bytes), 'message') ?? `the API answered with status ${status}`;
          return [question, { ok: false, why }];
        } catch (error) {
          return [question, { ok: false, why: (error as Error).message }];
        }
      }),
    ),
  );
  const { crashLoops, pages, isCut } = await furtherPods(get, answers.get('pods'));
  return viewOf(answers, crashLoops, isCut ? pages * podsOfPage : undefined);
}

async function furtherPods(get: ApiGet, first: ApiAnswer | undefined) {
  const until = performance.now() + mostSeconds * 1000;
  const crashLoops: CrashLoop[] = [];
  let page = first?.ok === true ? parseObject(first.bytes) : undefined;
  for (let pages = 1; ; pages += 1) {
    crashLoops.push(...crashLoopsIn(page));
    const token = textAt(page, 'metadata', 'continue') ?? '';
    if (token === '') return { crashLoops, pages, isCut: false };
    if (pages === mostPages || performance.now() > until || !/^[\w-]{1,4000}$/.test(token))
      return { crashLoops, pages, isCut: true };
    const { status, bytes } = await get(`${clusterPaths.pods}&continue=${token}`).catch(() => nothing);
    if (status !== 200) return { crashLoops, pages, isCut: true };
    page = parseObject(bytes);
  }
}

const nothing = { status: 0, bytes: new Uint8Array() } as const;

function viewOf(
  answers: Answers,
  crashLoops: readonly CrashLoop[],
  podsCutAt: number | undefined,
): ClusterView {
  const unread: { what: string; why: string }[] = [];
  const objects = new Map<ClusterQuestion, unknown>();
  for (const question of Object.keys(clusterPaths) as ClusterQuestion[]) {
    const answer = answers.get(question);
    if (answer?.ok === true) objects.set(question, parseObject(answer.bytes));
    else unread.push({ what: question, why: (answer?.why ?? 'it was not asked').slice(0, 300) });
  }
  const services = listAt(objects.get('dns-service'), 'items').flatMap(addressesOf);
  const endpoints = listAt(objects.get('dns-slices'), 'items').flatMap(readyEndpoints);
  const isKnown = objects.has('dns-service') && objects.has('dns-slices');
  const rootCas = new Map<string, readonly Certificate[]>();
  for (const map of listAt(objects.get('root-cas'), 'items')) {
    const reading = readCertificates(Buffer.from(textAt(map, 'data', 'ca.crt') ?? ''));
    const namespace = textAt(map, 'metadata', 'namespace');
    if (namespace !== undefined && textAt(map, 'metadata', 'name') === 'kube-root-ca.crt' && reading.ok)
      rootCas.set(namespace, reading.certificates);
  }
  return {
    ...(isKnown ? { dns: { services: [...new Set(services)], endpoints: [...new Set(endpoints)] } } : {}),
    rootCas,
    crashLoops,
    ...(podsCutAt === undefined ? {} : { podsCutAt }),
    probePods: [],
    unread,
  };
}

function addressesOf(service: unknown): readonly string[] {
  const all = [...listAt(service, 'spec', 'clusterIPs'), at(service, 'spec', 'clusterIP')];
  return all.flatMap((one) => (typeof one === 'string' ? (canonicalIp(one) ?? []) : []));
}

function readyEndpoints(slice: unknown): readonly string[] {
  return listAt(slice, 'endpoints')
    .filter((endpoint) => at(endpoint, 'conditions', 'ready') !== false)
    .flatMap((endpoint) => listAt(endpoint, 'addresses'))
    .flatMap((one) => (typeof one === 'string' ? (canonicalIp(one) ?? []) : []));
}

function crashRow(row: readonly string[]): readonly CrashLoop[] {
  const [namespace = '', pod = '', node = '', container = '', restarts = '', backOff = ''] = row;
  if (row.length !== 6 || pod === '' || !/^\d{1,9}$/.test(restarts)) return [];
  return [
    {
      namespace,
      pod,
      node,
      container,
      restarts: Number(restarts),
      ...(backOff === '' ? {} : { backOff }),
    },
  ];
}

export function crashLoopsIn(list: unknown): readonly CrashLoop[] {
  return listAt(list, 'items').flatMap((pod) =>
    [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')]
      .filter((status) => textAt(status, 'state', 'waiting', 'reason') === 'CrashLoopBackOff')
      .map((status): CrashLoop => {
        const message = textAt(status, 'state', 'waiting', 'message') ?? '';
        const [, backOff] = /^back-off ([0-9a-z.]+)/.exec(message) ?? [];
        return {
          namespace: textAt(pod, 'metadata', 'namespace') ?? '',
          pod: textAt(pod, 'metadata', 'name') ?? '',
          node: textAt(pod, 'spec', 'nodeName') ?? '',
          container: textAt(status, 'name') ?? '',
          restarts: numberAt(status, 'restartCount') ?? 0,
          ...(backOff === undefined ? {} : { backOff }),
        };
      }),
  );
}
