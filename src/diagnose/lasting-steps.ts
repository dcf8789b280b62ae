/** What makes a name last: a certificate with it on each node, and the configuration from which the next one is made. */
import { kubesprayCommand } from '../flavours/kubespray.ts';
import type { Finding } from '../model/finding.ts';
import type { NextStep } from '../model/inspection.ts';
import type { Context } from './context.ts';
import { isComputed, isKubespray } from './expected.ts';
import { safeName, safePath } from './shell-safe.ts';
import { commonName, holderWords, kubectl } from './tunnel.ts';

export const admin = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';
/** More names than this make no readable command; the findings have them all. */
export const mostNames = 20;

export function missingSteps(context: Context, findings: readonly Finding[]): readonly NextStep[] {
  const missing = findings.flatMap((one) => (one.code === 'san-missing' ? [one.args] : []));
  if (missing.length === 0) return [];
  const steps: NextStep[] = [];
  const name = commonName(context);
  const isRemote = missing.some(({ affected }) => affected.includes('remote-kubectl'));
  if (isRemote && name !== undefined) {
    steps.push({
      where: 'here',
      why: `works at once and changes nothing: kubectl checks the certificate against a name that ${holderWords(context)}`,
      command: `${kubectl(context)} --tls-server-name ${name} get nodes`,
    });
  }
  const names = [...new Set(missing.flatMap((one) => one.names))];
  if (isKubespray(context.facts)) {
    steps.push(
      kubesprayStep(
        context,
        names.filter((one) => !isWritten(context, one, true)),
      ),
    );
  }
  // What no control plane was read for cannot be planned with the options of this run.
  if (context.backends.some(({ kind }) => kind === 'read')) return [...steps, ...bySelf, byHand];
  return [...steps, saveConfig(names.filter((one) => !isWritten(context, one))), byHand];
}

/** What kubeadm, or by its rules kubespray, writes with the configuration as it is. */
function isWritten({ facts, rows }: Context, name: string, isBySpray = false): boolean {
  const provenance = rows.find(({ san }) => san.value === name)?.provenance ?? [];
  if (isBySpray && provenance.some(({ why }) => why === 'kubespray' || why === 'inventory')) return true;
  return facts.api?.kubeadmConfig !== undefined && isComputed(provenance);
}

function kubesprayStep({ facts }: Context, names: readonly string[]): NextStep {
  const first =
    names.length === 0
      ? "the inventory needs no change: run this in kubespray's folder"
      : `the lasting way: add ${listed(names)} to supplementary_addresses_in_ssl_keys in the inventory, then run this in kubespray's folder`;
  return {
    where: 'anywhere',
    why: `${first}; it deletes the pair on all control planes at once before it signs anew`,
    command: kubesprayCommand(safePath(facts.inventory?.path ?? '') ?? 'INVENTORY'),
  };
}

function saveConfig(names: readonly string[]): NextStep {
  return {
    where: 'control-plane',
    why:
      names.length === 0
        ? "save the cluster's configuration: kubeadm writes these names by it, if it is given"
        : `save the cluster's configuration, and add ${listed(names)} to apiServer.certSANs in the file`,
    command: `${admin} -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' > cluster.yaml`,
  };
}

const bySelf: readonly NextStep[] = [
  {
    where: 'here',
    why: 'what would be signed and what would last, with the same options; nothing is changed by it',
    command: 'fix-sans plan',
    takesOptions: true,
  },
  {
    where: 'here',
    why: 'do it, one control plane after the other, each proven before the next, with no handshake lost; it shows the plan and asks first',
    command: 'fix-sans apply',
    takesOptions: true,
  },
];

const byHand: NextStep = {
  where: 'here',
  why: 'or by hand: the way that loses no name and needs no restart',
  command: 'fix-sans help by-hand',
};

/** Only names that are names: this stands beside a command. */
function listed(names: readonly string[]): string {
  const safe = names.flatMap((name) => safeName(name) ?? []);
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return safe.length === 0 ? 'the names above' : `${safe.slice(0, mostNames).join(', ')}${more}`;
}

/** The certificates are right, and the next control plane to join would lack the names. */
export function keepNames({ facts }: Context, names: readonly string[]): readonly NextStep[] {
  const inConfig: NextStep = {
    where: 'control-plane',
    why: `those of these names that are to stay: add them under apiServer.certSANs, or the next kubeadm join --control-plane lacks them (this edits the ConfigMap): ${listed(names)}`,
    command: `${admin} -n kube-system edit configmap kubeadm-config`,
  };
  if (facts.inventory !== undefined || !isKubespray(facts)) return [inConfig];
  const inInventory: NextStep = {
    where: 'here',
    why: 'kubespray replaces that list by its own: whether the inventory has these names, with the path of the inventory and the same options as now; they stay under supplementary_addresses_in_ssl_keys',
    command: 'fix-sans inspect --inventory INVENTORY',
  };
  return [inConfig, inInventory];
}
