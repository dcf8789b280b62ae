/** The `kubeadm-config` ConfigMap, kept in a file: every write needs the resourceVersion that was read, and raises it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface ConfigMap {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
}

export interface ConfigMapStore {
  read(): ConfigMap;
  /** Undefined when somebody else was faster; without a resourceVersion the last writer wins, as in the real one. */
  write(data: ConfigMap['data'], resourceVersion?: string): ConfigMap | undefined;
}

export function configMapStore(file: string, clusterConfiguration: string): ConfigMapStore {
  const read = () => JSON.parse(readFileSync(file, 'utf8')) as ConfigMap;
  const save = (map: ConfigMap) => {
    writeFileSync(`${file}.new`, `${JSON.stringify(map, null, 2)}\n`);
    renameSync(`${file}.new`, file);
    return map;
  };
  save({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'kubeadm-config',
      namespace: 'kube-system',
      resourceVersion: '201',
      uid: '00000000-0000-4000-8000-000000000201',
      annotations: { simulated: 'true' },
    },
    data: { ClusterConfiguration: clusterConfiguration },
  });
  return {
    read,
    write: (data, resourceVersion) => {
      const { metadata, ...rest } = read();
      if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) return undefined;
      const next = String(Number(metadata.resourceVersion) + 1);
      return save({ ...rest, metadata: { ...metadata, resourceVersion: next }, data });
    },
  };
}
