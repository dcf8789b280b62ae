/** Firewall rules that lead a packet to the API server from somewhere else. */
import { canonicalIp } from '../model/ip.ts';

interface Forward {
  /** The address that is dialled, where the rule names one: a name that clients may use. */
  readonly address?: string;
}

// kube-proxy and network plugins lead packets to Services; that is their work and no news.
const ofCluster = /\b(?:KUBE-|CNI-|CILIUM_|cali-|FLANNEL|DOCKER|kube-proxy|cilium_)/;

/** iptables-save's `-A PREROUTING -d 203.0.113.56/32 … --dport 6443 -j DNAT --to-destination …`, or nft's `dnat to`. */
export function forwardRule(rule: string, port: number): Forward | undefined {
  if (ofCluster.test(rule)) return undefined;
  if (!/-j (?:DNAT|REDIRECT)\b|\b(?:dnat|redirect)\b.* to\b/.test(rule)) return undefined;
  const isToPort = new RegExp(`(?:--dports? |dport |--to-ports? |to :|\\]?:)${port}(?!\\d)`).test(rule);
  if (!isToPort) return undefined;
  const [, text = ''] = /(?:-d |daddr )([0-9a-f.:]+)(?:\/(?:32|128))?(?= |$)/i.exec(rule) ?? [];
  const address = canonicalIp(text);
  return address === undefined ? {} : { address };
}
