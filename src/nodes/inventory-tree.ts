/** An inventory as a tree of groups, whatever it was written in, and the order in which Ansible lets groups set variables. */

export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A variable with the place that sets it. The value is hostile, and may be a Jinja template or vault text. */
export interface Setting {
  readonly value: unknown;
  readonly place: Place;
}

export type Settings = Map<string, Setting>;

export interface Group {
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly settings: Settings;
}

export interface Tree {
  readonly groups: Map<string, Group>;
  /** Each host with what the inventory itself sets for it. */
  readonly hosts: Map<string, Settings>;
}

export function newTree(): Tree {
  const tree: Tree = { groups: new Map(), hosts: new Map() };
  groupIn(tree, 'all');
  return tree;
}

export function groupIn(tree: Tree, name: string): Group {
  const known = tree.groups.get(name);
  if (known) return known;
  const group: Group = { hosts: new Set(), children: new Set(), settings: new Map() };
  tree.groups.set(name, group);
  return group;
}

export function hostIn(tree: Tree, name: string): Settings {
  const known = tree.hosts.get(name);
  if (known) return known;
  const settings: Settings = new Map();
  tree.hosts.set(name, settings);
  return settings;
}

/** The hosts of a group and of all groups below it, each once, in the order of the file; undefined where there is no such group. */
export function hostsOf(tree: Tree, name: string): readonly string[] | undefined {
  if (!tree.groups.has(name)) return undefined;
  const seen = new Set<string>();
  const found = new Set<string>();
  const open = [name];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const group = tree.groups.get(next);
    for (const host of group?.hosts ?? []) found.add(host);
    open.unshift(...(group?.children ?? []));
  }
  return [...found];
}

/** A group below itself: Ansible refuses that, and so do we. */
export function loopIn(tree: Tree): string | undefined {
  const done = new Set<string>();
  const visit = (name: string, above: ReadonlySet<string>): string | undefined => {
    if (above.has(name)) return name;
    if (done.has(name)) return undefined;
    const path = new Set([...above, name]);
    for (const child of tree.groups.get(name)?.children ?? []) {
      const loop = visit(child, path);
      if (loop !== undefined) return loop;
    }
    done.add(name);
    return undefined;
  };
  return [...tree.groups.keys()].map((name) => visit(name, new Set())).find((loop) => loop !== undefined);
}

/**
 * The groups of a host in the order in which they set variables, the last one wins: by depth, then priority, then name.
 * `all` is first. https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html#how-variables-are-merged
 */
export function groupsOf(tree: Tree, host: string): readonly string[] {
  const depths = depthsOf(tree);
  const priority = (name: string): number => {
    const value = tree.groups.get(name)?.settings.get('ansible_group_priority')?.value;
    return typeof value === 'number' ? value : 1;
  };
  return [...tree.groups.keys()]
    .filter((name) => name === 'all' || hostsOf(tree, name)?.includes(host) === true)
    .toSorted(
      (one, other) =>
        (depths.get(one) ?? 1) - (depths.get(other) ?? 1) ||
        priority(one) - priority(other) ||
        (one < other ? -1 : 1),
    );
}

/** One more than the deepest parent; every group is below `all`. */
function depthsOf(tree: Tree): ReadonlyMap<string, number> {
  const depths = new Map<string, number>([['all', 0]]);
  // Without loops, a path is no longer than there are groups.
  for (let changed = true, round = 0; changed && round <= tree.groups.size; round++) {
    changed = false;
    for (const [name, { children }] of tree.groups) {
      const here = depths.get(name) ?? 1;
      depths.set(name, here);
      for (const child of children) {
        if (child === 'all' || (depths.get(child) ?? 0) > here) continue;
        depths.set(child, here + 1);
        changed = true;
      }
    }
  }
  return depths;
}
