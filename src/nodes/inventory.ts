/** Reads an inventory of kubespray's: its nodes, and the settings that decide what is in the API server's certificate. */
import path from 'node:path';
import type { InventoryFacts } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import type { ClusterNode } from '../model/node.ts';
import { UserError } from '../model/user-error.ts';
import { type AnsibleReading, askAnsible, readList } from './ansible-inventory.ts';
import type { InventorySource } from '../model/inventory-source.ts';
import { kubesprayFacts } from './inventory-facts.ts';
import { readIni, subsetHint } from './inventory-ini.ts';
import { inventorySource } from './inventory-source.ts';
import { nodesIn } from './inventory-nodes.ts';
import { loopIn } from './inventory-tree.ts';
import { readVariableFiles } from './inventory-vars.ts';
import { type InventoryView, viewOfList, viewOfTree } from './inventory-view.ts';
import { isList, pluginOf, readAnsibleYaml, readYamlInventory } from './inventory-yaml.ts';
import type { Env } from './kubeconfig-files.ts';
import { expandHome, readTextFile } from './read-file.ts';

export interface InventoryOptions {
  readonly env: Env;
  /** --run-inventory */
  readonly runInventory: boolean;
}

export interface Inventory {
  readonly nodes: readonly ClusterNode[];
  readonly facts: InventoryFacts;
  /** The files behind the facts, for a patch. */
  readonly source?: InventorySource;
  readonly warnings: readonly string[];
}

type Kind = 'ini' | 'yaml' | 'list' | 'dynamic';

export async function readInventory(given: string, options: InventoryOptions): Promise<Inventory> {
  const file = path.resolve(expandHome(given, options.env));
  const { text, mode } = await readTextFile(file, {
    what: 'the inventory',
    hint: 'give the file itself, such as inventory/mycluster/hosts.yaml or inventory.ini',
    refuseLinks: true,
  });
  const kind = kindOf(file, text, options);
  if (kind === 'dynamic') return finish(await run(file, options), []);
  if (kind === 'list') return finish(viewOfOutput(file, readList(text)), []);
  // ansible-inventory takes any file with an x bit for a program.
  const isExecutable = (mode & 0o111) !== 0;
  const asked: AnsibleReading = isExecutable
    ? { state: 'failed', why: 'the file is marked executable, so it is read here and not given to Ansible' }
    : await askAnsible(file, { env: options.env, runInventory: false });
  if (asked.state === 'read') {
    const own = await ownView(file, text, kind).catch(refusalOnly);
    return finish(viewOfList(file, asked.list, own?.view), [], own?.encrypted);
  }
  const { view, encrypted } = await ownView(file, text, kind);
  const warnings = encrypted.map((one) => `${display(one)} is encrypted; what it sets is not known here`);
  return finish(
    view,
    asked.state === 'failed' ? [`a subset is read: ${display(asked.why)}`, ...warnings] : warnings,
    encrypted,
  );
}

/** What Ansible understands and the subset does not costs the places of settings, nothing else. */
function refusalOnly(error: unknown): undefined {
  if (error instanceof UserError) return undefined;
  throw error;
}

async function finish(
  view: InventoryView,
  warnings: readonly string[],
  encrypted: readonly string[] = [],
): Promise<Inventory> {
  const found = nodesIn(view);
  const { controlPlanes } = found;
  const source = await inventorySource({ view, controlPlanes, encrypted });
  const { facts, warnings: more } = await kubesprayFacts(view, found.controlPlanes);
  return {
    nodes: found.nodes,
    facts,
    ...(source === undefined ? {} : { source }),
    warnings: [...warnings, ...found.warnings, ...more],
  };
}

/** Programs and plugins are told apart before anything is started. */
function kindOf(file: string, text: string, { runInventory }: InventoryOptions): Kind {
  const consent = (what: string): Kind => {
    if (runInventory) return 'dynamic';
    throw new UserError(
      `the inventory ${display(file)} ${what}`,
      'allow it to run with --run-inventory, or give its output: ansible-inventory -i FILE --list > hosts.json',
    );
  };
  if (text.startsWith('#!')) return consent('is a program');
  const ending = path.extname(file).toLowerCase();
  if (ending === '.toml') throw new UserError(`the inventory ${display(file)} is TOML`, subsetHint);
  if (!['.yml', '.yaml', '.json'].includes(ending) && !/^(?:---\s|\{)/.test(text)) return 'ini';
  const reading = readAnsibleYaml(text, file, 'the inventory');
  const plugin = pluginOf(reading);
  if (plugin !== undefined) return consent(`runs the plugin ${display(plugin, 80)}`);
  return isList(reading) ? 'list' : 'yaml';
}

async function run(file: string, options: InventoryOptions): Promise<InventoryView> {
  return viewOfOutput(file, await askAnsible(file, options));
}

function viewOfOutput(file: string, reading: AnsibleReading): InventoryView {
  if (reading.state === 'read') return viewOfList(file, reading.list);
  const why = reading.state === 'absent' ? 'ansible-inventory is not installed' : display(reading.why);
  throw new UserError(`the inventory ${display(file)} cannot be read: ${why}`, subsetHint);
}

async function ownView(
  file: string,
  text: string,
  kind: 'ini' | 'yaml',
): Promise<{ readonly view: InventoryView; readonly encrypted: readonly string[] }> {
  const tree =
    kind === 'ini'
      ? readIni(text, file)
      : readYamlInventory(readAnsibleYaml(text, file, 'the inventory'), file);
  const loop = loopIn(tree);
  if (loop !== undefined)
    throw new UserError(
      `the inventory ${display(file)}: group ${display(loop, 80)} is below itself`,
      subsetHint,
    );
  const files = await readVariableFiles(path.dirname(file), tree, [...tree.hosts.keys()]);
  return { view: viewOfTree(file, tree, files), encrypted: files.encrypted };
}
