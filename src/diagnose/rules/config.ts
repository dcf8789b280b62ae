/** Rules on what would make the next certificate: kubeadm-config and the inventory. */
import { kubeadmNames } from '../../flavours/kubeadm.ts';
import { kubesprayNames } from '../../flavours/kubespray.ts';
import { sanKey } from '../../model/san.ts';
import type { Context, Rule } from '../context.ts';
import { ownInputOf, sharedInputOf } from '../expected.ts';
import { finding } from '../finding.ts';
import { keysOf } from '../names.ts';

/** A name that stands in a certificate and that kubeadm would not write again: the next join or re-issue lacks it. */
const configDrift: Rule = (context) => {
  const configuration = context.facts.api?.kubeadmConfig?.configuration;
  // Where certSANs could not be understood, nothing is known of what it lacks.
  if (configuration === undefined || configuration.faults.some(({ path }) => path.includes('certSANs')))
    return [];
  const computed = computedKeys(context);
  const names = heldNames(context).filter((key) => !computed.has(key));
  return names.length === 0 ? [] : [finding('config-drift', 'warning', { names: valuesOf(context, names) })];
};

/** A name that stands in a certificate and that the next run of kubespray would not write again. */
const inventoryDrift: Rule = (context) => {
  const { inventory, api } = context.facts;
  if (inventory === undefined) return [];
  const input = {
    version: inventory.kubesprayVersion,
    dnsDomain: api?.kubeadmConfig?.configuration.dnsDomain,
    serviceAddress: api?.kubernetesService?.clusterIps[0],
    supplementary: inventory.supplementary ?? [],
    controlPlanes: context.backends.map(({ facts, address }) => ({
      hostname: facts?.system.hostname,
      ip: address,
      defaultIpv4: facts?.system.defaultRouteAddress,
    })),
  };
  // kubeadm adds its own, but the certSANs of the ConfigMap are replaced by kubespray's list.
  const made = computedKeys(context, false);
  for (const { san } of kubesprayNames(input)) made.add(sanKey(san));
  const names = heldNames(context).filter((key) => !made.has(key));
  return names.length === 0
    ? []
    : [finding('inventory-drift', 'warning', { names: valuesOf(context, names) })];
};

/** What kubeadm writes on any of the control planes: a node's own name is no drift on another. */
function computedKeys({ facts, backends }: Context, withCertSans = true): Set<string> {
  const keys = new Set<string>();
  const [first] = backends;
  if (first !== undefined) {
    const shared = sharedInputOf(facts, first);
    for (const { san } of kubeadmNames(withCertSans ? shared : { ...shared, certSans: [] }))
      keys.add(sanKey(san));
  }
  for (const backend of backends) {
    for (const { san } of kubeadmNames(ownInputOf(facts, backend))) keys.add(sanKey(san));
  }
  if (withCertSans) {
    const configured = facts.api?.kubeadmConfig?.configuration.certSans ?? [];
    for (const key of keysOf(configured)) keys.add(key);
  }
  return keys;
}

function heldNames({ holders }: Context): readonly string[] {
  return [...holders.sans.keys()];
}

function valuesOf({ holders }: Context, keys: readonly string[]): readonly string[] {
  return keys.flatMap((key) => holders.sans.get(key)?.value ?? []).toSorted();
}

/** What in kubeadm-config kubeadm itself would stumble over. */
const configFaults: Rule = ({ facts }) =>
  (facts.api?.kubeadmConfig?.configuration.faults ?? []).map(({ path, line, column, fault }) =>
    finding('kubeadm-config-fault', 'warning', { path, line, column, fault }),
  );

/** Files and a kubeadm that are not where kubeadm puts them: right for the site, and a trap for recipes. */
const unusualPaths: Rule = ({ read }) =>
  read.flatMap(({ node, apiserver, kubeadm }) => {
    const odd: readonly (readonly [string, string | undefined])[] = [
      ['certificate', apiserver?.certificatePath],
      ['key', apiserver?.keyPath],
    ];
    const findings = odd
      .filter(([, path]) => path !== undefined && !/^\/etc\/kubernetes\/(?:pki|ssl)\/[^/]+$/.test(path))
      .map(([what, path = '']) => finding('unusual-path', 'info', { what, path }, node));
    return kubeadm?.isOddPath === true
      ? [
          ...findings,
          finding('unusual-path', 'info', { what: 'kubeadm', path: kubeadm.realPath ?? kubeadm.path }, node),
        ]
      : findings;
  });

/** Nothing on this control plane could sign a new certificate, nor join or upgrade it. */
const kubeadmMissing: Rule = ({ read }) =>
  read.flatMap(({ node, apiserver, kubeadm, unread }) =>
    apiserver === undefined || kubeadm !== undefined || unread.some(({ what }) => what.includes('kubeadm'))
      ? []
      : [finding('kubeadm-missing', 'info', {}, node)],
  );

export const configRules: readonly Rule[] = [
  configDrift,
  inventoryDrift,
  configFaults,
  unusualPaths,
  kubeadmMissing,
];
