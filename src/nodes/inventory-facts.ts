/** What a kubespray inventory says about the certificate: extra names, the service range, load balancers, kubespray's version. */
import path from 'node:path';
import type { InventoryFacts } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import { readYaml } from '../model/safe-yaml.ts';
import type { InventoryView } from './inventory-view.ts';
import { isTemplate } from './inventory-nodes.ts';
import { formatPlace } from './inventory-vars.ts';
import { isVault } from './inventory-yaml.ts';
import { readTextFile } from './read-file.ts';

const namesVariable = 'supplementary_addresses_in_ssl_keys';

export async function kubesprayFacts(
  view: InventoryView,
  controlPlanes: readonly string[],
): Promise<{ readonly facts: InventoryFacts; readonly warnings: readonly string[] }> {
  const warnings: string[] = [];
  const [first = ''] = controlPlanes;
  const folder = path.dirname(view.file);
  const places = view.placesOf(first, namesVariable).map((setting) => formatPlace(setting, folder));
  const names = namesOf(view.valueOf(first, namesVariable));
  const at = places.at(-1) === undefined ? '' : ` (${places.at(-1)})`;
  if (typeof names === 'string') warnings.push(`${namesVariable}${at} ${names}`);
  if (places.length > 1)
    warnings.push(
      `${namesVariable} is set in ${places.join(', ')}; the last one is in effect and replaces the others`,
    );
  const differing = controlPlanes.filter(
    (host) =>
      JSON.stringify(view.valueOf(host, namesVariable)) !==
      JSON.stringify(view.valueOf(first, namesVariable)),
  );
  if (differing.length > 0)
    warnings.push(
      `${namesVariable} is not the same for all control planes: ${[first, ...differing].map((host) => display(host, 80)).join(', ')}`,
    );
  const text = (name: string): string | undefined => plain(view.valueOf(first, name));
  const serviceRange = text('kube_service_addresses');
  const balancer = view.valueOf(first, 'loadbalancer_apiserver');
  const balancerAddress = isMap(balancer) ? plain(balancer['address']) : undefined;
  const balancerName = text('apiserver_loadbalancer_domain_name');
  const version = await versionAbove(folder);
  return {
    facts: {
      path: view.file,
      readBy: view.readBy,
      ...(names === undefined ? {} : typedNames(names)),
      ...(places.length === 0 ? {} : { supplementarySetIn: places }),
      ...(serviceRange === undefined ? {} : { serviceRange }),
      ...(balancerAddress === undefined ? {} : { loadBalancerAddress: balancerAddress }),
      ...(balancerName === undefined ? {} : { loadBalancerName: balancerName }),
      ...(version === undefined ? {} : { kubesprayVersion: version }),
    },
    warnings,
  };
}

function typedNames(names: readonly string[] | string): Partial<InventoryFacts> {
  return typeof names === 'string' ? { supplementaryFault: names } : { supplementary: names };
}

/** The list, or what is wrong with it, or undefined where nothing is set. */
function namesOf(value: unknown): readonly string[] | string | undefined {
  if (value === undefined || value === null) return undefined;
  if (isVault(value)) return 'is encrypted with Ansible Vault';
  if (typeof value === 'string')
    return isTemplate(value) ? 'is a Jinja template, which is never evaluated here' : 'is a text, not a list';
  if (!Array.isArray(value)) return 'is no list';
  const names: string[] = [];
  for (const item of value) {
    if (typeof item === 'number') return `holds the number ${item}; put it in quotes`;
    if (typeof item !== 'string') return 'holds an entry that is no text; put it in quotes';
    if (isTemplate(item)) return 'holds a Jinja template, which is never evaluated here';
    names.push(item);
  }
  return names;
}

function plain(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !isTemplate(value) ? value : undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** kubespray is an Ansible collection too, so its galaxy.yml has its version; inventories lie some folders below it. */
export async function versionAbove(folder: string): Promise<string | undefined> {
  for (let depth = 0, here = folder; depth < 6; depth++, here = path.dirname(here)) {
    try {
      const { text } = await readTextFile(path.join(here, 'galaxy.yml'), {
        what: '',
        hint: '',
        largest: 65_536,
      });
      const reading = readYaml(text);
      if (!reading.ok || !isMap(reading.value) || reading.value['name'] !== 'kubespray') continue;
      const { version } = reading.value;
      if (typeof version === 'string' && /^\d+\.\d+\.\d+[\w.+-]{0,40}$/.test(version)) return version;
    } catch {
      // Not there, or not kubespray's.
    }
  }
  return undefined;
}
