/** The machine: its name, clock, addresses and sockets, kubeadm, pods, and whose cluster its files show. */
import type { DistributionTrace, NodeFacts, SystemFacts } from '../../model/node-facts.ts';
import type { Pod } from '../../model/pod.ts';
import type { NodeReply } from './frames-of.ts';
import {
  addressOf,
  defaultLink,
  parseIpAddr,
  parseKernelAddresses,
  parseKernelSockets,
  parseSs,
} from './network.ts';
import { tracePaths } from './script-system.ts';
import { parseFields, parseRows } from './texts.ts';

export function systemOf(reply: NodeReply): SystemFacts {
  const fields = parseFields(reply.text('system'));
  const addresses = reply.has('addresses')
    ? parseIpAddr(reply.text('addresses'))
    : parseKernelAddresses(reply.text('kernel-addresses'));
  const defaultRouteAddress = addressOf(defaultLink(reply.text('routes')), addresses);
  const [bootId, runtime, enforcing] = [fields.get('boot'), fields.get('runtime'), fields.get('selinux')];
  return {
    hostname: fields.get('hostname') ?? '',
    ...(bootId !== undefined && { bootId }),
    uid: Number(fields.get('user') ?? Number.NaN),
    initIsSystemd: fields.get('systemd') === 'yes',
    addresses: [...new Set(addresses.map(({ address }) => address))],
    ...(defaultRouteAddress !== undefined && { defaultRouteAddress }),
    listening: reply.has('sockets')
      ? parseSs(reply.text('sockets'))
      : parseKernelSockets(reply.text('kernel-sockets')),
    firewall: reply
      .text('firewall')
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, 200),
    ...(runtime && { runtime }),
    ...(enforcing && { selinux: enforcing === '1' ? 'enforcing' : 'permissive' }),
  };
}

export interface Span {
  /** Our clock when the question was sent and when its answer was there, in milliseconds. */
  readonly asked: number;
  readonly answered: number;
}

/** As NTP does it: https://www.rfc-editor.org/rfc/rfc5905#section-8. Undefined where the node tells no time. */
export function skewOf(reply: NodeReply, { asked, answered }: Span): number | undefined {
  // busybox prints the N that it does not know.
  const [started, ended] = ['started', 'ended'].map((name) =>
    Number(/^\d+(?:\.\d+)?/.exec(reply.text(name))?.[0]),
  );
  if (started === undefined || ended === undefined || Number.isNaN(started + ended)) return undefined;
  return Math.round((started * 1000 - asked + (ended * 1000 - answered)) / 2) / 1000;
}

const usualFolders: ReadonlySet<string> = new Set([
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/bin',
]);

export function kubeadmOf(reply: NodeReply): NodeFacts['kubeadm'] {
  const [path = '', real = '', version = ''] = parseRows(reply.text('kubeadm'), 3)[0] ?? [];
  if (path === '') return undefined;
  const plain = (at: string) =>
    reply.root !== '' && at.startsWith(`${reply.root}/`) ? at.slice(reply.root.length) : at;
  const realPath = plain(real);
  const isOddPath = !usualFolders.has(realPath.replace(/\/[^/]*$/, ''));
  return {
    path: plain(path),
    version: /^v\d[\w.+-]{0,60}$/.test(version.trim()) ? version.trim() : '',
    isOddPath,
    ...(isOddPath && realPath !== plain(path) && { realPath }),
  };
}

/** process, namespace, name, and the API server's address and port as its environment has them; no file of a pod is read */
export function podsOf(reply: NodeReply): readonly Pod[] {
  return parseRows(reply.text('pods'), 5).flatMap(
    ([id, namespace = '', name = '', serviceHost = '', servicePort = '']) => {
      const pid = Number(id);
      if (!Number.isInteger(pid) || pid <= 0) return [];
      return [
        {
          name,
          namespace,
          pid,
          ...(serviceHost !== '' && { serviceHost }),
          ...(servicePort !== '' && { servicePort }),
        },
      ];
    },
  );
}

const processes: Readonly<Record<string, DistributionTrace['distribution']>> = {
  'k3s-server': 'k3s',
  'k3s-agent': 'k3s',
  k3s: 'k3s',
  rke2: 'rke2',
  k0s: 'k0s',
  kubelite: 'microk8s',
  machined: 'talos',
};

export function distributionsOf(reply: NodeReply): readonly DistributionTrace[] {
  const paths: Readonly<Record<string, DistributionTrace['distribution']>> = tracePaths;
  return reply
    .text('traces')
    .split('\n')
    .flatMap((line): readonly DistributionTrace[] => {
      const [what = '', ...rest] = line.split(':');
      const value = rest.join(':');
      if (what === 'kubelet' && value === 'kind')
        return [{ distribution: 'kind', evidence: 'kubelet --provider-id=kind:' }];
      const isPath = what === 'path';
      const distribution = ownValue(isPath ? paths : processes, value);
      return distribution ? [{ distribution, evidence: isPath ? value : `${what} ${value}` }] : [];
    });
}

function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
