/** From what the API answered to ApiFacts: what it did not tell is said, and never taken for "not there". */
import type { ApiFacts } from '../../model/api-facts.ts';
import {
  clusterInfoOf,
  endpointsOf,
  kubeadmConfigOf,
  kubeProxyServerOf,
  kubernetesServiceOf,
  loadBalancersOf,
  nodesOf,
  parseObject,
} from './objects.ts';
import { type ApiAnswer, type ApiAnswers, type ApiQuestion, apiQuestions } from './questions.ts';
import { textAt } from '../yaml.ts';

export interface ApiReading {
  /** Node name, or `here`. */
  readonly readThrough: string;
  /** Of the API servers themselves, where load balancers lead; if the EndpointSlices do not tell. */
  readonly apiPort: number;
  readonly answers: ApiAnswers;
}

/** A question without an answer was not asked. */
export function apiFacts({ readThrough, apiPort, answers }: ApiReading): ApiFacts {
  const unread: { what: string; why: string }[] = [];
  const read = <Value>(question: ApiQuestion, understand: (object: unknown) => Value | undefined) => {
    const answer = answers[question];
    if (answer === undefined) return undefined;
    if (!answer.ok) {
      unread.push({ what: question, why: answer.why.slice(0, 300) });
      return undefined;
    }
    const object = parseObject(answer.bytes);
    const value = object === undefined ? undefined : understand(object);
    if (value === undefined) unread.push({ what: question, why: 'its answer is not understood' });
    // A page of 500 is enough for names; that there are more is said.
    else if (textAt(object, 'metadata', 'continue'))
      unread.push({ what: question, why: 'there are more of them than one page holds' });
    return value;
  };
  const endpoints = read('endpoint-slices', endpointsOf);
  const facts = {
    serverVersion: read('version', (object) => textAt(object, 'gitVersion')),
    kubeadmConfig: read('kubeadm-config', kubeadmConfigOf),
    kubeProxyServer: read('kube-proxy', kubeProxyServerOf),
    clusterInfo: read('cluster-info', clusterInfoOf),
    kubernetesService: read('service', kubernetesServiceOf),
    endpoints,
    loadBalancerServices: read('load-balancers', (list) =>
      loadBalancersOf(list, endpoints?.[0]?.port ?? apiPort),
    ),
    controlPlanes: read('control-planes', (list) => {
      const nodes = nodesOf(list);
      // Until 1.20 the label was another one; a cluster without control planes cannot answer.
      return nodes?.length === 0 ? undefined : nodes;
    }),
    workers: read('workers', nodesOf),
  };
  return {
    readThrough,
    ...(Object.fromEntries(
      Object.entries(facts).filter(([, value]) => value !== undefined),
    ) as Partial<ApiFacts>),
    unread,
  };
}

/** A frame of the script: answers one after the other, each behind its status line. The last of a question counts. */
export function readAnswers(bytes: Uint8Array): ApiAnswers {
  const known: ReadonlySet<string> = new Set(apiQuestions);
  return Object.fromEntries([...splitAnswers(bytes)].filter(([question]) => known.has(question)));
}

/** By the names that the script gave to the questions. */
export function splitAnswers(bytes: Uint8Array): ReadonlyMap<string, ApiAnswer> {
  const answers = new Map<string, ApiAnswer>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // One character a byte, so that positions are those of the bytes.
  const text = buffer.toString('latin1');
  const status = /\n#([a-z-]+)\t(\d{1,3})\t([^\n]*)\n/g;
  let from = 0;
  for (const found of text.matchAll(status)) {
    const [, name = '', code, said = ''] = found;
    const why = Buffer.from(said, 'latin1').toString('utf8').trim();
    answers.set(
      name,
      code === '0'
        ? { ok: true, bytes: buffer.subarray(from, found.index) }
        : { ok: false, why: why === '' ? `kubectl ended with ${code}` : why },
    );
    from = found.index + found[0].length;
  }
  return answers;
}
