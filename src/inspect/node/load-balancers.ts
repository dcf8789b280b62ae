/** Load balancers that a node runs itself: on what they answer, and where they lead. */
import type { LoadBalancerFacts } from '../../model/node-facts.ts';
import { parseFlags, type StaticPod } from './manifest.ts';

interface Backend {
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.1:6443`, `[fd00::1]:6443`, `*:8443`, `6443`; what has no port gets the one given. */
export function parseEndpoint(text: string, usualPort?: number): Backend | undefined {
  const found =
    /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text) ??
    /^([^:[\]\s]*):(\d{1,5})$/.exec(text) ??
    /^(?:)(\d{1,5})$/.exec(text)?.toSpliced(1, 0, '') ??
    /^([^:[\]\s]+)$/.exec(text) ??
    // Also `:::6443`, as keepalived and ss have it.
    /^([0-9a-fA-F:]*:):(\d{1,5})$/.exec(text);
  if (!found) return undefined;
  const port = found[2] === undefined ? usualPort : Number(found[2]);
  return port === undefined || port < 1 || port > 65_535 ? undefined : { host: found[1] ?? '', port };
}

/** Lines as the sanitizer writes them: one statement or brace a line. Only TCP as it is (`stream`): another is no way to an API server. */
export function parseNginx(path: string, lines: readonly string[]): readonly LoadBalancerFacts[] {
  const upstreams = new Map<string, Backend[]>();
  const servers: { listens: string[]; pass?: string }[] = [];
  const blocks: string[] = [];
  // Counted, since looking through a hundred thousand open blocks for each line would cost their square.
  let streams = 0;
  for (const line of lines) {
    const [word = '', value = ''] = line.replace(/[;{]$/, '').trim().split(/\s+/);
    if (line === '}') streams -= blocks.pop() === 'stream' ? 1 : 0;
    else if (line.endsWith('{')) {
      blocks.push(word === 'upstream' ? `upstream ${value}` : word);
      if (word === 'stream') streams += 1;
      if (word === 'upstream' && streams > 0) upstreams.set(value, []);
      if (word === 'server' && streams > 0) servers.push({ listens: [] });
    } else if (streams > 0) {
      const inside = blocks.at(-1) ?? '';
      const server = servers.at(-1);
      const backend = parseEndpoint(value);
      if (word === 'server' && inside.startsWith('upstream ') && backend)
        upstreams.get(inside.slice('upstream '.length))?.push(backend);
      if (inside === 'server' && server && word === 'listen') server.listens.push(value);
      if (inside === 'server' && server && word === 'proxy_pass') server.pass = value;
    }
  }
  return servers.flatMap(({ listens, pass }) => {
    if (pass === undefined) return [];
    const direct = parseEndpoint(pass);
    const backends = upstreams.get(pass) ?? (direct ? [direct] : []);
    return facts('nginx', path, listens, backends);
  });
}

/** Several `listen` on one port are one load balancer. */
function facts(
  kind: LoadBalancerFacts['kind'],
  path: string,
  listens: readonly string[],
  backends: readonly Backend[],
): readonly LoadBalancerFacts[] {
  if (backends.length === 0) return [];
  const byPort = new Map<number, string[]>();
  for (const listen of listens) {
    const endpoint = parseEndpoint(listen);
    if (!endpoint) continue;
    const addresses = byPort.get(endpoint.port) ?? [];
    // Everywhere is no address of its own.
    if (!['', '*', '0.0.0.0', '::'].includes(endpoint.host)) addresses.push(endpoint.host);
    byPort.set(endpoint.port, addresses);
  }
  return [...byPort].map(([port, addresses]) => ({ kind, path, addresses, port, backends }));
}

export function parseHaproxy(path: string, lines: readonly string[]): readonly LoadBalancerFacts[] {
  const sections: {
    kind: string;
    name: string;
    binds: string[];
    servers: Backend[];
    leadsTo: string[];
    mode?: string;
  }[] = [];
  let usualMode = 'tcp';
  for (const line of lines) {
    const [word = '', first = '', second = ''] = line.trim().split(/\s+/);
    if (['global', 'defaults', 'frontend', 'backend', 'listen'].includes(word)) {
      // `frontend NAME ADDRESS`, which old configurations have.
      const binds = (word === 'frontend' || word === 'listen') && second !== '' ? [second] : [];
      sections.push({ kind: word, name: first, binds, servers: [], leadsTo: [] });
      continue;
    }
    const section = sections.at(-1);
    if (!section) continue;
    const backend = parseEndpoint(second);
    if (word === 'bind') section.binds.push(...first.split(','));
    else if (word === 'server' && backend) section.servers.push(backend);
    else if (word === 'default_backend' || word === 'use_backend') section.leadsTo.push(first);
    else if (word === 'mode' && section.kind === 'defaults') usualMode = first;
    else if (word === 'mode') section.mode = first;
  }
  const backends = new Map<string, { readonly at: number; readonly servers: readonly Backend[] }[]>();
  for (const [at, { kind, name, servers }] of sections.entries()) {
    if (kind !== 'backend') continue;
    const before = backends.get(name);
    if (before === undefined) backends.set(name, [{ at, servers }]);
    else before.push({ at, servers });
  }
  return sections
    .filter(({ kind, mode = usualMode }) => (kind === 'frontend' || kind === 'listen') && mode === 'tcp')
    .flatMap(({ binds, servers, leadsTo }) => {
      const behind = [...new Set(leadsTo)]
        .flatMap((name) => backends.get(name) ?? [])
        .toSorted((one, other) => one.at - other.at);
      return facts('haproxy', path, binds, [...servers, ...behind.flatMap((backend) => backend.servers)]);
    });
}

/** VIPs of all instances; with virtual_server (IPVS) also where they lead. */
export function parseKeepalived(path: string, lines: readonly string[]): readonly LoadBalancerFacts[] {
  const vips: string[] = [];
  const servers: { address: string; port: number | undefined; backends: Backend[] }[] = [];
  for (const line of lines) {
    const [word = '', first = '', second = ''] = line.replace(/\{$/, '').trim().split(/\s+/);
    const port = /^\d{1,5}$/.test(second) ? Number(second) : undefined;
    if (word === 'address' && first !== '') vips.push(first.replace(/\/\d+$/, ''));
    else if (word === 'virtual_server') servers.push({ address: first, port, backends: [] });
    else if (word === 'real_server' && port !== undefined)
      servers.at(-1)?.backends.push({ host: first, port });
  }
  const addresses = [...new Set(vips)];
  const alone: readonly LoadBalancerFacts[] =
    addresses.length === 0 ? [] : [{ kind: 'keepalived', path, addresses, backends: [] }];
  return [
    ...alone,
    ...servers.map(({ address, port, backends }): LoadBalancerFacts => ({
      kind: 'keepalived',
      path,
      addresses: [address],
      ...(port !== undefined && { port }),
      backends,
    })),
  ];
}

/** From its variables, or its flags: https://kube-vip.io/docs/installation/flags/ */
export function parseKubeVip(path: string, pod: StaticPod): readonly LoadBalancerFacts[] {
  const isKubeVip = pod.name.startsWith('kube-vip') || /(^|\/)kube-vip(:|@|-|$)/.test(pod.image ?? '');
  if (!isKubeVip) return [];
  const flags = parseFlags(pod.words);
  const get = (variable: string, ...names: readonly string[]) =>
    pod.variables.get(variable) ?? names.map((name) => flags[name]?.at(-1)).find((value) => value);
  // One that only serves Services of type LoadBalancer has no address for the control plane.
  if (get('cp_enable', 'controlplane') === 'false') return [];
  const address = get('address', 'address') ?? get('vip_address', 'vip');
  if (address === undefined || address === '' || address === 'true' || address === 'removed') return [];
  const port = Number(get('lb_port', 'lbPort') ?? get('port', 'port') ?? '6443');
  return [
    {
      kind: 'kube-vip',
      path,
      addresses: address
        .split(',')
        .map((one) => one.trim().replace(/\/\d+$/, ''))
        .filter((one) => one !== ''),
      ...(Number.isInteger(port) && port > 0 && port < 65_536 && { port }),
      backends: [],
    },
  ];
}
