/** What to type to see more than this run did: the API, and the other control planes. */
import type { NextStep } from '../model/inspection.ts';
import type { Context } from './context.ts';
import { mostNames } from './lasting-steps.ts';
import { safeSshHost, unglobbed } from './shell-safe.ts';
import { kubectl } from './tunnel.ts';

/** Without the API nobody knows the ClusterIP, the configuration and the other control planes. */
export function askApi(context: Context): readonly NextStep[] {
  const steps: readonly NextStep[] = [
    {
      where: 'here',
      why: 'what kubectl says by the same kubeconfig: the API tells the ClusterIP, kubeadm-config and the other control planes',
      command: `${kubectl(context)} get nodes`,
    },
  ];
  return context.facts.nodes.length > 0
    ? steps
    : [
        ...steps,
        {
          where: 'here',
          why: 'with a login, a control plane tells all of that by its own admin.conf',
          command: 'fix-sans inspect --node USER@CONTROL-PLANE',
        },
      ];
}

export function inspectOthers({ facts }: Context, names: readonly string[]): readonly NextStep[] {
  const hosts = (facts.api?.controlPlanes ?? [])
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name, internalIps: [ip = name] }) => safeSshHost(ip) ?? [])
    .slice(0, mostNames);
  if (hosts.length === 0) return [];
  const nodes = hosts
    .map((host) => `--node ${unglobbed(`ssh://${host.includes(':') ? `[${host}]` : host}`)}`)
    .join(' ');
  return [
    {
      where: 'here',
      why: 'the control planes that nobody looked at, with the user and the options as before',
      command: `fix-sans inspect ${nodes}`,
    },
  ];
}
