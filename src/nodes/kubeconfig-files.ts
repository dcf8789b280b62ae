/** Finds the kubeconfig files, reads them, and merges them as client-go does: the first file that has a name has it for good. */
import path from 'node:path';
import { display } from '../model/display.ts';
import { readYaml } from '../model/safe-yaml.ts';
import { UserError } from '../model/user-error.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { expandHome, readTextFile } from './read-file.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** A named entry together with the file that it came from: paths in it are relative to that file. */
export interface Entry {
  readonly file: string;
  readonly fields: Fields;
}

export interface MergedKubeconfig {
  readonly files: readonly string[];
  readonly currentContext?: string;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly notes: readonly string[];
}

export const kubeconfigHint = 'give one with --kubeconfig FILE, or name nodes with --node';

/** A kubeconfig with many embedded certificates; a cluster has some kilobytes. */
const largestKubeconfig = 4 * 1024 * 1024;

export async function readKubeconfigFiles(given: string | undefined, env: Env): Promise<MergedKubeconfig> {
  const { files, mayBeAbsent } = filesOf(given, env);
  const merged = {
    files: [] as string[],
    currentContext: undefined as string | undefined,
    clusters: new Map<string, Entry>(),
    users: new Map<string, Entry>(),
    contexts: new Map<string, Entry>(),
    notes: [] as string[],
  };
  for (const file of files) {
    const text = await textOf(file, mayBeAbsent);
    if (text === undefined) {
      merged.notes.push(`$KUBECONFIG names ${display(file)}, which does not exist`);
      continue;
    }
    merged.files.push(file);
    const fields = parse(file, text);
    merged.currentContext ??= fields.text('current-context');
    take(merged.clusters, file, fields, 'clusters', 'cluster');
    take(merged.users, file, fields, 'users', 'user');
    take(merged.contexts, file, fields, 'contexts', 'context');
  }
  const { currentContext, ...rest } = merged;
  if (rest.files.length === 0) throw new UserError('no kubeconfig was found', kubeconfigHint);
  return currentContext === undefined ? rest : { ...rest, currentContext };
}

/** As kubectl: the flag, else $KUBECONFIG, else ~/.kube/config. Only files out of $KUBECONFIG may be absent. */
function filesOf(given: string | undefined, env: Env): { files: readonly string[]; mayBeAbsent: boolean } {
  if (given !== undefined) return { files: [path.resolve(expandHome(given, env))], mayBeAbsent: false };
  const list = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  if (list.length > 0)
    return { files: [...new Set(list.map((file) => path.resolve(file)))], mayBeAbsent: true };
  const home = env['HOME'] ?? '';
  if (!path.isAbsolute(home))
    throw new UserError(
      'neither KUBECONFIG nor HOME is set, so there is no usual kubeconfig',
      kubeconfigHint,
    );
  return { files: [path.join(home, '.kube', 'config')], mayBeAbsent: false };
}

async function textOf(file: string, mayBeAbsent: boolean): Promise<string | undefined> {
  try {
    const options = { what: 'the kubeconfig', hint: kubeconfigHint, largest: largestKubeconfig };
    return (await readTextFile(file, options)).text;
  } catch (error) {
    if (mayBeAbsent && error instanceof UserError && error.message.endsWith('it does not exist'))
      return undefined;
    throw error;
  }
}

function parse(file: string, text: string): Fields {
  const reading = readYaml(text, { largest: largestKubeconfig });
  if (!reading.ok)
    throw new UserError(
      `the kubeconfig ${display(file)} is not valid YAML: line ${reading.line}, column ${reading.column}: ${reading.fault}`,
      kubeconfigHint,
    );
  return fieldsOf(reading, `the kubeconfig ${display(file)}`, kubeconfigHint);
}

/** An entry without a name or a body is as if it were not there, and one name twice in one file is refused, as in client-go. */
function take(into: Map<string, Entry>, file: string, fields: Fields, list: string, body: string): void {
  const here = new Set<string>();
  for (const item of fields.list(list)) {
    const name = item.text('name');
    const inner = item.fields(body);
    if (name === undefined || inner === undefined) continue;
    if (here.has(name)) throw item.refuse('name', `${display(name, 80)} stands in ${list} twice`);
    here.add(name);
    if (!into.has(name)) into.set(name, { file, fields: inner });
  }
}
