/** Static pod manifests: what the API server was started with, and which files in their folder do not belong there. */
import type { ApiserverFacts } from '../../model/node-facts.ts';
import { at, listAt, numberAt, plainValue, readYaml, textAt } from '../yaml.ts';

export interface StaticPod {
  readonly name: string;
  readonly image?: string;
  /** command and args of the first container. */
  readonly words: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly runAsUser?: number;
  readonly mounts: readonly { readonly inside: string; readonly outside: string }[];
}

export type ManifestReading =
  | { readonly ok: true; readonly pod: StaticPod }
  | { readonly ok: false; readonly fault: string };

export function parseManifest(text: string): ManifestReading {
  const yaml = readYaml(text);
  if (!yaml.ok) return { ok: false, fault: `line ${yaml.line} ${yaml.fault}` };
  const [document] = yaml.documents;
  const value = document && plainValue(document);
  const name = textAt(value, 'metadata', 'name');
  if (textAt(value, 'kind') !== 'Pod' || name === undefined) return { ok: false, fault: 'it is no pod' };
  const [container] = listAt(value, 'spec', 'containers');
  const image = textAt(container, 'image');
  const runAsUser =
    numberAt(container, 'securityContext', 'runAsUser') ??
    numberAt(value, 'spec', 'securityContext', 'runAsUser');
  const variables = new Map<string, string>();
  for (const variable of listAt(container, 'env')) {
    const [key, content] = [textAt(variable, 'name'), at(variable, 'value')];
    if (key !== undefined && (typeof content === 'string' || typeof content === 'number'))
      variables.set(key, String(content));
  }
  return {
    ok: true,
    pod: {
      name,
      ...(image !== undefined && { image }),
      words: [...listAt(container, 'command'), ...listAt(container, 'args')].filter(
        (word): word is string => typeof word === 'string',
      ),
      variables,
      ...(runAsUser !== undefined && { runAsUser }),
      mounts: mountsOf(value, container),
    },
  };
}

function mountsOf(pod: unknown, container: unknown): StaticPod['mounts'] {
  const folders = new Map<string, string>();
  for (const volume of listAt(pod, 'spec', 'volumes')) {
    const [name, path] = [textAt(volume, 'name'), textAt(volume, 'hostPath', 'path')];
    if (name !== undefined && path !== undefined) folders.set(name, path);
  }
  return listAt(container, 'volumeMounts').flatMap((mount) => {
    const inside = textAt(mount, 'mountPath');
    const outside = folders.get(textAt(mount, 'name') ?? '');
    return inside === undefined || outside === undefined ? [] : [{ inside, outside }];
  });
}

/** Where a path of the container is on the node; undefined where no volume has it. */
export function hostPath(path: string, mounts: StaticPod['mounts']): string | undefined {
  const [best] = mounts
    .filter(({ inside }) => path === inside || path.startsWith(`${inside.replace(/\/$/, '')}/`))
    .toSorted((a, b) => b.inside.length - a.inside.length);
  return best && best.outside.replace(/\/$/, '') + path.slice(best.inside.replace(/\/$/, '').length);
}

/** `--name=value` and `--name value`; a flag without a value is `true`, as Go's flag packages have it. */
export function parseFlags(words: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const flags = new Map<string, string[]>();
  for (let index = 0; index < words.length; index++) {
    const found = /^--?([A-Za-z0-9][A-Za-z0-9._-]*)(?:=([\s\S]*))?$/.exec(words[index] ?? '');
    if (!found) continue;
    const [, name = '', given] = found;
    const next = words[index + 1];
    const value = given ?? (next === undefined || next.startsWith('-') ? 'true' : next);
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return Object.fromEntries(flags);
}

/** `running` are the words of the process, which count where the two differ: a manifest may be new and the process old. */
export function apiserverFacts(
  manifest: string,
  pod: StaticPod,
  running: readonly string[] | undefined,
): ApiserverFacts {
  const inManifest = parseFlags(pod.words);
  const flags = running === undefined ? inManifest : parseFlags(running);
  const last = (name: string) => flags[name]?.at(-1);
  const [advertiseAddress, bindAddress] = [last('advertise-address'), last('bind-address')];
  const port = Number(last('secure-port') ?? '6443');
  const differs = Object.keys({ ...inManifest, ...flags }).filter(
    (name) =>
      JSON.stringify(inManifest[name]) !== JSON.stringify(flags[name]) &&
      // The sanitizer's word: the value stayed on the node.
      !inManifest[name]?.includes('removed'),
  );
  return {
    manifest,
    ...(pod.image !== undefined && { image: pod.image }),
    flags,
    ...(differs.length > 0 && { notInEffect: differs }),
    ...(advertiseAddress !== undefined && { advertiseAddress }),
    securePort: Number.isInteger(port) && port > 0 && port < 65_536 ? port : 6443,
    ...(bindAddress !== undefined && { bindAddress }),
    serviceRanges: (last('service-cluster-ip-range') ?? '').split(',').filter((range) => range !== ''),
    certificatePath: last('tls-cert-file') ?? '/var/run/kubernetes/apiserver.crt',
    keyPath: last('tls-private-key-file') ?? '/var/run/kubernetes/apiserver.key',
    ...(pod.runAsUser !== undefined && { runAsUser: pod.runAsUser }),
  };
}

function isUsual(path: string, name: string): boolean {
  return ['yaml', 'yml', 'manifest', 'json'].some((end) => path.endsWith(`/${name}.${end}`));
}

/**
 * The kubelet runs every file in the folder, whatever it is called, and of two with one name either may win:
 * https://github.com/kubernetes/kubernetes/issues/136962
 */
export function strayManifests(
  files: readonly { readonly path: string; readonly reading: ManifestReading }[],
): readonly string[] {
  return files
    .filter(({ path, reading }) => {
      if (!reading.ok) return true;
      const { name } = reading.pod;
      const same = files.filter((other) => other.reading.ok && other.reading.pod.name === name);
      if (same.length === 1) return false;
      // Of several, the one that is called like its pod is the genuine one.
      const genuine = same.find((other) => isUsual(other.path, name)) ?? same[0];
      return genuine?.path !== path;
    })
    .map(({ path }) => path);
}
