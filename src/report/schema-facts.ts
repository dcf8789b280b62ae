/** The shape of the facts in the JSON of `inspect`: what was read, from which nothing was concluded yet. For documents and tests only. */
import { z } from 'zod';
import { certificateRefusalCodes } from '../model/certificate-refusal.ts';
import { probeTroubles } from '../model/probe.ts';
import { reachTroubles } from '../model/trouble.ts';

const text = z.string();
const texts = z.array(text);
const whole = z.int();
const when = text.describe('2026-11-21T06:00:00Z');
const fingerprints = z.array(text).describe('SHA-256, lower-case hex');
const unread = z
  .array(z.object({ what: text, why: text }))
  .describe('what could not be read: unknown, not absent');

export const san = z
  .object({ type: z.enum(['dns', 'ip']), value: text })
  .describe('canonical, and hostile all the same: anybody may have written it');

const foundName = z.union([
  san,
  z.object({ type: z.enum(['uri', 'email', 'other']), value: text }),
  z.object({ type: z.literal('malformed'), of: z.enum(['dns', 'ip', 'uri', 'email']), value: text }),
]);

const certificate = z.object({
  version: whole,
  subject: text,
  issuer: text,
  serial: text,
  fingerprint: text,
  notBefore: when,
  notAfter: when,
  key: z.union([
    z.object({ type: z.literal('rsa'), bits: whole }),
    z.object({ type: z.literal('ec'), curve: text }),
    z.object({ type: z.literal('other'), algorithm: text }),
  ]),
  keyFingerprint: text,
  signatureAlgorithm: text,
  extendedKeyUsage: texts,
  isCa: z.boolean(),
  names: z.array(foundName),
  der: text.describe('base64'),
});

const reading = z.union([
  z.object({
    ok: z.literal(true),
    certificates: z.tuple([certificate], certificate),
    notes: z.array(z.enum(['bundle', 'reversed', 'leading-text', 'other-blocks'])),
  }),
  z.object({
    ok: z.literal(false),
    refusal: z.object({ code: z.enum(certificateRefusalCodes), position: whole.optional() }),
  }),
]);

const file = z.object({
  path: text,
  realPath: text,
  owner: text,
  group: text,
  mode: text,
  label: text.optional(),
  acl: texts.optional(),
});
const certificateFile = z.object({ path: text, file: file.optional(), reading: reading.optional() });
const keyFile = z
  .object({ path: text, file: file.optional(), keyFingerprint: text.optional() })
  .describe('never the key: the digest of its public half');
const folder = z.object({
  path: text,
  realPath: text,
  freeBytes: z.number(),
  freeInodes: z.number(),
  isReadOnly: z.boolean(),
  fileSystem: text,
});

const answer = z.object({
  status: whole,
  server: text.optional(),
  firstLine: text,
  gitVersion: text.optional(),
  isKubernetes: z.boolean().optional(),
});
const trouble = { trouble: z.enum(probeTroubles), detail: text };

export const probe = z.object({
  from: text.describe('`here`, what --with brought, or a node'),
  way: z.enum(['direct', 'proxy', 'ssh']),
  proxy: text.optional(),
  host: text,
  port: whole,
  serverName: text.optional().describe('sent as SNI'),
  at: when,
  milliseconds: z.number(),
  result: z.union([
    z.object({
      state: z.literal('served'),
      chain: z.array(certificate),
      isTrusted: z.boolean().optional(),
      chainFault: text.optional(),
      protocol: text,
      answer: answer.optional(),
      health: z
        .object({ status: whole.optional(), failing: texts })
        .optional()
        .describe('what /readyz said, etcd included; without a status it said nothing in time'),
      noAnswer: z.object(trouble).optional(),
    }),
    z.object({ state: z.literal('failed'), ...trouble, answer: answer.optional() }),
  ]),
});

const endpoint = z.object({ host: text, port: whole });
const listening = z.object({ address: text, port: whole, process: text.optional() });

const apiserver = z.object({
  manifest: text,
  image: text.optional(),
  flags: z.record(text, texts),
  notInEffect: texts.optional(),
  advertiseAddress: text.optional(),
  securePort: whole,
  bindAddress: text.optional(),
  serviceRanges: texts,
  certificatePath: text,
  keyPath: text,
  runAsUser: whole.optional(),
});

const kubeconfig = z.object({
  path: text,
  servers: texts,
  caFingerprints: fingerprints,
  tlsServerName: text.optional(),
  skipsVerification: z.boolean().optional(),
  clientCertificate: z.object({ subject: text, notAfter: when }).optional(),
});

const nodeFacts = z.object({
  node: text,
  clockSkewSeconds: z.number(),
  system: z.object({
    hostname: text,
    bootId: text.optional(),
    uid: whole,
    initIsSystemd: z.boolean(),
    addresses: texts,
    defaultRouteAddress: text.optional(),
    listening: z
      .array(listening)
      .describe('on the port of the API server, and on those of load balancers and what is behind them'),
    firewall: texts,
    runtime: text.optional(),
    selinux: text.optional(),
  }),
  nodeName: text.optional(),
  kubelet: z.object({ certificate: reading.optional() }).optional(),
  kubeadm: z
    .object({ path: text, version: text, isOddPath: z.boolean(), realPath: text.optional() })
    .optional(),
  apiserver: apiserver.optional(),
  certificate: certificateFile.optional(),
  key: keyFile.optional(),
  ca: certificateFile.optional(),
  caKey: keyFile.optional(),
  sniCertificates: z.array(z.object({ names: texts, file: certificateFile })),
  pkiFolder: folder.optional(),
  manifests: folder.optional(),
  strayManifests: texts,
  kubeconfigs: z.array(kubeconfig),
  loadBalancers: z.array(
    z.object({
      kind: z.enum(['kube-vip', 'keepalived', 'haproxy', 'nginx']),
      path: text,
      addresses: texts,
      port: whole.optional(),
      backends: z.array(endpoint),
    }),
  ),
  distributions: z.array(z.object({ distribution: text, evidence: text })),
  unfinishedRuns: texts,
  pods: z.array(
    z.object({
      name: text,
      namespace: text,
      pid: whole,
      serviceHost: text.optional(),
      servicePort: text.optional(),
    }),
  ),
  unread,
});

const target = z.union([
  z.object({ via: z.literal('ssh'), host: text, port: whole.optional(), user: text.optional() }),
  z.object({ via: z.literal('docker'), container: text }),
  z.object({ via: z.literal('local') }),
]);

export const readNode = z.object({
  node: z.object({
    name: text,
    role: z.enum(['control-plane', 'worker']),
    target,
    source: z.enum(['flag', 'kubeconfig', 'inventory', 'config']),
  }),
  connection: z
    .object({
      transport: text,
      user: text.optional(),
      hostKeyFingerprint: text.optional(),
      hostKeyAdded: z.boolean().optional(),
      through: texts,
    })
    .optional(),
  result: z.union([
    z.object({ state: z.literal('read'), facts: nodeFacts }),
    z.object({
      state: z.literal('unread'),
      trouble: z.object({
        code: z.enum(reachTroubles),
        message: text,
        hint: text,
        retryable: z.boolean(),
      }),
    }),
  ]),
});
