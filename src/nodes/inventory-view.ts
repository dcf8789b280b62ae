/** One way to ask an inventory, whether Ansible read it or the documented subset did. */
import type { InventoryFacts } from '../model/cluster-facts.ts';
import type { AnsibleList } from './ansible-inventory.ts';
import { groupIn, hostIn, hostsOf, newTree, type Setting, type Tree } from './inventory-tree.ts';
import { settingsIn, type VariableFiles } from './inventory-vars.ts';

export interface InventoryView {
  readonly file: string;
  readonly readBy: InventoryFacts['readBy'];
  readonly groups: readonly string[];
  readonly hostsOf: (group: string) => readonly string[] | undefined;
  /** What is in effect. */
  readonly valueOf: (host: string, name: string) => unknown;
  /** Where it is set, from the weakest place to the strongest; empty where only Ansible knows. */
  readonly placesOf: (host: string, name: string) => readonly Setting[];
}

export function viewOfTree(file: string, tree: Tree, files: VariableFiles): InventoryView {
  const placesOf = settingsIn(tree, files);
  return {
    file,
    readBy: 'subset',
    groups: [...tree.groups.keys()],
    hostsOf: (group) => hostsOf(tree, group),
    valueOf: (host, name) => placesOf(host, name).at(-1)?.value,
    placesOf,
  };
}

/** Ansible tells what is in effect, but not where it is set: that is from our own reading, where there is one. */
export function viewOfList(file: string, { groups, hosts }: AnsibleList, own?: InventoryView): InventoryView {
  const tree = newTree();
  for (const [name, { hosts: direct, children }] of groups) {
    const group = groupIn(tree, name);
    for (const child of children) group.children.add(child);
    for (const host of direct) {
      group.hosts.add(host);
      hostIn(tree, host);
    }
  }
  return {
    file,
    readBy: 'ansible-inventory',
    groups: [...groups.keys()],
    hostsOf: (group) => hostsOf(tree, group),
    valueOf: (host, name) => {
      const values = hosts.get(host) ?? {};
      return Object.hasOwn(values, name) ? values[name] : undefined;
    },
    placesOf: (host, name) => own?.placesOf(host, name) ?? [],
  };
}
