/** What a machine is that was named as a control plane and has no kube-apiserver manifest: a worker, no node at all, or one whose manifest is gone. */
import { ownerOf } from '../flavours/foreign.ts';
import type { NodeFacts } from '../model/node-facts.ts';

export type Absence =
  /** Not known: somebody else's cluster, or not all of it could be looked at. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'worker' }
  | { readonly kind: 'gone'; readonly evidence: string };

const ofControlPlane = /^\/etc\/kubernetes\/(?:admin|super-admin|controller-manager|scheduler)\.conf$/;
const ofKubelet = /kubelet[^/]*$/;

/** Undefined where there is a manifest. */
export function absenceOf(facts: NodeFacts): Absence | undefined {
  const { apiserver, system, unread, distributions, kubeconfigs, manifests } = facts;
  if (apiserver !== undefined) return undefined;
  if (ownerOf(distributions, false) !== undefined) return { kind: 'unknown' };
  const folder = manifests?.path ?? '/etc/kubernetes/manifests';
  // Others than root may see no more than that a folder is there, or not even that.
  const isHidden = system.uid !== 0 || unread.some(({ what }) => `${what}/`.startsWith(`${folder}/`));
  if (isHidden || unread.some(({ why }) => why === 'the script did not tell')) return { kind: 'unknown' };
  const paths = [...kubeconfigs.map(({ path }) => path), ...distributions.map(({ evidence }) => evidence)];
  const evidence = paths.find((path) => ofControlPlane.test(path));
  if (evidence !== undefined) return { kind: 'gone', evidence };
  const hasKubelet =
    facts.nodeName !== undefined ||
    facts.kubelet?.certificate !== undefined ||
    distributions.length > 0 ||
    facts.pods.length > 0 ||
    kubeconfigs.some(({ path }) => ofKubelet.test(path)) ||
    system.listening.some(({ process }) => process === 'kubelet');
  return hasKubelet ? { kind: 'worker' } : { kind: 'nothing' };
}

/** A machine on which no API server's certificate is to be looked for. */
export function isNoControlPlane(facts: NodeFacts): boolean {
  const kind = absenceOf(facts)?.kind;
  return kind === 'nothing' || kind === 'worker';
}
