/** What the recipe of most guides would lose: `rm apiserver.*; kubeadm init phase certs apiserver --apiserver-cert-extra-sans NEW`. */
import { kubeadmNames } from '../flavours/kubeadm.ts';
import { type San, sanKey } from '../model/san.ts';
import type { Subject } from './subject.ts';

/** Without its configuration kubeadm takes its defaults: https://github.com/kubernetes/kubeadm/issues/1447 */
const defaults = { dnsDomain: 'cluster.local', serviceSubnets: ['10.96.0.0/12'] } as const;

export function lostByRecipe(subject: Subject, added: readonly San[]): readonly San[] {
  const { facts, onDisk, inUse, told } = subject;
  const { hostname, defaultRouteAddress } = facts.system;
  const computed = kubeadmNames({
    ...defaults,
    nodeName: hostname.toLowerCase(),
    // Where the default route is not known, neither is what kubeadm would take; then nothing is claimed of it.
    advertiseAddress: defaultRouteAddress ?? told.advertiseAddress,
    certSans: [],
    version: facts.kubeadm?.version,
  });
  const made = new Set([...computed.map(({ san }) => sanKey(san)), ...added.map(sanKey)]);
  return [...new Map([...onDisk, ...inUse]).entries()]
    .filter(([key]) => !made.has(key))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, san]) => san);
}
