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
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const group = tree.groups.get(next);
    for (const host of group?.hosts ?? []) found.add(host);
    open.push(...[...(group?.children ?? [])].toReversed());
  }
  return [...found];
}

/** A group below itself, if there is one: Ansible refuses that, and so do we. */
export function loopIn(tree: Tree): string | undefined {
  const depths = depthsOf(tree);
  return [...tree.groups.keys()].find((name) => !depths.has(name));
}

/**
 * Tells the groups of a host in the order in which they set variables, the last one wins: by depth, then priority, then
 * name; `all` is first. https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html#how-variables-are-merged
 */
export function groupOrder(tree: Tree): (host: string) => readonly string[] {
  const depths = depthsOf(tree);
  const above = new Map<string, string[]>();
  const direct = new Map<string, string[]>();
  for (const [name, { children, hosts }] of tree.groups) {
    for (const child of children) push(above, child, name);
    for (const host of hosts) push(direct, host, name);
  }
  const priority = (name: string): number => {
    const value = tree.groups.get(name)?.settings.get('ansible_group_priority')?.value;
    return typeof value === 'number' ? value : 1;
  };
  const order = (one: string, other: string): number =>
    (depths.get(one) ?? 1) - (depths.get(other) ?? 1) ||
    priority(one) - priority(other) ||
    (one < other ? -1 : 1);
  const known = new Map<string, readonly string[]>();
  return (host) => {
    const found =
      known.get(host) ?? [...withAll(above, ['all', ...(direct.get(host) ?? [])])].toSorted(order);
    known.set(host, found);
    return found;
  };
}

function push(into: Map<string, string[]>, key: string, value: string): void {
  const list = into.get(key);
  if (list) list.push(value);
  else into.set(key, [value]);
}

/** These groups and all above them. */
function withAll(
  above: ReadonlyMap<string, readonly string[]>,
  groups: readonly string[],
): ReadonlySet<string> {
  const found = new Set(groups);
  for (const name of found) for (const parent of above.get(name) ?? []) found.add(parent);
  return found;
}

/** One more than the deepest parent, parents first (Kahn), so that a group in or below a loop gets none. */
function depthsOf(tree: Tree): ReadonlyMap<string, number> {
  const waiting = new Map<string, number>();
  for (const { children } of tree.groups.values())
    for (const child of children) waiting.set(child, (waiting.get(child) ?? 0) + 1);
  const depths = new Map<string, number>();
  const depthSoFar = new Map<string, number>([['all', 0]]);
  const ready = [...tree.groups.keys()].filter((name) => !waiting.has(name));
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const depth = depthSoFar.get(name) ?? 1;
    depths.set(name, depth);
    for (const child of tree.groups.get(name)?.children ?? []) {
      depthSoFar.set(child, Math.max(depthSoFar.get(child) ?? 1, depth + 1));
      const left = (waiting.get(child) ?? 1) - 1;
      waiting.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  return depths;
}
