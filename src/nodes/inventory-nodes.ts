/** Hosts of an inventory as nodes: which groups count, and how each host is reached. */
import { display } from '../model/display.ts';
import type { ClusterNode, Target } from '../model/node.ts';
import { UserError } from '../model/user-error.ts';
import { meant } from './did-you-mean.ts';
import type { InventoryView } from './inventory-view.ts';
import { isVault } from './inventory-yaml.ts';
import { readTarget, userFault } from './target.ts';

// Since v2.16, and before: https://github.com/kubernetes-sigs/kubespray/commit/360aff4a57
const controlPlaneGroups = ['kube_control_plane', 'kube-master', 'kube_master'];
const workerGroups = ['kube_node', 'kube-node'];

export interface InventoryNodes {
  readonly controlPlanes: readonly string[];
  readonly nodes: readonly ClusterNode[];
  readonly warnings: readonly string[];
}

export function nodesIn(view: InventoryView): InventoryNodes {
  const group = controlPlaneGroups.find((name) => (view.hostsOf(name) ?? []).length > 0);
  if (group === undefined)
    throw new UserError(
      `the inventory ${display(view.file)} has no host in the group kube_control_plane${meantGroup(view)}`,
      `its groups are ${view.groups
        .filter((name) => name !== 'all')
        .slice(0, 20)
        .map((name) => display(name, 40))
        .join(', ')}`,
    );
  const controlPlanes = view.hostsOf(group) ?? [];
  const workers = workerGroups.flatMap((name) => view.hostsOf(name) ?? []);
  const warnings = new Set<string>();
  const node =
    (role: ClusterNode['role']) =>
    (name: string): ClusterNode => {
      if (textOf(view, name, ['ansible_ssh_common_args', 'ansible_ssh_extra_args']) !== undefined)
        warnings.add(
          'ansible_ssh_common_args is not used: put a ProxyJump for these hosts into ~/.ssh/config',
        );
      if (textOf(view, name, ['ansible_ssh_private_key_file', 'ansible_private_key_file']) !== undefined)
        warnings.add('ansible_ssh_private_key_file is not used: give the key with --identity');
      return { name, role, target: targetOf(view, name), source: 'inventory' };
    };
  return {
    controlPlanes,
    nodes: [
      ...controlPlanes.map(node('control-plane')),
      ...[...new Set(workers)].filter((name) => !controlPlanes.includes(name)).map(node('worker')),
    ],
    warnings: [...warnings],
  };
}

function meantGroup(view: InventoryView): string {
  const known = view.groups.filter((name) => name !== 'all');
  return meant('kube_control_plane', known) || meant('kube-master', known);
}

/** https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html#connecting-to-hosts-behavioral-inventory-parameters */
function targetOf(view: InventoryView, host: string): Target {
  const connection = textOf(view, host, ['ansible_connection']) ?? 'ssh';
  if (connection === 'local' || connection === 'ansible.builtin.local') return { via: 'local' };
  const address = textOf(view, host, ['ansible_host', 'ansible_ssh_host']) ?? host;
  if (/(?:^|\.)docker(?:_api)?$/.test(connection)) return check(view, host, `docker://${address}`);
  if (!/^(?:smart|paramiko|(?:ansible\.builtin\.)?(?:ssh|paramiko_ssh))$/.test(connection))
    throw fault(view, host, 'ansible_connection', `is ${display(connection, 40)}, which is not supported`);
  const port = textOf(view, host, ['ansible_port', 'ansible_ssh_port']);
  const user = textOf(view, host, ['ansible_user', 'ansible_ssh_user']);
  if (user !== undefined && userFault(user) !== undefined)
    throw fault(view, host, 'ansible_user', `is ${display(user, 40)}: ${userFault(user)}`);
  // Written as a node is written, so that one grammar decides.
  const bracketed = address.includes(':') ? `[${address}]` : address;
  return check(
    view,
    host,
    `ssh://${user === undefined ? '' : `${user}@`}${bracketed}${port === undefined ? '' : `:${port}`}`,
  );
}

function check(view: InventoryView, host: string, text: string): Target {
  const reading = readTarget(text);
  if (reading.ok) return reading.target;
  throw new UserError(
    `the inventory ${display(view.file)}: host ${display(host, 80)} cannot be reached at ${display(text, 120)}: ${reading.fault}`,
    'see ansible_host, ansible_port and ansible_user of that host',
  );
}

/** The text or number in effect of the first of these variables that is set. What must be computed is refused: nothing is evaluated. */
function textOf(view: InventoryView, host: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = view.valueOf(host, name);
    if (value === undefined || value === null || value === '') continue;
    if (isVault(value)) throw fault(view, host, name, 'is encrypted with Ansible Vault');
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') throw fault(view, host, name, 'is neither a text nor a number');
    if (isTemplate(value))
      throw fault(view, host, name, 'is a Jinja template, which is never evaluated here');
    return value;
  }
  return undefined;
}

export function isTemplate(text: string): boolean {
  return /\{\{|\{%|\{#/.test(text);
}

function fault(view: InventoryView, host: string, name: string, why: string): UserError {
  const place = view.placesOf(host, name).at(-1)?.place;
  const where = place === undefined ? display(view.file) : `${display(place.file)}, line ${place.line}`;
  return new UserError(
    `${where}: ${name} of ${display(host, 80)} ${why}`,
    'write the plain value, or name the nodes with --node',
  );
}
