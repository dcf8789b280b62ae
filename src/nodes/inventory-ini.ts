/** The documented subset of Ansible's INI inventories: groups, children, vars, ranges, ports and variables on host lines. */
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import { expandPattern } from './host-pattern.ts';
import { groupIn, hostIn, newTree, type Settings, type Tree } from './inventory-tree.ts';
import { readLiteral } from './python-literal.ts';

export const subsetHint =
  'install Ansible: with ansible-inventory in PATH, inventories of every kind are read';

type Section = { readonly kind: 'hosts' | 'vars' | 'children'; readonly group: string };

/** https://docs.ansible.com/ansible/latest/collections/ansible/builtin/ini_inventory.html */
export function readIni(text: string, file: string): Tree {
  const tree = newTree();
  let section: Section = { kind: 'hosts', group: 'ungrouped' };
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    const place = { file, line: index + 1 };
    const refuse = (why: string): UserError =>
      new UserError(`the inventory ${display(file)}, line ${index + 1}: ${why}`, subsetHint);
    if (line.startsWith('[') && !/^\[[0-9a-f]*:[0-9a-f:.]*\]/i.test(line)) {
      section = sectionOf(line, refuse);
      groupIn(tree, section.group);
    } else if (section.kind === 'vars') {
      setting(groupIn(tree, section.group).settings, line, place, refuse);
    } else if (section.kind === 'children') {
      const [child = '', ...rest] = words(line, refuse);
      if (rest.length > 0) throw refuse('a line of a :children section is the name of one group');
      groupIn(tree, child);
      groupIn(tree, section.group).children.add(child);
    } else {
      const [pattern = '', ...variables] = words(line, refuse);
      const reading = expandPattern(pattern);
      if (!reading.ok) throw refuse(`${display(pattern, 80)} ${reading.fault}`);
      for (const host of reading.hosts) {
        const settings = hostIn(tree, host);
        groupIn(tree, section.group).hosts.add(host);
        groupIn(tree, 'all').hosts.add(host);
        if (reading.port !== undefined) settings.set('ansible_port', { value: reading.port, place });
        for (const variable of variables) setting(settings, variable, place, refuse);
      }
    }
  }
  return tree;
}

function sectionOf(line: string, refuse: (why: string) => UserError): Section {
  const [, group = '', kind = 'hosts'] = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line) ?? [];
  if (group === '' || (kind !== 'hosts' && kind !== 'vars' && kind !== 'children'))
    throw refuse(`${display(line, 80)} is no section`);
  return { kind, group };
}

function setting(
  settings: Settings,
  text: string,
  place: { file: string; line: number },
  refuse: (why: string) => UserError,
): void {
  const at = text.indexOf('=');
  const key = text.slice(0, Math.max(at, 0)).trim();
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw refuse(`${display(text, 80)} is no variable (name=value)`);
  settings.set(key, { value: readLiteral(text.slice(at + 1).trim()), place });
}

/** Split as Ansible does it, with Python's shlex: quotes group and vanish, backslashes escape, # starts a comment. */
function words(line: string, refuse: (why: string) => UserError): readonly string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    const isEscape = character === '\\' && quote !== "'";
    if (isEscape && (quote === '' || /["\\]/.test(line[at + 1] ?? '')))
      word = (word ?? '') + (line[++at] ?? '');
    else if (quote !== '' && character === quote) quote = '';
    else if (quote !== '') word = (word ?? '') + character;
    else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (character === '#') break;
    else word = (word ?? '') + character;
  }
  if (quote !== '') throw refuse('a quote is not closed');
  if (word !== undefined) found.push(word);
  return found;
}
