/** Where supplementary_addresses_in_ssl_keys is in effect, or where it belongs, and the patch that adds names there. */
import { levels, type VariableFile } from '../model/inventory-source.ts';
import { find, type Found, listIn, type ListRefused, readList } from './yaml-place.ts';
import { addToList, isSameBeside } from './yaml-list.ts';
import { sameName } from './kubeadm-forms.ts';
import { unifiedDiff } from './unified-diff.ts';

export const variable = 'supplementary_addresses_in_ssl_keys';
const place = { path: [variable] };

export type { VariableFile } from '../model/inventory-source.ts';

export type InventoryPatch =
  | {
      readonly kind: 'edit';
      readonly path: string;
      readonly before: string;
      readonly after: string;
      readonly diff: string;
      readonly added: readonly string[];
      /** Files whose value this one hides. */
      readonly hides: readonly string[];
    }
  | { readonly kind: 'nothing'; readonly path: string }
  /** Printed, never edited. */
  | {
      readonly kind: 'advice';
      readonly path: string;
      readonly line: number;
      readonly column: number;
      readonly why: string;
      readonly text: string;
    };

export interface InventoryAsk {
  /** Of one folder, in the order in which Ansible reads them: a later one of the same level wins. */
  readonly files: readonly VariableFile[];
  readonly controlPlanes: readonly string[];
  readonly names: readonly string[];
  /** Where it goes if it is nowhere: `group_vars/k8s_cluster/k8s-cluster.yml`. */
  readonly belongs: { readonly path: string; readonly text: string };
}

/** One patch for each file that is in effect for a control plane. */
export function patchInventory({
  files,
  controlPlanes,
  names,
  belongs,
}: InventoryAsk): readonly InventoryPatch[] {
  const parsed = new Map(files.map((file) => [file, find(file.text, place)] as const));
  const setting = files.filter((file) => {
    const found = parsed.get(file);
    const reading = found === undefined || 'ok' in found ? undefined : listIn(found, place);
    return reading?.ok === true ? reading.items !== undefined : mentions(file.text);
  });
  const effective = new Map<string, VariableFile | undefined>();
  for (const host of controlPlanes) {
    const file = inEffect(setting, host);
    effective.set(file?.path ?? '', file);
  }
  return [...effective.values()].map((file) => {
    if (file === undefined) return intoSample(belongs, names);
    const hides = setting
      .filter((other) => other !== file && rank(other) < rank(file))
      .map(({ path }) => path);
    return intoList(file, names, { hides, found: parsed.get(file) });
  });
}

function inEffect(setting: readonly VariableFile[], host: string): VariableFile | undefined {
  const reaching = setting.filter((file) => file.level !== 'host' || file.host === host);
  const strongest = Math.max(...reaching.map(rank), -1);
  return reaching.findLast((file) => rank(file) === strongest);
}

function rank({ level }: VariableFile): number {
  return levels.indexOf(level);
}

/** Of a text that cannot be read for sure: wherever it is named, but for comments, it may be set there, through a merge as well. */
function mentions(text: string): boolean {
  return new RegExp(`^(?!\\s*#).*${variable}`, 'm').test(text.replaceAll('\u0085', '\n'));
}

function intoList(
  { path, text }: VariableFile,
  names: readonly string[],
  { hides, found }: { readonly hides: readonly string[]; readonly found: Found | ListRefused | undefined },
): InventoryPatch {
  const edit = addToList(text, place, names, sameName, found);
  if (!edit.ok) return advice(path, edit, names);
  if (edit.isSame) return { kind: 'nothing', path };
  return edited(path, text, edit.text, { names, present: edit.present, hides });
}

/** Behind the commented sample line of kubespray, where people look for it; at the end where that line is gone. */
function intoSample({ path, text }: InventoryAsk['belongs'], names: readonly string[]): InventoryPatch {
  const atEnd = addToList(text, place, names, sameName);
  if (!atEnd.ok) return advice(path, atEnd, names);
  if (atEnd.isSame) return { kind: 'nothing', path };
  const sample = new RegExp(`^# ?${variable}:.*(?:\\r?\\n|$)`, 'm').exec(text);
  const how = { names, present: atEnd.present, hides: [] };
  if (sample === null) return edited(path, text, atEnd.text, how);
  const at = sample.index + sample[0].length;
  const block = atEnd.inserted.replace(/^\r?\n/, '');
  const glued = sample[0].endsWith('\n') ? block : `\n${block}`;
  const after = text.slice(0, at) + glued + (glued.endsWith('\n') ? '' : '\n') + text.slice(at);
  const [before, there, planned] = [find(text, place), find(after, place), readList(atEnd.text, place)];
  // In front of a `---` it would be another document, and Ansible reads none of the two.
  const isRight =
    !('ok' in before) &&
    !('ok' in there) &&
    planned.ok &&
    isList(there, planned.items) &&
    isSameBeside(before, there, place);
  return edited(path, text, isRight ? after : atEnd.text, how);
}

function isList(found: Found, expected: readonly string[] | undefined): boolean {
  const list = listIn(found, place);
  return list.ok && JSON.stringify(list.items) === JSON.stringify(expected);
}

function edited(
  path: string,
  before: string,
  after: string,
  { names, present, hides }: Readonly<Record<'names' | 'present' | 'hides', readonly string[]>>,
): InventoryPatch {
  const added = names.filter((name) => !present.some((one) => sameName(one, name)));
  return {
    kind: 'edit',
    path,
    before,
    after,
    added,
    hides,
    diff: unifiedDiff(before, after, { from: `a/${path}`, to: `b/${path}` }),
  };
}

const reasons: Partial<Record<ListRefused['refusal'], string>> = {
  template: 'the value is a Jinja template, which is never evaluated here',
  vault: 'the value is encrypted',
  alias: 'the value is an alias of another one',
  anchor: 'other values are aliases of it',
  merged: 'the value may come from a merged map',
  twice: 'the variable is set twice in this file',
};

function advice(
  path: string,
  { refusal, line, column, detail }: ListRefused,
  names: readonly string[],
): InventoryPatch {
  return {
    kind: 'advice',
    path,
    line,
    column,
    why: reasons[refusal] ?? detail,
    text: `${variable}:\n${names.map((name) => `  - ${JSON.stringify(name)}\n`).join('')}`,
  };
}
