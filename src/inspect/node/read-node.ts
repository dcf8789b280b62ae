/** One exec on a node, and from its reply everything that inspection knows of the node and, on a control plane, of the API. */
import type { ApiFacts } from '../../model/api-facts.ts';
import type { ApiserverFacts, LoadBalancerFacts, NodeFacts } from '../../model/node-facts.ts';
import type { NodeReader, Reply } from '../../reach/reader.ts';
import { apiFacts, readAnswers } from '../api/api-facts.ts';
import { factsQuery } from './facts-script.ts';
import { type NodeFiles, nodeFiles } from './files.ts';
import { nodeReply, type NodeReply } from './frames-of.ts';
import { type KubeconfigReading, parseKubeconfig } from './kubeconfig.ts';
import { parseHaproxy, parseKeepalived, parseKubeVip, parseNginx } from './load-balancers.ts';
import {
  apiserverFacts,
  hostPath,
  type ManifestReading,
  parseManifest,
  type StaticPod,
  strayManifests,
} from './manifest.ts';
import { distributionsOf, kubeadmOf, podsOf, skewOf, type Span, systemOf } from './system.ts';
import { parseFields, parseRows } from './texts.ts';

export interface NodeReading {
  readonly facts: NodeFacts;
  /** Undefined where nobody asked it: no control plane, no kubectl, no admin.conf. Then `facts.unread` says why. */
  readonly api?: ApiFacts;
}

export interface ReadNodeOptions {
  /** False spares the cluster the questions: one control plane's answers are enough where there are hundreds. */
  readonly asksApi?: boolean;
  readonly asksForWorkers?: boolean;
}

/** Rejects with ReachError where the node could not be read at all; everything less is a row of `unread`. */
export async function readNode(reader: NodeReader, options: ReadNodeOptions = {}): Promise<NodeReading> {
  const { asksApi = true, asksForWorkers = true } = options;
  const asked = Date.now();
  const reply = await reader.query(factsQuery, {
    ...(!asksApi && { api: 'no' }),
    ...(!asksForWorkers && { workers: 'no' }),
  });
  return readReply(reader.node.name, reply, { asked, answered: Date.now() });
}

/** The script sends no more of the API server's words. */
const mostWords = 400;

type Unread = NodeFacts['unread'][number];

export function readReply(node: string, answer: Reply, span: Span): NodeReading {
  const reply = nodeReply(answer);
  const files = nodeFiles(reply);
  const fields = parseFields(reply.text('system'));
  const unread: Unread[] = parseRows(reply.text('unread'), 2).map(([what = '', why = '']) => ({ what, why }));
  for (const name of ['system', 'files', 'unread', 'ended'])
    if (!reply.has(name)) unread.push({ what: name, why: 'the script did not tell' });

  for (const { path, remarks } of files.texts) {
    if (remarks.includes('too-large')) unread.push({ what: path, why: 'larger than 256 KiB' });
    if (remarks.includes('long-line')) unread.push({ what: path, why: 'it has a line of more than 64 KiB' });
  }
  if (files.isCut) unread.push({ what: 'files', why: 'the node sent more of them than it was asked for' });
  const skew = skewOf(reply, span);
  if (skew === undefined) unread.push({ what: 'clock', why: 'the node tells no time' });
  const manifests = files.texts
    .filter(({ kind }) => kind === 'manifest')
    .map((file) => ({ path: file.path, reading: parseManifest(file) }));
  const manifest = fields.get('manifest');
  const pod = podAt(manifest, manifests);
  if (manifest !== undefined && pod === undefined)
    unread.push({ what: manifest, why: faultOf(manifest, manifests) });
  const apiserver =
    manifest === undefined || pod === undefined
      ? undefined
      : apiserverFacts(
          manifest,
          pod,
          reply.has('process') ? reply.text('process').split('\n', mostWords) : undefined,
        );
  const kubeconfigs = files.texts
    .filter(({ kind }) => kind === 'kubeconfig')
    .map((file) => parseKubeconfig(file, files.certificatesAt));
  for (const { facts, faults } of kubeconfigs)
    for (const why of faults) unread.push({ what: facts.path, why });

  const facts: NodeFacts = {
    node,
    clockSkewSeconds: skew ?? 0,
    system: systemOf(reply),
    ...kubeletOf(files, clientOf(kubeconfigs, fields.get('kubelet-kubeconfig'))),
    ...optional('kubeadm', kubeadmOf(reply)),
    ...(apiserver && { apiserver }),
    ...pairOf(reply, files, unread, apiserver, pod),
    ...optional('manifests', files.folder(fields.get('static-pods') ?? '')),
    strayManifests: strayManifests(manifests),
    kubeconfigs: kubeconfigs.map((one) => one.facts),
    loadBalancers: balancersOf(files, manifests),
    distributions: distributionsOf(reply),
    unfinishedRuns: reply
      .text('runs')
      .split('\n')
      .filter((run) => run !== ''),
    pods: podsOf(reply),
    unread,
  };
  const api = apiOf(reply, node, apiserver);
  return { facts, ...(api && { api }) };
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<Key, Value>>);
}

interface Manifest {
  readonly path: string;
  readonly reading: ManifestReading;
}

function podAt(path: string | undefined, manifests: readonly Manifest[]): StaticPod | undefined {
  const reading = manifests.find((one) => one.path === path)?.reading;
  return reading?.ok ? reading.pod : undefined;
}

function faultOf(path: string, manifests: readonly Manifest[]): string {
  const reading = manifests.find((one) => one.path === path)?.reading;
  return reading && !reading.ok ? reading.fault : 'it was not read';
}

/** The subject is `O=system:nodes, CN=system:node:NAME`: of the certificate that kubelet renews, or failing that of the one in its kubeconfig. */
function kubeletOf(
  files: NodeFiles,
  inKubeconfig: string | undefined,
): Pick<NodeFacts, 'nodeName' | 'kubelet'> {
  const { reading } = files.certificateFile('/var/lib/kubelet/pki/kubelet-client-current.pem');
  const subject = reading?.ok === true ? reading.certificates[0].subject : inKubeconfig;
  const [, nodeName] = /\bCN=system:node:([^,]+)$/.exec(subject ?? '') ?? [];
  return {
    ...(reading && { kubelet: { certificate: reading } }),
    ...(nodeName !== undefined && { nodeName }),
  };
}

function clientOf(
  kubeconfigs: readonly KubeconfigReading[],
  path = '/etc/kubernetes/kubelet.conf',
): string | undefined {
  return kubeconfigs.find(({ facts }) => facts.path === path)?.facts.clientCertificate?.subject;
}

/** What the script took for the pair must be what the manifest means; else it is said, and the wrong files are not passed off. */
function pairOf(
  reply: NodeReply,
  files: NodeFiles,
  unread: Unread[],
  apiserver: ApiserverFacts | undefined,
  pod: StaticPod | undefined,
): Pick<NodeFacts, 'certificate' | 'key' | 'ca' | 'caKey' | 'sniCertificates' | 'pkiFolder'> {
  const fields = parseFields(reply.text('system'));
  const ca = fields.get('ca') ?? '';
  const caFiles = ca === '' ? {} : { ca: files.certificateFile(ca) };
  if (apiserver === undefined || pod === undefined) return { sniCertificates: [], ...caFiles };
  const isMeant = (field: string, path: string): boolean => {
    const onNode = hostPath(path, pod.mounts);
    if (fields.get(field) === path && (onNode ?? path) === path) return true;
    const where = onNode === undefined || onNode === path ? path : `${onNode}, as ${path} in the container`;
    unread.push({ what: field, why: `the API server has it at ${where}, which was not read` });
    return false;
  };
  const { certificatePath, keyPath } = apiserver;
  const caKey = `${ca.replace(/\.crt$/, '')}.key`;
  return {
    ...(isMeant('certificate', certificatePath) && { certificate: files.certificateFile(certificatePath) }),
    ...(isMeant('key', keyPath) && { key: files.keyFile(keyPath) }),
    ...caFiles,
    ...(ca !== '' && { caKey: files.keyFile(caKey) }),
    sniCertificates: (apiserver.flags['tls-sni-cert-key'] ?? []).map((value) => {
      const [, path = '', names = ''] = /^([^,:]*),?[^:]*:?(.*)$/.exec(value) ?? [];
      return { names: names.split(',').filter((name) => name !== ''), file: files.certificateFile(path) };
    }),
    ...optional('pkiFolder', files.folder(certificatePath.replace(/\/[^/]*$/, ''))),
  };
}

function balancersOf(files: NodeFiles, manifests: readonly Manifest[]): readonly LoadBalancerFacts[] {
  const parsers = { nginx: parseNginx, haproxy: parseHaproxy, keepalived: parseKeepalived };
  return [
    ...files.texts.flatMap(({ kind, path, lines }) =>
      kind === 'nginx' || kind === 'haproxy' || kind === 'keepalived' ? parsers[kind](path, lines) : [],
    ),
    ...manifests.flatMap(({ path, reading }) => (reading.ok ? parseKubeVip(path, reading.pod) : [])),
  ];
}

function apiOf(reply: NodeReply, node: string, apiserver: ApiserverFacts | undefined): ApiFacts | undefined {
  const frames = ['api-cluster', 'api-configuration', 'api-nodes'].filter((name) => reply.has(name));
  if (frames.length === 0) return undefined;
  const answers = Object.assign({}, ...frames.map((name) => readAnswers(reply.bytes(name)))) as ReturnType<
    typeof readAnswers
  >;
  return apiFacts({ readThrough: node, apiPort: apiserver?.securePort ?? 6443, answers });
}
