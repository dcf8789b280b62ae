/** Names that were found on the way, that no certificate holds and that nobody asked for: shown, and never added by themselves. */
import type { Suggestion } from '../model/inspection.ts';
import { ipKind } from '../model/ip.ts';
import { parseSan, type San, sanKey } from '../model/san.ts';
import { genuineLeaf } from './backend.ts';
import type { Context } from './context.ts';
import { forwardRule } from './firewall.ts';

export function suggestionsOf(context: Context): readonly Suggestion[] {
  const found = new Map<string, { readonly san: San; readonly foundIn: Set<string> }>();
  const add = (text: string, where: string) => {
    const reading = parseSan(text);
    if (!reading.ok || isLocal(reading.san)) return;
    const { san } = reading;
    if ((context.expected.get(sanKey(san))?.on ?? 'nowhere') !== 'nowhere') return;
    if (context.holders.onDisk(san).size > 0 || context.holders.served(san).size > 0) return;
    const one = found.get(sanKey(san)) ?? { san, foundIn: new Set() };
    one.foundIn.add(where);
    found.set(sanKey(san), one);
  };
  const { facts, read, asked } = context;
  for (const { namespace, name, addresses } of facts.api?.loadBalancerServices ?? []) {
    for (const address of addresses) add(address, `Service ${namespace}/${name}`);
  }
  for (const { node, loadBalancers, system, apiserver } of read) {
    for (const { kind, path, addresses } of loadBalancers) {
      for (const address of addresses) add(address, `${kind} ${path} on ${node}`);
    }
    for (const rule of system.firewall) {
      const address = forwardRule(rule, apiserver?.securePort ?? 6443)?.address;
      if (address !== undefined) add(address, `firewall rule on ${node}`);
    }
  }
  for (const { endpoint, name, kubeconfig } of asked) {
    // Where something else answers on it, it is no name for this certificate.
    const seen = context.probes.get(endpoint) ?? [];
    // A name that nobody knows is mistyped more often than missing.
    if (seen.length > 0 && seen.every(({ result }) => result.state === 'failed' && result.trouble === 'dns'))
      continue;
    const answers = seen.filter(({ result }) => result.state === 'served');
    const isForeign = answers.some((probe) => genuineLeaf(probe, context.authorities) === undefined);
    if (!isForeign) add(name, kubeconfig === undefined ? `endpoint ${endpoint}` : `kubeconfig ${kubeconfig}`);
  }
  return [...found.values()].map(({ san, foundIn }) => ({ san, foundIn: [...foundIn] }));
}

/** The end of a tunnel, or every address at once. */
function isLocal({ type, value }: San): boolean {
  return type === 'ip' ? ipKind(value) === 'loopback' : value === 'localhost';
}
