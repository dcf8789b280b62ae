/** What of an inspection is the same for every cluster made from one configuration: the golden files hold this, to be read by people. */
import type { Certificate } from '../../src/model/certificate.ts';
import type { ReadNode } from '../../src/model/cluster-facts.ts';
import type { Inspection, NameRow } from '../../src/model/inspection.ts';
import { formatTarget } from '../../src/model/node.ts';
import type { CertificateFile, FileFacts, KeyFile, NodeFacts } from '../../src/model/node-facts.ts';
import type { Probe } from '../../src/model/probe.ts';
import { formatEndpoint } from '../../src/model/server-address.ts';
import type { LabCluster } from '../lab/handle.ts';
import type { InspectReport } from './inspected.ts';

/**
 * Masked: what Docker and kind chose for this one cluster (names, addresses, a forwarded port), dates, digests, versions and which
 * pods happened to run. Left out: sockets, firewall rules, clocks, timings and certificates byte for byte; of two digests that must
 * agree it says whether they do.
 */
export function golden(
  cluster: Pick<LabCluster, 'nodes' | 'loadBalancer' | 'kubeconfig'>,
  report: InspectReport,
  known: Readonly<Record<string, string>> = {},
): string {
  const mask = masker(cluster, known);
  const { exitCode, verdict, facts, findings, names, suggestions, next, issuers } = report;
  const whole = {
    exitCode,
    verdict,
    nodes: facts.nodes.map((node) => nodeOf(node)),
    api: facts.api === undefined ? undefined : apiOf(facts.api),
    names: names.map(nameOf),
    findings: findings.map((finding) => ({ ...finding })),
    suggestions,
    next: next.map(withoutOptions),
    seen: facts.probes.map((probe, index) => seenOf(probe, issuers[index])),
  };
  const masked = JSON.parse(mask(JSON.stringify(whole))) as unknown;
  return `${compact(settled(masked))}\n`;
}

/** Of who looked and how; that they are there is tested without a cluster. */
function withoutOptions(step: Inspection['next'][number]): Inspection['next'][number] {
  return step.takesOptions === true ? { ...step, command: step.command.split(' --')[0] ?? '' } : step;
}

function masker(
  { nodes, loadBalancer, kubeconfig }: Parameters<typeof golden>[0],
  known: Readonly<Record<string, string>>,
): (text: string) => string {
  const own = nodes.flatMap(({ alias, name, address }): [string, string][] => [
    [name, alias],
    [address, `address-of-${alias}`],
  ]);
  const prefix = (nodes[0]?.name ?? '').replace(/-control-plane$/, '');
  const values: readonly [string, string][] = [
    ...own,
    [kubeconfig, '/KUBECONFIG'],
    [prefix, 'cluster'],
    [`${prefix}-external-load-balancer`, 'load-balancer'],
    ...(loadBalancer === undefined ? [] : [[loadBalancer, 'address-of-load-balancer'] as [string, string]]),
    ...Object.entries(known),
  ];
  // Of two names where one begins with the other, the longer goes first; and no address is masked within a longer one.
  const sorted = values.toSorted(([one], [other]) => other.length - one.length);
  const pattern = new RegExp(
    `(?<![\\w.])(?:${sorted.map(([value]) => value.replaceAll('.', '\\.')).join('|')})(?![\\w]|\\.\\d)`,
    'g',
  );
  const masks = new Map(values);
  return (text) =>
    text
      .replaceAll(pattern, (value) => masks.get(value) ?? value)
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'DATE')
      .replaceAll(/\b[0-9a-f]{64}\b/g, 'DIGEST')
      .replaceAll(/\bv1\.\d+\.\d+\b/g, 'v1.x')
      .replaceAll(/(127\.0\.0\.1|0\.0\.0\.0):[1-5]\d{4}\b(?!\/)/g, '$1:PORT')
      .replaceAll(/(KUBERNETES_SERVICE_HOST of )[\w./-]+/g, '$1PODS');
}

function nodeOf({ node, connection, result }: ReadNode): unknown {
  const { name, role, source, target } = node;
  const head = { name, role, source, target: formatTarget(target).replace(/\/\/\w+@/, '//USER@') };
  if (result.state === 'unread') return { ...head, unread: result.trouble };
  return {
    ...head,
    connection: connection && { transport: connection.transport, through: connection.through },
    ...factsOf(result.facts),
  };
}

function factsOf(facts: NodeFacts): object {
  const { system, apiserver, certificate, key, ca, caKey } = facts;
  const leaf = leafOf(certificate);
  const clusterCa = leafOf(ca);
  return {
    system: {
      uid: system.uid,
      initIsSystemd: system.initIsSystemd,
      runtime: system.runtime,
      defaultRouteAddress: system.defaultRouteAddress,
      listensOnApiPort: system.listening.some(({ port }) => port === (apiserver?.securePort ?? 6443)),
    },
    nodeName: facts.nodeName,
    kubeletCertificate: facts.kubelet?.certificate?.ok === true,
    kubeadm: facts.kubeadm,
    apiserver: apiserver && { ...apiserver, flags: Object.keys(apiserver.flags).toSorted() },
    certificate: certificate && cardOf(certificate),
    key: key && keyOf(key, leaf),
    ca: ca && cardOf(ca),
    caKey: caKey && keyOf(caKey, clusterCa),
    sniCertificates: facts.sniCertificates.length,
    pkiFolder: facts.pkiFolder && {
      path: facts.pkiFolder.path,
      realPath: facts.pkiFolder.realPath,
      isReadOnly: facts.pkiFolder.isReadOnly,
    },
    manifests: facts.manifests?.path,
    strayManifests: facts.strayManifests,
    kubeconfigs: facts.kubeconfigs.map(({ path, servers, caFingerprints, clientCertificate, ...rest }) => ({
      path,
      servers,
      trustsClusterCa: caFingerprints.some((one) => one === clusterCa?.fingerprint),
      subject: clientCertificate?.subject,
      ...rest,
    })),
    loadBalancers: facts.loadBalancers,
    distributions: facts.distributions,
    unfinishedRuns: facts.unfinishedRuns,
    podsDial: [...new Set(facts.pods.map(({ serviceHost }) => serviceHost))],
    unread: facts.unread,
  };
}

function leafOf(file: CertificateFile | undefined): Certificate | undefined {
  return file?.reading?.ok === true ? file.reading.certificates[0] : undefined;
}

function cardOf(of: CertificateFile): unknown {
  const one = leafOf(of);
  if (one === undefined) return { path: of.path, file: of.file, reading: of.reading };
  const days = (Date.parse(one.notAfter) - Date.parse(one.notBefore)) / 86_400_000;
  return {
    ...fileOf(of),
    subject: one.subject,
    issuer: one.issuer,
    key: one.key,
    signatureAlgorithm: one.signatureAlgorithm,
    extendedKeyUsage: one.extendedKeyUsage,
    isCa: one.isCa,
    validForDays: Math.round(days),
    names: one.names.map(({ type, value }) => `${type} ${value}`),
  };
}

function keyOf(of: KeyFile, certificate: Certificate | undefined): unknown {
  if (of.file === undefined) return { path: of.path, isThere: false };
  return { ...fileOf(of), fits: of.keyFingerprint === certificate?.keyFingerprint };
}

function fileOf({ path, file }: { readonly path: string; readonly file?: FileFacts }): object {
  return {
    path,
    realPath: file?.realPath,
    owner: `${file?.owner}:${file?.group}`,
    mode: file?.mode,
  } as const;
}

function apiOf({ kubeadmConfig, clusterInfo, ...api }: NonNullable<InspectReport['facts']['api']>): unknown {
  return {
    ...api,
    kubeadmConfig: kubeadmConfig?.configuration,
    clusterInfo: clusterInfo?.server,
    endpoints: api.endpoints?.map(({ address, port }) => formatEndpoint(address, port)),
  };
}

/** `cp1: wanted, on disk, served`: one for each control plane. */
function nameOf({ san, provenance, nodes, ...rest }: NameRow): unknown {
  const states = nodes.map(
    ({ node, onDisk, served, wanted }) =>
      `${node}: ${wanted ? 'wanted' : 'not wanted'}, ${isSo(onDisk, 'on disk')}, ${isSo(served, 'served')}`,
  );
  return { san: `${san.type} ${san.value}`, ...rest, provenance, nodes: states };
}

function isSo(value: boolean | undefined, what: string): string {
  if (value === undefined) return `not known whether ${what}`;
  return value ? what : `not ${what}`;
}

function seenOf(
  { from, way, host, port, serverName, proxy, result }: Probe,
  issuer: string | undefined,
): unknown {
  const name = serverName === undefined ? '' : ` as ${serverName}`;
  const by = proxy === undefined ? '' : ` through ${proxy}`;
  const what =
    result.state === 'failed'
      ? `failed: ${result.trouble}`
      : `served ${result.chain[0]?.subject} by ${issuer}, ${isSo(result.isTrusted, 'trusted')}, ${result.protocol}, ${result.answer?.status ?? 'no answer'}`;
  return `${from}, ${way}: ${formatEndpoint(host, port)}${name}${by}: ${what}`;
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** Lists whose order hangs on names and addresses that only this cluster has. */
const unordered: ReadonlySet<string> = new Set(['names', 'seen', 'endpoints', 'addresses', 'absent', 'gone']);

/** Those in an order of their own; and each value once, since several pods are one once they have no names. */
function settled(value: unknown, under = ''): unknown {
  if (Array.isArray(value)) {
    const once = new Map(value.map((one) => settled(one)).map((one) => [JSON.stringify(one), one]));
    const found = [...once.values()];
    return unordered.has(under) ? found.toSorted(byText) : found;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, settled(one, key)]));
}

/** JSON with whatever fits on one line on one line. */
function compact(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value);
  if (indent.length + flat.length <= 120 || typeof value !== 'object' || value === null) return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const lines = Array.isArray(value)
    ? value.map((one) => `${inner}${compact(one, inner)}`)
    : Object.entries(value).map(([key, one]) => `${inner}${JSON.stringify(key)}: ${compact(one, inner)}`);
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
