/** Rules on what could be seen at all, and on whose cluster this is. */
import type { Rule } from '../context.ts';
import { pathOf } from '../dialled.ts';
import { finding } from '../finding.ts';
import { absenceOf } from '../no-control-plane.ts';

/** Another tool owns this cluster: it would undo what is changed beside it. */
const otherTool: Rule = ({ owner }) => {
  if (owner === undefined) return [];
  const { distribution, evidence, howTo, node } = owner;
  return [finding('other-tool', 'error', { distribution, evidence, howTo }, node)];
};

/** A node that could not be read: a row, not a failed run. */
const notRead: Rule = ({ facts }) =>
  facts.nodes.flatMap(({ node, result }) => {
    if (result.state === 'read') return [];
    const { code, message, hint } = result.trouble;
    const severity = node.role === 'control-plane' ? 'error' : 'warning';
    return [finding('not-read', severity, { code, message, hint }, node.name)];
  });

const kubeadmConfs = /^\/etc\/kubernetes\/(?:admin|super-admin|controller-manager|scheduler|kubelet)\.conf$/;

/** Parts of a node that could not be read: never taken for "not there". */
const partlyRead: Rule = ({ facts, owner }) =>
  facts.nodes.flatMap(({ node, result }) => {
    if (result.state === 'unread') return [];
    const { unread, apiserver, kubeconfigs } = result.facts;
    const without = new Set(
      kubeconfigs.filter(({ servers }) => servers.length === 0).map(({ path }) => path),
    );
    // What a component of the control plane starts with, and where it leads is not known: garbage, most likely.
    const isGrave = (what: string) => kubeadmConfs.test(what) && without.has(what);
    const parts = unread.map(({ what, why }) =>
      finding('partly-read', isGrave(what) ? 'warning' : 'info', { what, why }, node.name),
    );
    if (node.role === 'worker' || apiserver !== undefined || owner !== undefined) return parts;
    const absence = absenceOf(result.facts);
    // What such a machine lacks was not to be expected there either.
    if (absence?.kind === 'nothing' || absence?.kind === 'worker') {
      const dials = kubeconfigs
        .filter(({ path }) => pathOf(path) === 'kubelet')
        .flatMap((one) => one.servers);
      const args = { kind: absence.kind, ...(dials.length === 0 ? {} : { dials: [...new Set(dials)] }) };
      return [
        ...parts.filter(({ severity }) => severity !== 'info'),
        finding('no-control-plane', 'warning', args, node.name),
      ];
    }
    if (absence?.kind === 'gone') {
      const folder = result.facts.manifests?.path ?? '/etc/kubernetes/manifests';
      const { evidence } = absence;
      return [...parts, finding('manifest-gone', 'error', { folder, evidence }, node.name)];
    }
    const args = {
      what: 'kube-apiserver',
      why: 'no manifest of a kube-apiserver was found, so this may be no control plane',
    };
    return [...parts, finding('partly-read', 'warning', args, node.name)];
  });

/** What the API did not tell, so that manifests and certificates had to do. */
const apiUnread: Rule = ({ facts }) => {
  const { api } = facts;
  const wasAsked = facts.nodes.some(
    ({ result }) => result.state === 'read' && result.facts.apiserver !== undefined,
  );
  // Then nobody knows whether there are control planes beside those that were given.
  const severity = api?.controlPlanes === undefined && facts.inventory === undefined ? 'warning' : 'info';
  if (api === undefined) {
    const args = {
      what: ['kubeadm-config', 'the kubernetes Service', 'the list of nodes'],
      why: 'the API could not be read',
    };
    return wasAsked ? [finding('api-unread', severity, args)] : [];
  }
  const byReason = new Map<string, string[]>();
  for (const { what, why } of api.unread) byReason.set(why, [...(byReason.get(why) ?? []), what]);
  return [...byReason].map(([why, what]) => finding('api-unread', severity, { what, why }));
};

/** Control planes that the API knows and nobody looked at: one of them may be the one that fails. */
const notInspected: Rule = ({ facts, backends }) => {
  const seen = new Set(backends.flatMap(({ nodeName, address, name }) => [nodeName, address, name]));
  const asked = facts.nodes.map(({ node }) => node);
  const hosts = new Set(
    asked.flatMap(({ name, target }) => [name, target.via === 'ssh' ? target.host : name]),
  );
  const names = (facts.api?.controlPlanes ?? [])
    .filter(({ name, internalIps }) => ![name, ...internalIps].some((one) => seen.has(one) || hosts.has(one)))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  // With no nodes given, what is seen from here is all that was asked for.
  return [finding('control-plane-not-inspected', asked.length === 0 ? 'info' : 'warning', { names })];
};

/** A host key that was not known before and was added on request. */
const hostKeyAdded: Rule = ({ facts }) =>
  facts.nodes.flatMap(({ node, connection }) =>
    connection?.hostKeyAdded === true
      ? [finding('host-key-added', 'info', { fingerprint: connection.hostKeyFingerprint ?? '' }, node.name)]
      : [],
  );

/** Where another tool owns the cluster, these are all that is said: the rest would be advice against it. */
export const ownershipRules: readonly Rule[] = [
  otherTool,
  notRead,
  partlyRead,
  apiUnread,
  notInspected,
  hostKeyAdded,
];
