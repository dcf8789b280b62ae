/** The shape of each finding in the JSON of `inspect`: its code decides what its `args` hold. For documents and tests only. */
import { z } from 'zod';
import { accessPaths } from '../model/access-path.ts';
import type { FindingArgs, FindingCode } from '../model/finding.ts';
import { reachTroubles } from '../model/trouble.ts';

const text = z.string();
const texts = z.array(text);
const whole = z.int();
const dated = z.object({ what: text, notAfter: text });
const atPath = z.object({ path: text });
const names = z.object({ names: texts });

/** The compiler asks for a new code here. */
const args = {
  'san-missing': z.object({
    names: texts,
    affected: z.array(z.enum(accessPaths)).describe('who is known to dial these names, and fails'),
    wantedBy: texts,
    notInConfig: texts
      .optional()
      .describe(
        'of the names those that a certificate made by kubeadm-config as it is would lack again; absent where that could not be read',
      ),
  }),
  'not-reloaded': z.object({ onDisk: text, served: text, names: texts }),
  'one-backend-stale': z.object({ names: texts, stale: texts }),
  'config-drift': names,
  'inventory-drift': names,
  intercepted: z.object({
    endpoint: text,
    from: text,
    way: text,
    issuer: text,
    subject: text,
    proxy: text.optional(),
    genuineFrom: texts.describe("places that were shown the cluster's own certificate"),
    trustedBy: texts.optional(),
    isByLooks: z.boolean().optional().describe('there was no CA of the cluster to compare with'),
    mayBeOther: z
      .boolean()
      .optional()
      .describe('its certificate is not for what was dialled: another server may stand there'),
  }),
  'proxy-cannot-reach-upstream': z.object({
    endpoint: text,
    proxy: text.optional(),
    status: whole.optional(),
    server: text.optional(),
    firstLine: text,
  }),
  'wrong-endpoint': z.object({
    endpoint: text,
    subject: text,
    issuer: text,
    names: texts.optional().describe('the hosts that its certificate is for, where that is how it was told'),
  }),
  'stale-ca': atPath,
  'insecure-kubeconfig': atPath,
  expired: dated,
  expiring: dated.extend({ days: whole }),
  'not-yet-valid': z.object({ what: text, notBefore: text }),
  'clock-skew': z.object({ seconds: z.number() }),
  'ca-key-absent': atPath,
  'ca-mismatch': atPath,
  'pair-mismatch': z.object({ certificate: text, key: text }),
  'certificate-unreadable': z.object({ path: text, why: text }),
  'unusual-path': z.object({ what: text, path: text }),
  'stray-manifest': z.object({ file: text }),
  'foreign-address': z.object({ address: text, addresses: texts }),
  'wrong-default-route': z.object({ advertise: text, defaultRoute: text }),
  'service-range-overlaps-nodes': z.object({ range: text, addresses: texts }),
  'vip-bootstrap-loop': z.object({ address: text, service: text }),
  'stale-upstream': z.object({ kind: text, path: text, gone: texts, absent: texts }),
  'stale-endpoints': z.object({ gone: texts, absent: texts }),
  'port-forwarded': z.object({ port: whole, rule: text }),
  'wrong-certificate': z.object({ why: text }),
  'sni-certificate': z.object({ path: text, names: texts }),
  'garbage-name': names,
  'address-as-dns-name': names,
  'unsupported-names': names,
  'certificate-per-node-differs': z.object({ name: text, has: texts, lacks: texts }),
  'weak-algorithm': z.object({ algorithm: text }),
  'outlives-ca': z.object({ notAfter: text, caNotAfter: text }),
  'unfinished-run': z.object({ run: text }),
  'other-tool': z.object({ distribution: text, evidence: text, howTo: text }),
  'api-unread': z.object({ what: texts, why: text }),
  'not-read': z.object({ code: z.enum(reachTroubles), message: text, hint: text }),
  'partly-read': z.object({ what: text, why: text }),
  'no-control-plane': z.object({
    kind: z.enum(['worker', 'nothing']).describe('what the machine is instead: a worker, or no node at all'),
    dials: texts.optional().describe("where a worker's kubelet finds the API"),
  }),
  'manifest-gone': z.object({ folder: text, evidence: text }),
  'endpoint-unreachable': z.object({ endpoint: text, from: text, trouble: text }),
  'path-not-proven': z.object({ endpoint: text, trouble: text }),
  'control-plane-not-inspected': names,
  'kubeadm-config-fault': z.object({ path: text, line: whole, column: whole, fault: text }),
  'kubeadm-missing': z.object({}),
  'host-key-added': z.object({ fingerprint: text }),
} as const satisfies { readonly [Code in FindingCode]: z.ZodType<Plain<FindingArgs[Code]>> };

/** As zod sees it: nothing is read-only, and what is optional may be undefined. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> | (undefined extends T[Key] ? undefined : never) }
    : T;

export const findingCodes = Object.keys(args) as FindingCode[];

const common = {
  severity: z
    .enum(['error', 'warning', 'info'])
    .describe('error: broken now; warning: the next join, renewal or restart breaks it'),
  node: text.optional().describe('absent for the cluster as a whole, and for where the run stood'),
  message: text.describe('one sentence, with its names raw'),
  toDo: text,
};

const [first, ...others] = findingCodes.map((code) =>
  z.object({ code: z.literal(code), ...common, args: args[code] }),
);
if (first === undefined) throw new Error('there is no finding');

export const finding = z
  .discriminatedUnion('code', [first, ...others])
  .describe('something to know or to do; later versions add codes');
