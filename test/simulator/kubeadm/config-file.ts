/** Reads kubeadm's configuration file: v1beta3 and v1beta4, InitConfiguration and ClusterConfiguration. */
import { type DocumentOptions, parseDocument, type ParseOptions, type SchemaOptions } from 'yaml';
import { Refusal } from './refusal.ts';
import { defaults, type Settings } from './settings.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly fields: Fields;
}

/** https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/util/config/initconfiguration.go (documentMapToInitConfiguration) */
export function settingsFromFile(text: string, warn: (line: string) => void): Settings {
  const documents = text
    .split(/^---.*$/m)
    .filter((document) => document.replaceAll(/^\s*#.*$/gm, '').trim() !== '')
    .map(documentOf);
  const twice = documents.find(
    ({ kind }, index) => documents.findIndex((other) => other.kind === kind) < index,
  );
  if (twice !== undefined) {
    throw new Refusal(`invalid configuration: kind "${twice.kind}" is specified twice in YAML file`);
  }
  // ClusterConfiguration first, by the alphabet.
  const inOrder = documents.toSorted((one, other) => (one.kind < other.kind ? -1 : 1));
  for (const document of inOrder) judge(document, warn);
  const find = (wanted: string) =>
    documents.find(({ apiVersion, kind }) => kind === wanted && apiVersion.startsWith(`${group}/`))?.fields;
  const init = find('InitConfiguration');
  const cluster = find('ClusterConfiguration');
  if (init === undefined && cluster === undefined) {
    throw new Refusal(
      'no InitConfiguration or ClusterConfiguration kind was found in the configuration file',
    );
  }
  return { ...defaults, ...initSettings(init ?? {}), ...clusterSettings(cluster ?? {}) };
}

const group = 'kubeadm.k8s.io';

/** As the Go library reads it: `yes` is true, but 1:20 is neither minutes nor is 2026-01-01 a date. */
const yamlOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  merge: true,
  uniqueKeys: false,
  customTags: (tags) =>
    tags.filter(
      (tag) => typeof tag === 'string' || (tag.format !== 'TIME' && !tag.tag.endsWith(':timestamp')),
    ),
};

function documentOf(text: string): Document {
  const parsed = parseDocument(text, yamlOptions);
  const value = valueOf(parsed);
  const fields = isFields(value) ? value : {};
  const apiVersion = textOf(fields, 'apiVersion') ?? '';
  const kind = textOf(fields, 'kind') ?? '';
  if (!apiVersion.includes('/') || kind === '') {
    throw new Refusal(
      `invalid configuration for GroupVersionKind ${apiVersion || '/'}, Kind=${kind}: kind and apiVersion is mandatory information that must be specified`,
    );
  }
  return { apiVersion, kind, fields };
}

function valueOf(document: ReturnType<typeof parseDocument>): unknown {
  const wrong =
    'could not interpret GroupVersionKind; unmarshal error: error converting YAML to JSON: yaml: ';
  const [error] = document.errors;
  if (error !== undefined) throw new Refusal(`${wrong}${error.message}`);
  try {
    return document.toJS();
  } catch (failure) {
    // An alias without its anchor, such as a wildcard without quotes.
    throw new Refusal(`${wrong}${failure instanceof Error ? failure.message : String(failure)}`, {
      cause: failure,
    });
  }
}

/** The releases whose kubeadm was the last to read a version of this file. */
const oldVersions: Readonly<Record<string, string>> = {
  v1alpha1: 'v1.11',
  v1alpha2: 'v1.12',
  v1alpha3: 'v1.14',
  v1beta1: 'v1.15',
  v1beta2: 'v1.22',
};
const migrate =
  "'kubeadm config migrate --old-config old-config-file --new-config new-config-file', which will write the new, similar spec using a newer API version.";

const known: Readonly<Record<string, readonly string[]>> = {
  InitConfiguration: [
    'bootstrapTokens',
    'certificateKey',
    'dryRun',
    'localAPIEndpoint',
    'nodeRegistration',
    'patches',
    'skipPhases',
    'timeouts',
  ],
  ClusterConfiguration: [
    'apiServer',
    'caCertificateValidityPeriod',
    'certificateValidityPeriod',
    'certificatesDir',
    'clusterName',
    'controlPlaneEndpoint',
    'controllerManager',
    'dns',
    'encryptionAlgorithm',
    'etcd',
    'featureGates',
    'imageRepository',
    'kubernetesVersion',
    'networking',
    'proxy',
    'scheduler',
  ],
};

function judge({ apiVersion, kind, fields }: Document, warn: (line: string) => void): void {
  const [owner, version = ''] = apiVersion.split('/');
  const shown = `"${apiVersion}" (kind: "${kind}")`;
  if (owner !== group) {
    if (!String(owner).endsWith('.config.k8s.io')) {
      warn(
        `[config] WARNING: Ignored configuration document with GroupVersionKind ${apiVersion}, Kind=${kind}`,
      );
    }
    return;
  }
  const release = oldVersions[version];
  if (release !== undefined) {
    throw new Refusal(
      `your configuration file uses an old API spec: ${shown}. Please use kubeadm ${release} instead and run ${migrate}`,
    );
  }
  if (version !== 'v1beta3' && version !== 'v1beta4') {
    throw new Refusal(`no kind "${kind}" is registered for version "${apiVersion}" in scheme`);
  }
  if (version === 'v1beta3') {
    warn(`your configuration file uses a deprecated API spec: ${shown}. Please use ${migrate}`);
  }
  for (const field of Object.keys(fields)) {
    if (field !== 'apiVersion' && field !== 'kind' && !known[kind]?.includes(field)) {
      warn(`error unmarshaling configuration: strict decoding error: unknown field "${field}"`);
    }
  }
}

function initSettings(fields: Fields): Partial<Settings> {
  const endpoint = part(fields, 'localAPIEndpoint');
  const port = endpoint['bindPort'];
  return {
    nodeName: textOf(part(fields, 'nodeRegistration'), 'name') ?? defaults.nodeName,
    advertiseAddress: textOf(endpoint, 'advertiseAddress') ?? defaults.advertiseAddress,
    bindPort: typeof port === 'number' && port !== 0 ? port : defaults.bindPort,
  };
}

function clusterSettings(fields: Fields): Partial<Settings> {
  const networking = part(fields, 'networking');
  return {
    serviceSubnet: orDefault(textOf(networking, 'serviceSubnet'), defaults.serviceSubnet),
    dnsDomain: orDefault(textOf(networking, 'dnsDomain'), defaults.dnsDomain),
    controlPlaneEndpoint: textOf(fields, 'controlPlaneEndpoint') ?? '',
    certSans: texts(part(fields, 'apiServer'), 'certSANs', 'APIServer.apiServer.certSANs'),
    certificatesDir: orDefault(textOf(fields, 'certificatesDir'), defaults.certificatesDir),
    encryptionAlgorithm: algorithmOf(fields),
    validity: durationOf(textOf(fields, 'certificateValidityPeriod')),
    kubernetesVersion: orDefault(textOf(fields, 'kubernetesVersion'), defaults.kubernetesVersion),
  };
}

function orDefault(value: string | undefined, otherwise: string): string {
  return value === undefined || value === '' ? otherwise : value;
}

/** The gate is older than the field and wins, also when it is false: https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/apis/kubeadm/types.go */
function algorithmOf(fields: Fields): string {
  const gate = part(fields, 'featureGates')['PublicKeysECDSA'];
  if (typeof gate === 'boolean') return gate ? 'ECDSA-P256' : 'RSA-2048';
  return orDefault(textOf(fields, 'encryptionAlgorithm'), defaults.encryptionAlgorithm);
}

/** `8760h0m0s` */
function durationOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const unit: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g)];
  if (parts.map(([whole]) => whole).join('') !== text) {
    throw new Refusal(`time: invalid duration ${JSON.stringify(text)}`);
  }
  return parts.reduce((sum, [, count, name = '']) => sum + Number(count) * (unit[name] ?? 0), 0);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function part(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (value === undefined || value === null) return {};
  if (!isFields(value)) throw mismatch(value, name, 'struct');
  return value;
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw mismatch(value, name, 'string');
  return value;
}

function texts(fields: Fields, name: string, path: string): readonly string[] {
  const value = fields[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw mismatch(value, path, '[]string');
  return value.map((item: unknown) => {
    if (typeof item !== 'string') throw mismatch(item, path, 'string');
    return item;
  });
}

function mismatch(value: unknown, field: string, wanted: string): Refusal {
  const name = typeof value === 'boolean' ? 'bool' : typeof value;
  const found = Array.isArray(value) ? 'array' : name;
  return new Refusal(`json: cannot unmarshal ${found} into Go struct field ${field} of type ${wanted}`);
}
