/** Addresses, the default route and listening sockets of a node, from iproute2's output or from the kernel's own tables. */
import { canonicalIp } from '../../model/ip.ts';
import type { SystemFacts } from '../../model/node-facts.ts';
import { parseEndpoint } from './load-balancers.ts';
import { detached } from './texts.ts';

export interface InterfaceAddress {
  readonly link: string;
  readonly address: string;
  /** `global`, `link`, `host`; unknown from the kernel's tables. */
  readonly scope?: string;
}

/** `2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\ …` */
export function parseIpAddr(text: string): readonly InterfaceAddress[] {
  return text.split('\n').flatMap((line) => {
    const [, link, inet, address, scope] =
      /^\d+:\s+(\S+)\s+(inet6?)\s+([0-9a-fA-F.:]+)(?:\/\d+)?\s(?:.*\bscope (\S+))?/.exec(line) ?? [];
    const ip = inet === undefined || address === undefined ? undefined : canonicalIp(address);
    return ip === undefined || link === undefined
      ? []
      : [{ link: link.replace(/@.*$/, ''), address: detached(ip), ...(scope !== undefined && { scope }) }];
  });
}

/** fib_trie and if_inet6: an address is the leaf before `/32 host LOCAL`. */
export function parseKernelAddresses(text: string): readonly InterfaceAddress[] {
  const found = new Map<string, InterfaceAddress>();
  let leaf: string | undefined;
  for (const line of text.split('\n')) {
    const [, here] = /\|--\s+([0-9.]+)\s*$/.exec(line) ?? [];
    const [, digits, link] = /^([0-9a-f]{32})\s+\S+\s+\S+\s+\S+\s+\S+\s+(\S+)\s*$/.exec(line) ?? [];
    if (here !== undefined) leaf = canonicalIp(here);
    else if (leaf !== undefined && /\/32 host LOCAL/.test(line)) found.set(leaf, { link: '', address: leaf });
    else if (digits !== undefined && link !== undefined) {
      const address = canonicalIp((digits.match(/.{4}/g) ?? []).join(':'));
      if (address !== undefined) found.set(address, { link, address });
    }
  }
  return [...found.values()];
}

/** The link of the default route with the lowest metric, from /proc/net/route: kubeadm looks there too. */
export function defaultLink(text: string): string | undefined {
  const routes = text.split('\n').flatMap((line) => {
    const [link, destination, , flags, , , metric, mask] = line.trim().split(/\s+/);
    const isUp = (Number.parseInt(flags ?? '0', 16) & 1) === 1;
    return destination === '00000000' && mask === '00000000' && isUp && link !== undefined
      ? [{ link, metric: Number(metric) }]
      : [];
  });
  return routes.toSorted((a, b) => a.metric - b.metric)[0]?.link;
}

/** The first address there that is more than this machine's or this link's, IPv4 before IPv6: as kubeadm chooses. */
export function addressOf(
  link: string | undefined,
  addresses: readonly InterfaceAddress[],
): string | undefined {
  const there = addresses.filter((one) => one.link === link && (one.scope ?? 'global') === 'global');
  return (there.find(({ address }) => !address.includes(':')) ?? there[0])?.address;
}

type Listening = SystemFacts['listening'][number];

/** `LISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=487,fd=3))` */
export function parseSs(text: string): readonly Listening[] {
  return text.split('\n').flatMap((line) => {
    const [state, , , local] = line.trim().split(/\s+/);
    if (state !== 'LISTEN' || local === undefined) return [];
    // `127.0.0.53%lo:53`
    const endpoint = parseEndpoint(local.replace(/%[^\]:]*/, ''));
    const [, process] = /users:\(\("([^"]*)"/.exec(line) ?? [];
    if (!endpoint) return [];
    const address = endpoint.host === '*' ? '::' : endpoint.host;
    return [{ address, port: endpoint.port, ...(process !== undefined && { process }) }];
  });
}

/** `0100007F:192B`: each group of four bytes is in the machine's order, which is taken for little-endian. */
export function parseKernelSockets(text: string): readonly Listening[] {
  return text.split('\n').flatMap((line) => {
    const [, digits = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(line.trim()) ?? [];
    const bytes = (digits.match(/.{8}/g) ?? []).flatMap((word) =>
      (word.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)),
    );
    if (bytes.length === 0) return [];
    const text4 = bytes.join('.');
    const groups = (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':');
    const address = bytes.length === 4 ? text4 : canonicalIp(groups);
    return address === undefined ? [] : [{ address, port: Number.parseInt(port, 16) }];
  });
}
