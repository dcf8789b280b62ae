/** Finds the files that set supplementary_addresses_in_ssl_keys, or where it belongs, for the patch of a plan. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { display } from '../model/display.ts';
import { type InventorySource, levels, type VariableFile } from '../model/inventory-source.ts';
import type { InventoryView } from './inventory-view.ts';
import { readTextFile } from './read-file.ts';

const variable = 'supplementary_addresses_in_ssl_keys';

interface Found {
  readonly view: InventoryView;
  readonly controlPlanes: readonly string[];
  /** Files that are encrypted as a whole: what they set is unknown. */
  readonly encrypted: readonly string[];
}

export async function inventorySource({
  view,
  controlPlanes,
  encrypted,
}: Found): Promise<InventorySource | undefined> {
  const [first] = controlPlanes;
  if (first === undefined) return undefined;
  const folder = path.dirname(view.file);
  const settings = controlPlanes.map((host) => view.placesOf(host, variable));
  const belongs = await whereItBelongs(folder);
  const base = { files: [], belongs, controlPlanes };
  const isOnlyKnown = settings.every((places, at) => {
    return places.length === 0 && view.valueOf(controlPlanes[at] ?? '', variable) !== undefined;
  });
  if (isOnlyKnown)
    return {
      ...base,
      fault: { where: view.file, why: 'only Ansible knows where the variable is set in this inventory' },
    };
  const inEffect = settings.flatMap((places) => places.at(-1)?.place ?? []);
  const odd = inEffect.find(({ file }) => levelOf(file, folder) === undefined);
  if (odd !== undefined) {
    const where = `${odd.file}:${odd.line}`;
    return {
      ...base,
      fault: { where, why: 'it is set in a place that is not edited here; change it there' },
    };
  }
  const paths = [...new Set(settings.flatMap((places) => places.map(({ place }) => place.file)))];
  const files: VariableFile[] = [];
  for (const file of paths) {
    const level = levelOf(file, folder);
    if (level === undefined) continue;
    const { text } = await readTextFile(file, {
      what: 'the variables in',
      hint: 'it was there a moment ago',
    });
    files.push({ path: file, text, ...level });
  }
  const target = Math.min(
    ...inEffect.map(({ file }) => rankOf(levelOf(file, folder))),
    settings.some((places) => places.length === 0) ? levels.indexOf('k8s_cluster') : levels.length,
  );
  const hidden = encrypted.find((file) => rankOf(levelOf(file, folder)) > target);
  if (hidden !== undefined) {
    const why = `${display(hidden)} is encrypted, and what it sets would be stronger`;
    return { ...base, files, fault: { where: hidden, why } };
  }
  return { files, belongs, controlPlanes };
}

type Level = Pick<VariableFile, 'level' | 'host'>;

const groups: Readonly<Record<string, VariableFile['level']>> = {
  all: 'all',
  k8s_cluster: 'k8s_cluster',
  // Before v2.16: https://github.com/kubernetes-sigs/kubespray/pull/7552
  'k8s-cluster': 'k8s_cluster',
  kube_control_plane: 'kube_control_plane',
  'kube-master': 'kube_control_plane',
};

/** Of `group_vars/k8s_cluster/k8s-cluster.yml`; undefined for the inventory itself and for groups of the site's own. */
function levelOf(file: string, folder: string): Level | undefined {
  const [kind, name = ''] = path.relative(folder, file).split(path.sep);
  const owner = name.replace(/\.(?:ya?ml|json)$/, '');
  if (kind === 'host_vars') return { level: 'host', host: owner };
  const level = kind === 'group_vars' && Object.hasOwn(groups, owner) ? groups[owner] : undefined;
  return level === undefined ? undefined : { level };
}

function rankOf(level: Level | undefined): number {
  return level === undefined ? -1 : levels.indexOf(level.level);
}

/** Where kubespray's sample has it, or what stands in its place; a new file where there is none. */
async function whereItBelongs(folder: string): Promise<InventorySource['belongs']> {
  const usual = path.join(folder, 'group_vars', 'k8s_cluster', 'k8s-cluster.yml');
  const candidates = [
    usual,
    path.join(folder, 'group_vars', 'k8s-cluster', 'k8s-cluster.yml'),
    path.join(folder, 'group_vars', 'k8s_cluster.yml'),
    path.join(folder, 'group_vars', 'k8s_cluster.yaml'),
  ];
  for (const file of candidates) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    const { text } = await readTextFile(file, { what: 'the variables in', hint: 'kubespray reads it too' });
    return { path: file, text };
  }
  return { path: usual, text: '' };
}
