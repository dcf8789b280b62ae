/** The documented subset of Ansible's YAML inventories, and of files of variables: groups, hosts, children, vars; nothing is evaluated. */
import type { ScalarTag } from 'yaml';
import { display } from '../model/display.ts';
import { readYaml, type YamlReading } from '../model/safe-yaml.ts';
import { UserError } from '../model/user-error.ts';
import { expandPattern } from './host-pattern.ts';
import { subsetHint } from './inventory-ini.ts';
import { groupIn, hostIn, newTree, type Settings, type Tree } from './inventory-tree.ts';

/** What stands for a value that is encrypted; the same shape as in the output of ansible-inventory. */
const vaultTag: ScalarTag = { tag: '!vault', resolve: () => ({ __ansible_vault: true }) };
const unsafeTag: ScalarTag = { tag: '!unsafe', resolve: (text) => text };

export function isVault(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '__ansible_vault');
}

type Read = Extract<YamlReading, { ok: true }>;
type Path = readonly (string | number)[];

export function readAnsibleYaml(text: string, file: string, what: string): Read {
  const reading = readYaml(text, { merge: true, customTags: [vaultTag, unsafeTag] });
  if (reading.ok) return reading;
  throw new UserError(
    `${what} ${display(file)}, line ${reading.line}, column ${reading.column}: ${reading.fault}`,
    subsetHint,
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a YAML inventory asks for a plugin, which is a program. */
export function pluginOf(reading: Read): string | undefined {
  if (!isMap(reading.value) || !Object.hasOwn(reading.value, 'plugin')) return undefined;
  const { plugin } = reading.value;
  return typeof plugin === 'string' ? plugin : 'of unknown name';
}

/** Whether it is what ansible-inventory --list printed. */
export function isList(reading: Read): boolean {
  return isMap(reading.value) && isMap(reading.value['_meta']) && isMap(reading.value['_meta']['hostvars']);
}

/** https://docs.ansible.com/ansible/latest/collections/ansible/builtin/yaml_inventory.html */
export function readYamlInventory(reading: Read, file: string): Tree {
  const tree = newTree();
  const refuse = (path: Path, why: string): UserError => {
    const { line, column } = reading.placeOf(path, 'key');
    return new UserError(
      `the inventory ${display(file)}, line ${line}, column ${column}: ${why}`,
      subsetHint,
    );
  };
  const mapAt = (path: Path, value: unknown): readonly (readonly [string, unknown])[] => {
    if (value === null || value === undefined) return [];
    if (!isMap(value)) throw refuse(path, `${display(path.join('.'), 80)} is no map`);
    return Object.entries(value);
  };
  const settingsAt = (into: Settings, path: Path, value: unknown): void => {
    for (const [key, one] of mapAt(path, value))
      into.set(key, { value: one, place: { file, line: reading.placeOf([...path, key], 'key').line } });
  };
  const groupAt = (name: string, path: Path, value: unknown): void => {
    const group = groupIn(tree, name);
    for (const [key, inner] of mapAt(path, value)) {
      const here = [...path, key];
      if (key === 'vars') settingsAt(group.settings, here, inner);
      else if (key === 'children')
        for (const [child, body] of mapAt(here, inner)) {
          group.children.add(child);
          groupAt(child, [...here, child], body);
        }
      else if (key === 'hosts')
        for (const [pattern, variables] of mapAt(here, inner)) {
          const expanded = expandPattern(pattern);
          if (!expanded.ok) throw refuse([...here, pattern], `${display(pattern, 80)} ${expanded.fault}`);
          for (const host of expanded.hosts) {
            const settings = hostIn(tree, host);
            group.hosts.add(host);
            groupIn(tree, 'all').hosts.add(host);
            const { line } = reading.placeOf([...here, pattern], 'key');
            if (expanded.port !== undefined)
              settings.set('ansible_port', { value: expanded.port, place: { file, line } });
            settingsAt(settings, [...here, pattern], variables);
          }
        }
      // Ansible ignores other keys with a warning.
    }
  };
  for (const [name, body] of mapAt([], reading.value)) groupAt(name, [name], body);
  return tree;
}

/** A file under group_vars or host_vars. */
export function readSettings(reading: Read, file: string): Settings {
  const settings: Settings = new Map();
  if (reading.value === null || reading.value === undefined) return settings;
  if (!isMap(reading.value))
    throw new UserError(`${display(file)} holds no variables (name: value)`, subsetHint);
  for (const [key, value] of Object.entries(reading.value))
    settings.set(key, { value, place: { file, line: reading.placeOf([key], 'key').line } });
  return settings;
}
