/** What the steps have to be told for one node, out of the plan and the facts: paths, endpoints, kubeadm, names. Pure. */
import { type Certificate } from '../model/certificate.ts';
import type { ClusterFacts, ReadNode } from '../model/cluster-facts.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import type { NodePlan } from '../model/plan.ts';
import type { ServedCertificate } from '../model/rollout.ts';
import { looseSan, type San } from '../model/san.ts';
import { formatEndpoint } from '../model/server-address.ts';
import { configurationFor } from '../plan/rehearsed.ts';

export interface Task {
  readonly plan: NodePlan;
  readonly place: Place;
  readonly ca: Certificate | undefined;
  readonly before?: ServedCertificate;
  readonly onDisk?: Certificate;
  /** What `reload` takes; undefined where the API server serves what is on its disk. */
  readonly reloading?: Readonly<Record<string, string>>;
  /** Signed by whoever holds the CA, by the key that is in use: nothing is left to kubeadm. */
  readonly signed?: Certificate;
  readonly acceptsShorter?: boolean;
  /** What `stage` or `stageSigned` takes beside the run; undefined where there is nothing to sign. */
  readonly staging?: (run: string) => Readonly<Record<string, string>>;
  /** Certificates of their own for some names: --tls-sni-cert-key. */
  readonly others: readonly Certificate[];
}

/** Of one control plane, for every step that looks at what it serves. */
export interface Place {
  readonly node: string;
  readonly endpoint: string;
  readonly peers: readonly string[];
  /** A kubeconfig of root's. */
  readonly admin: string;
  readonly socket: string;
  readonly certificatePath: string;
  readonly keyPath: string;
}

/** What somebody else has signed. */
export interface HandedIn {
  readonly certificates: readonly Certificate[];
  /** They may end before those of today. */
  readonly acceptsShorter: boolean;
}

export type TaskReading =
  | { readonly ok: true; readonly task: Task }
  | { readonly ok: false; readonly lacks: string };

/** In the plan's order; a node that cannot be told all there is to say is a reason to begin nowhere. */
export function taskOf(
  plan: NodePlan,
  facts: ClusterFacts,
  { certificates, acceptsShorter }: HandedIn = { certificates: [], acceptsShorter: false },
): TaskReading {
  const node = factsOf(facts, plan.node);
  if (node === undefined) return lacking(`${plan.node} was not read`);
  const place = placeOf(node, facts);
  if (place === undefined) return lacking(`where the API server of ${plan.node} listens and reads its pair`);
  const certificate = leafOf(node.certificate);
  const task: Task = {
    plan,
    place,
    ca: leafOf(node.ca),
    others: node.sniCertificates.flatMap(({ file }) => leafOf(file) ?? []),
  };
  if (plan.action === 'nothing') return { ok: true, task };
  if (certificate === undefined) return lacking(`the certificate that is in use on ${plan.node}`);
  if (isOver(node, place.admin, facts.readAt))
    return lacking(
      `a credential with which a pair could be proven on ${plan.node}, since ${place.admin} has expired (kubeadm certs renew admin.conf)`,
    );
  const pair = {
    certificate: place.certificatePath,
    key: place.keyPath,
    seen: certificate.fingerprint,
  };
  if (plan.action === 'restart') return { ok: true, task: { ...task, onDisk: certificate, reloading: pair } };
  const signed = certificates.find(({ keyFingerprint }) => keyFingerprint === node.key?.keyFingerprint);
  const before = servedAs(certificate);
  if (signed !== undefined)
    return {
      ok: true,
      task: { ...task, before, signed, acceptsShorter, staging: () => ({ ...pair, signed: pemOf(signed) }) },
    };
  const config = configurationFor(plan);
  const { kubeadm, ca, caKey } = node;
  const paths = { ca: ca?.file?.realPath ?? ca?.path, caKey: caKey?.file?.realPath ?? caKey?.path };
  if (config === undefined) return lacking(`a configuration for the kubeadm of ${plan.node}`);
  if (kubeadm === undefined || paths.ca === undefined || paths.caKey === undefined)
    return lacking(`the kubeadm or the CA of ${plan.node}`);
  const data = {
    ...pair,
    ca: paths.ca,
    caKey: paths.caKey,
    kubeadm: kubeadm.path,
    version: kubeadm.version,
  };
  return {
    ok: true,
    task: {
      ...task,
      before,
      staging: (run) => ({ ...data, config: config(`${folderOf(place.keyPath)}/.fix-sans-${run}`) }),
    },
  };
}

/** Undefined where something is not known without which nothing can be proven. */
export function placeOf(node: NodeFacts, facts: ClusterFacts): Place | undefined {
  const endpoint = endpointOf(node);
  const certificatePath = node.certificate?.file?.realPath ?? node.certificate?.path;
  const keyPath = node.key?.file?.realPath ?? node.key?.path;
  if (endpoint === undefined || !isAbsolute(certificatePath) || !isAbsolute(keyPath)) return undefined;
  const peers = controlPlanesOf(facts).flatMap(({ facts: other }) => endpointOf(other) ?? []);
  return {
    node: node.node,
    endpoint,
    peers: [...new Set(peers)].filter((one) => one !== endpoint).toSorted(),
    admin: adminOf(node, facts.readAt),
    socket: node.system.runtime ?? '',
    certificatePath,
    keyPath,
  };
}

export interface ControlPlane {
  readonly read: ReadNode;
  readonly facts: NodeFacts;
}

/** Of this cluster, as far as they were read. */
export function controlPlanesOf({ nodes }: ClusterFacts): readonly ControlPlane[] {
  return nodes.flatMap((read) =>
    read.result.state === 'read' &&
    read.node.role === 'control-plane' &&
    read.result.facts.apiserver !== undefined
      ? [{ read, facts: read.result.facts }]
      : [],
  );
}

export function endpointOf({ apiserver }: NodeFacts): string | undefined {
  if (apiserver?.advertiseAddress === undefined) return undefined;
  return formatEndpoint(apiserver.advertiseAddress, apiserver.securePort);
}

/** Names that can be sent in a handshake; a wildcard by one name below it. */
export function sniOf({ type, value }: San): string | undefined {
  if (type === 'ip') return undefined;
  const name = value.replace(/^\*\./, 'fix-sans-probe.');
  return /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i.test(name) ? name : undefined;
}

export function plannedNames({ names }: NodePlan): readonly San[] {
  return names.filter(({ fate }) => fate !== 'removed').map(({ san }) => san);
}

export function servedAs({ fingerprint, serial, names, notAfter }: Certificate): ServedCertificate {
  return { fingerprint, serial, names: names.flatMap(({ value }) => looseSan(value) ?? []), notAfter };
}

function factsOf(facts: ClusterFacts, name: string): NodeFacts | undefined {
  return controlPlanesOf(facts).find(({ read }) => read.node.name === name)?.facts;
}

function leafOf(file: NodeFacts['certificate']): Certificate | undefined {
  return file?.reading?.ok === true ? file.reading.certificates[0] : undefined;
}

/**
 * Since 1.29 admin.conf is no longer of system:masters, but it may read everything that is asked for here. It often expires together with the
 * certificate of the API server, on the day a year after the cluster was made.
 */
function adminOf(node: NodeFacts, at: string): string {
  const paths = ['/admin.conf', '/super-admin.conf'].flatMap((name) =>
    node.kubeconfigs.map(({ path }) => path).filter((path) => path.endsWith(name)),
  );
  const good = paths.find((path) => !isOver(node, path, at));
  return good ?? paths[0] ?? '/etc/kubernetes/admin.conf';
}

function isOver({ kubeconfigs }: NodeFacts, path: string, at: string): boolean {
  const end = kubeconfigs.find((one) => one.path === path)?.clientCertificate?.notAfter;
  return end !== undefined && Date.parse(end) <= Date.parse(at);
}

function pemOf({ der }: Certificate): string {
  return `-----BEGIN CERTIFICATE-----\n${der.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function isAbsolute(path: string | undefined): path is string {
  return path?.startsWith('/') === true;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function lacking(lacks: string): TaskReading {
  return { ok: false, lacks };
}
