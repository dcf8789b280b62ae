/** What is in effect for a host: variables of the inventory, of group_vars and of host_vars, in Ansible's order of precedence. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { display } from '../model/display.ts';
import { subsetHint } from './inventory-ini.ts';
import { groupOrder, type Setting, type Settings, type Tree } from './inventory-tree.ts';
import { readAnsibleYaml, readSettings } from './inventory-yaml.ts';
import { readTextFile } from './read-file.ts';

export interface VariableFiles {
  readonly ofGroups: ReadonlyMap<string, Settings>;
  readonly ofHosts: ReadonlyMap<string, Settings>;
  /** Files that are encrypted as a whole: what they set is unknown. */
  readonly encrypted: readonly string[];
}

/** group_vars and host_vars beside the inventory. */
export async function readVariableFiles(
  folder: string,
  tree: Tree,
  hosts: readonly string[],
): Promise<VariableFiles> {
  const encrypted: string[] = [];
  const load = async (kind: string, names: Iterable<string>): Promise<Map<string, Settings>> => {
    const found = new Map<string, Settings>();
    if (!(await isFolder(path.join(folder, kind)))) return found;
    for (const name of names) {
      // A name out of a file becomes a part of a path.
      if (/[/\\\0]/.test(name) || name === '.' || name === '..') continue;
      const settings: Settings = new Map();
      for (const file of await filesOf(path.join(folder, kind), name)) {
        const { text } = await readTextFile(file, { what: 'the variables in', hint: subsetHint });
        if (text.startsWith('$ANSIBLE_VAULT;')) encrypted.push(file);
        else
          for (const [key, setting] of readSettings(readAnsibleYaml(text, file, 'the variables in'), file))
            settings.set(key, setting);
      }
      found.set(name, settings);
    }
    return found;
  };
  const ofGroups = await load('group_vars', tree.groups.keys());
  return { ofGroups, ofHosts: await load('host_vars', hosts), encrypted };
}

async function isFolder(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    return false;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}

const endings = ['', '.yml', '.yaml', '.json'];

/** The first that exists, file or folder: https://github.com/ansible/ansible/blob/v2.17.0/lib/ansible/parsing/dataloader.py (find_vars_files) */
async function filesOf(folder: string, name: string): Promise<readonly string[]> {
  for (const ending of endings) {
    const file = path.join(folder, name + ending);
    if (!(await exists(file))) continue;
    return (await isFolder(file)) ? filesBelow(file, 0) : [file];
  }
  return [];
}

async function filesBelow(folder: string, depth: number): Promise<readonly string[]> {
  if (depth > 8) return [];
  const found: string[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    if (name.startsWith('.') || name.endsWith('~')) continue;
    const file = path.join(folder, name);
    if (await isFolder(file)) found.push(...(await filesBelow(file, depth + 1)));
    else if (endings.includes(path.extname(name))) found.push(file);
  }
  return found;
}

/**
 * Tells all settings of one variable for a host, from the weakest to the one in effect:
 * https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html#understanding-variable-precedence
 */
export function settingsIn(
  tree: Tree,
  files: VariableFiles,
): (host: string, name: string) => readonly Setting[] {
  const groupsOf = groupOrder(tree);
  return (host, name) => {
    const groups = groupsOf(host);
    const sources: readonly (Settings | undefined)[] = [
      ...groups.map((group) => tree.groups.get(group)?.settings),
      ...groups.map((group) => files.ofGroups.get(group)),
      tree.hosts.get(host),
      files.ofHosts.get(host),
    ];
    return sources.flatMap((settings) => settings?.get(name) ?? []);
  };
}

/** `group_vars/all/all.yml:12` */
export function formatPlace({ place }: Setting, folder: string): string {
  return `${display(path.relative(folder, place.file))}:${place.line}`;
}
