/** What the API and whoever answers on a port say: JSON, HTTP, DNS. */
import { apiFacts, readAnswers, splitAnswers } from '../../src/inspect/api/api-facts.ts';
import { apiQuestions, type ApiAnswers } from '../../src/inspect/api/questions.ts';
import { healthAnswer, readHead, summarize } from '../../src/inspect/probe/http-answer.ts';
import { ProbeError } from '../../src/inspect/probe/probe-error.ts';
import { encodeQuestion, readDig, readHex } from '../../src/inspect/verify/dns.ts';
import { crashLoopsIn } from '../../src/inspect/verify/cluster-facts.ts';
import { hoursOf } from '../../src/plan/validity.ts';
import { canonicalIp } from '../../src/model/ip.ts';
import { isIP } from 'node:net';
import { must, type Parser } from './parser.ts';

const objects: readonly unknown[] = [
  {
    metadata: { resourceVersion: '1' },
    data: {
      ClusterConfiguration: 'kind: ClusterConfiguration\napiServer: {certSANs: [a]}\n',
      'kubeconfig.conf': 'clusters: [{cluster: {server: https://10.0.0.1:6443}}]\n',
      kubeconfig: 'clusters: []\n',
    },
  },
  {
    spec: { clusterIPs: ['10.96.0.1', 'fd00::1'], ports: [{ name: 'https', port: 443 }] },
    status: { loadBalancer: { ingress: [{ ip: '10.0.0.9' }, { hostname: 'a.example' }] } },
  },
  {
    items: [
      {
        metadata: { name: 'cp1', namespace: 'x' },
        spec: { type: 'LoadBalancer', ports: [{ port: 443, targetPort: 6443 }], externalIPs: ['10.0.0.8'] },
        status: {
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [
            { restartCount: 9, state: { waiting: { reason: 'CrashLoopBackOff', message: 'x509' } } },
          ],
        },
        ports: [{ name: 'https', port: 6443 }],
        endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      },
    ],
  },
  { gitVersion: 'v1.34.4' },
];
const header = Buffer.from('5a1781800001000200000000', 'hex');
const question = encodeQuestion('kubernetes.default.svc.cluster.local', 'A').subarray(12);
const answer = Buffer.from(
  'c00c000100010000001e00040a600001c00c001c00010000001e0010fd000000000000000000000000000001',
  'hex',
);
const dig = ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\nkubernetes.\t30\tIN\tA\t10.96.0.1\n';

export const clusterParsers: readonly Parser[] = [
  {
    name: 'objects of the API',
    seeds: objects.map((one) => JSON.stringify(one)),
    pieces: [
      '{',
      '}',
      '[',
      ']',
      '"items":',
      '"data":',
      '"ClusterConfiguration":',
      '"spec":',
      '"__proto__":',
      'null',
      '1',
      '"x"',
      ',',
    ],
    inputs: 8000,
    read: (bytes) => {
      const answers = Object.fromEntries(apiQuestions.map((one) => [one, { ok: true, bytes }])) as ApiAnswers;
      const facts = apiFacts({ readThrough: 'cp1', apiPort: 6443, answers });
      must(JSON.stringify(facts) !== '', 'facts that are no value');
      crashLoopsIn(parsed(bytes));
    },
  },
  {
    name: 'answers of kubectl',
    seeds: [
      `${objects.map((one, at) => `${JSON.stringify(one)}\n#${apiQuestions[at]}\t0\t\n`).join('')}\n#service\t1\tError from server\n`,
    ],
    pieces: ['\n#version\t0\t\n', '\n#service\t1\tx\n', '{}', '\n#', '\t', '0'],
    inputs: 6000,
    largest: 1_000_000,
    read: (bytes) => {
      for (const [, one] of splitAnswers(bytes))
        must(!one.ok || one.bytes.length <= bytes.length, 'more than was said');
      apiFacts({ readThrough: 'cp1', apiPort: 6443, answers: readAnswers(bytes) });
    },
  },
  {
    name: 'HTTP',
    seeds: [
      'HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n{"kind":"Status","apiVersion":"v1","message":"no"}',
    ],
    pieces: [
      'HTTP/1.1 ',
      '200',
      ' OK',
      '\r\n',
      'Content-Length: ',
      'Transfer-Encoding: chunked',
      '99999999999',
      '0\r\n\r\n',
      'ffffffff\r\n',
      'a: ',
      ' ',
      '{"kind":"Status"}',
      'HTTP/1.1 100 x\r\n\r\n',
    ],
    inputs: 8000,
    largest: 200_000,
    read: (bytes) => {
      try {
        const head = readHead(bytes);
        if (head !== undefined) {
          const { firstLine } = summarize(head, bytes.subarray(head.length).toString('utf8'), ['s3cret']);
          must(firstLine.length <= 200, 'a first line without end');
          must(!firstLine.includes('s3cret'), 'a secret is repeated');
        }
        healthAnswer()(bytes, true);
      } catch (error) {
        if (!(error instanceof ProbeError)) throw error;
      }
    },
  },
  {
    name: 'DNS',
    seeds: [Buffer.concat([header, question, answer]), dig],
    pieces: [
      '\u00c0\u000c',
      '\0\u0001',
      '\0\u001c',
      '\0\0\0\u001e',
      '\0\u0004',
      '\u003f',
      'status: NOERROR',
      'IN A ',
      '10.0.0.1',
    ],
    inputs: 12_000,
    read: (bytes) => {
      for (const reading of [
        readHex(bytes.toString('hex')),
        readHex(bytes.toString('latin1')),
        readDig(bytes.toString('utf8')),
      ])
        if (reading.state === 'answered')
          for (const one of reading.addresses)
            must(isIP(one) !== 0 && canonicalIp(one) === one, `no address: ${one}`);
    },
  },
  {
    name: 'durations',
    seeds: ['8760h0m0s', '1h', '-1h', '1.5h'],
    pieces: ['1', 'h', 'm', 's', 'ms', 'us', 'µs', 'ns', '.', '-', '+', '9'],
    inputs: 6000,
    read: (bytes) => {
      const hours = hoursOf(bytes.toString('utf8'));
      must(hours === undefined || Number.isFinite(hours), 'hours that are no number');
    },
  },
];

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
