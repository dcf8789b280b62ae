/** kubeadm's ClusterConfiguration, any version from v1beta1 on: what matters for the certificate, and what in it is not as it should be. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type YAMLMap,
} from 'yaml';
import { isKnownConfigVersion } from '../../flavours/kubeadm-config-version.ts';
import type { ClusterConfiguration } from '../../model/api-facts.ts';
import { placeIn, readYaml } from '../yaml.ts';

type Fault = ClusterConfiguration['faults'][number];

/** kubeadm's YAML is 1.1, which has more words for true and false: https://github.com/go-yaml/yaml/tree/v2#compatibility */
const oldBoolean = /^(?:yes|no|on|off)$/i;

/** Always gives a value: what is missing or wrong has kubeadm's default and a fault with its place. */
export function parseClusterConfiguration(text: string): ClusterConfiguration {
  const faults: Fault[] = [];
  const yaml = readYaml(text);
  const empty = {
    apiVersion: '',
    certSans: [],
    dnsDomain: 'cluster.local',
    serviceSubnets: ['10.96.0.0/12'],
  };
  if (!yaml.ok) return { ...empty, faults: [{ path: '', ...yaml.at, fault: yaml.fault }] };
  // A file of kubeadm's may hold several kinds; the ConfigMap has one.
  const documents = yaml.documents.filter(({ contents }) => isMap(contents));
  const document =
    documents.find(
      ({ contents }) => isMap(contents) && scalarOf(contents.get('kind', true)) === 'ClusterConfiguration',
    ) ?? documents[0];
  if (document === undefined)
    return { ...empty, faults: [{ path: '', line: 1, column: 1, fault: 'holds no ClusterConfiguration' }] };

  const read = readerOf(document, yaml.lines, faults);
  const apiVersion = read.text('apiVersion') ?? '';
  if (!isKnownConfigVersion(apiVersion))
    read.fault('apiVersion', apiVersion === '' ? 'is missing' : 'is a version that is not known here');
  const subnet = read.text('networking', 'serviceSubnet');
  const algorithm = read.text('encryptionAlgorithm');
  // From before v1beta4, and where it is set it still decides, whatever kubeadm wrote beside it:
  // https://github.com/kubernetes/kubernetes/blob/v1.36.0/cmd/kubeadm/app/apis/kubeadm/types.go (EncryptionAlgorithmType)
  const isEcdsa = read.boolean('featureGates', 'PublicKeysECDSA');
  const byGate = isEcdsa === true ? 'ECDSA-P256' : 'RSA-2048';
  const optional = {
    kubernetesVersion: read.text('kubernetesVersion'),
    clusterName: read.text('clusterName'),
    controlPlaneEndpoint: read.text('controlPlaneEndpoint'),
    certificatesDir: read.text('certificatesDir'),
    encryptionAlgorithm: isEcdsa === undefined ? algorithm : byGate,
    certificateValidityPeriod: read.text('certificateValidityPeriod'),
  };
  return {
    apiVersion,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined && value !== ''),
    ) as Partial<ClusterConfiguration>),
    certSans: read.list('apiServer', 'certSANs'),
    dnsDomain: read.text('networking', 'dnsDomain') || empty.dnsDomain,
    serviceSubnets: subnet
      ? subnet
          .split(',')
          .map((range) => range.trim())
          .filter((range) => range !== '')
      : empty.serviceSubnets,
    faults,
  };
}

function readerOf(document: Document.Parsed, lines: LineCounter, faults: Fault[]) {
  const root = document.contents as YAMLMap;
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const at = (node: unknown): Pick<Fault, 'line' | 'column'> => {
    const start = (node as Node | null | undefined)?.range?.[0];
    return placeIn(lines, start ?? 0);
  };
  const fault = (path: readonly string[], node: unknown, text: string) =>
    void faults.push({ path: path.join('.').replaceAll('.[', '['), ...at(node), fault: text });
  const find = (path: readonly string[]): unknown => {
    let here: unknown = root;
    for (const [depth, key] of path.entries()) {
      if (!isMap(here)) {
        if (!isNothing(here)) fault(path.slice(0, depth), here, `is ${kindOf(here)}, not a mapping`);
        return undefined;
      }
      here = resolve(here.get(key, true));
    }
    return isNothing(here) ? undefined : here;
  };
  const textOf = (node: unknown, path: readonly string[]): string | undefined => {
    const value = scalarOf(node);
    const isPlain = isScalar(node) && node.type === 'PLAIN';
    if (typeof value === 'string' && !(isPlain && oldBoolean.test(value))) return value;
    fault(path, node, `is ${typeof value === 'string' ? 'a boolean' : kindOf(node)}, not a string`);
    return undefined;
  };
  return {
    fault: (path: string, text: string) => fault([path], root.get(path, true) ?? root, text),
    text: (...path: readonly string[]): string | undefined => {
      const node = find(path);
      return node === undefined ? undefined : textOf(node, path);
    },
    boolean: (...path: readonly string[]): boolean | undefined => {
      const value = scalarOf(find(path));
      return typeof value === 'boolean' ? value : undefined;
    },
    list: (...path: readonly string[]): readonly string[] => {
      const node = find(path);
      if (node === undefined) return [];
      if (!isSeq(node)) {
        fault(path, node, `is ${kindOf(node)}, not a list`);
        return [];
      }
      return node.items.flatMap((item, index) => textOf(resolve(item), [...path, `[${index}]`]) ?? []);
    },
  };
}

function isNothing(node: unknown): boolean {
  return node === undefined || node === null || (isScalar(node) && node.value === null);
}

function scalarOf(node: unknown): unknown {
  return isScalar(node) ? node.value : undefined;
}

function kindOf(node: unknown): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'an alias';
  if (node.value === null) return 'nothing';
  const kind = typeof node.value;
  return kind === 'number' || kind === 'boolean' || kind === 'string'
    ? `a ${kind}`
    : 'of a kind unknown here';
}
