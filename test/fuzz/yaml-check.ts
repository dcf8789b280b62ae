/** What kubeadm would read, by the plain YAML parser and none of the program's own code around it. */
import { parseAllDocuments } from 'yaml';

export function certSansIn(text: string): readonly string[] {
  for (const document of parseAllDocuments(text)) {
    if (!('toJS' in document)) continue;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (!isMap(value) || value['kind'] !== 'ClusterConfiguration') continue;
    const server = value['apiServer'];
    const list = isMap(server) ? server['certSANs'] : undefined;
    return Array.isArray(list) ? list.map(String) : [];
  }
  return [];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
