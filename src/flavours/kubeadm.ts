/** The names that kubeadm computes for one control plane, each with the rule it comes from. */
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/util/pkiutil/pki_helpers.go (GetAPIServerAltNames)
import type { KubeadmRule } from '../model/inspection.ts';
import { canonicalIp } from '../model/ip.ts';
import { type San, sanKey } from '../model/san.ts';
import { parseServerAddress } from '../model/server-address.ts';
import { firstAddress } from './service-range.ts';

/** What kubeadm is given for one node. What is unknown stays undefined, and then its name is not computed. */
export interface KubeadmInput {
  readonly nodeName?: string | undefined;
  readonly dnsDomain?: string | undefined;
  readonly serviceSubnets: readonly string[];
  readonly advertiseAddress?: string | undefined;
  readonly controlPlaneEndpoint?: string | undefined;
  readonly certSans: readonly string[];
  /** `v1.34.1` */
  readonly version?: string | undefined;
}

export interface KubeadmName {
  readonly san: San;
  readonly rule: KubeadmRule | 'controlPlaneEndpoint' | 'certSANs';
}

/** Every name with every rule that gives it, in kubeadm's order: a name may come twice, by two rules. */
export function kubeadmNames(input: KubeadmInput): readonly KubeadmName[] {
  const names: KubeadmName[] = [];
  const add = (san: San | undefined, rule: KubeadmName['rule']) => {
    if (san !== undefined) names.push({ san, rule });
  };
  const { nodeName, dnsDomain, advertiseAddress, controlPlaneEndpoint } = input;
  // Only from 1.36 on is an empty one left out.
  if (nodeName !== undefined && (nodeName !== '' || !isAtLeast(input.version, 1, 36))) {
    add({ type: 'dns', value: nodeName }, 'node-name');
  }
  for (const name of serviceNames(dnsDomain)) add({ type: 'dns', value: name }, 'kubernetes-service-name');
  add(ipSan(firstAddress(input.serviceSubnets[0] ?? '')), 'service-address');
  add(ipSan(advertiseAddress), 'advertise-address');
  if (controlPlaneEndpoint !== undefined && controlPlaneEndpoint !== '') {
    add(parseServerAddress(controlPlaneEndpoint)?.san, 'controlPlaneEndpoint');
  }
  for (const text of input.certSans) add(certSan(text), 'certSANs');
  const seen = new Set<string>();
  return names.filter(({ san, rule }) => {
    const key = `${rule} ${sanKey(san)}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

function serviceNames(dnsDomain: string | undefined): readonly string[] {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  return dnsDomain === undefined || dnsDomain === ''
    ? names
    : [...names, `kubernetes.default.svc.${dnsDomain}`];
}

/**
 * An entry of certSANs as the generator takes it: addresses by Go's sloppy parser, which reads `010.0.0.1` as 10.0.0.1, and RFC 1123
 * names, under which a mistyped `10.0.0.300` passes as a DNS name. Anything else only logs a warning and is dropped.
 */
export function certSan(text: string): San | undefined {
  const plain = /^[\d.]+$/.test(text) ? text.replace(/(^|\.)0+(?=\d)/g, '$1') : text;
  const ip = canonicalIp(plain);
  if (ip !== undefined) return { type: 'ip', value: ip };
  const rest = text.startsWith('*.') ? text.slice(2) : text;
  const isName =
    text.length <= 253 && rest.split('.').every((part) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(part));
  return isName ? { type: 'dns', value: text } : undefined;
}

function ipSan(text: string | undefined): San | undefined {
  const value = text === undefined ? undefined : canonicalIp(text);
  return value === undefined ? undefined : { type: 'ip', value };
}

/** An unknown version is taken for an old one. */
function isAtLeast(version: string | undefined, major: number, minor: number): boolean {
  const [, ofMajor = '0', ofMinor = '0'] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return Number(ofMajor) > major || (Number(ofMajor) === major && Number(ofMinor) >= minor);
}
