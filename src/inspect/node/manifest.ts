/** Static pod manifests: what the API server was started with, and which files in their folder do not belong there. */
import type { ApiserverFacts } from '../../model/node-facts.ts';
import { parseRows, type SanitizedFile } from './texts.ts';

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

/** Of the rows of path and value that the sanitizer lets through: the file itself stays on the node. */
export function parseManifest({ lines, remarks }: Pick<SanitizedFile, 'lines' | 'remarks'>): ManifestReading {
  const fault = remarks.find((remark) => remark.startsWith('fault:'))?.slice('fault:'.length);
  if (fault !== undefined)
    return { ok: false, fault: `line ${fault} is written in a way that is not read here` };
  const rows = new Map(parseRows(lines.join('\n'), 2).map(([path = '', value = '']) => [path, value]));
  const name = rows.get('metadata.name');
  if (rows.get('kind') !== 'Pod' || name === undefined) return { ok: false, fault: 'it is no pod' };
  const container = 'spec.containers.0';
  const image = rows.get(`${container}.image`);
  const user =
    rows.get(`${container}.securityContext.runAsUser`) ?? rows.get('spec.securityContext.runAsUser');
  const valuesIn = (list: string) => [...rows].filter(([path]) => path.startsWith(`${list}.`));
  const variables = new Map(
    valuesIn(`${container}.env`).flatMap(([path, key]) => {
      const value = path.endsWith('.name') ? rows.get(path.replace(/\.name$/, '.value')) : undefined;
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const folders = new Map(
    valuesIn('spec.volumes').flatMap(([path, key]) => {
      const folder = path.endsWith('.name') ? rows.get(path.replace(/\.name$/, '.hostPath.path')) : undefined;
      return folder === undefined ? [] : [[key, folder] as const];
    }),
  );
  return {
    ok: true,
    pod: {
      name,
      ...(image !== undefined && { image }),
      words: [...valuesIn(`${container}.command`), ...valuesIn(`${container}.args`)].map(([, word]) => word),
      variables,
      ...(user !== undefined && { runAsUser: Number(user) }),
      mounts: valuesIn(`${container}.volumeMounts`).flatMap(([path, inside]) => {
        if (!path.endsWith('.mountPath')) return [];
        const outside = folders.get(rows.get(path.replace(/\.mountPath$/, '.name')) ?? '');
        return outside === undefined ? [] : [{ inside, outside }];
      }),
    },
  };
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
    const before = flags.get(name);
    if (before === undefined) flags.set(name, [value]);
    else before.push(value);
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
    (name) => JSON.stringify(inManifest[name]) !== JSON.stringify(flags[name]),
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
