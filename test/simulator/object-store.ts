/** The API objects of a simulated cluster, by path: read one or list, write with the resourceVersion that was read, create and delete. */
import { randomUUID } from 'node:crypto';

export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [more: string]: unknown;
  };
  readonly [more: string]: unknown;
}

export interface ObjectStore {
  /** One object or a list, as `GET` gives it; undefined where there is nothing of that kind or name. */
  get(path: string, labelSelector?: string): object | undefined;
  /** The object as it is now; undefined when somebody else was faster, or when there is none. */
  put(path: string, wanted: Partial<ApiObject>): ApiObject | undefined;
  /** A new one; undefined where one is there already, or the path is of another kind. */
  create(path: string, wanted: Partial<ApiObject>): ApiObject | undefined;
  /** Marks a pod that has a node, for its kubelet to take away; all else is gone at once. Undefined where there is none. */
  remove(path: string): ApiObject | undefined;
  /** What kubelet says in the end. */
  forget(path: string): void;
  /** What an operator or a controller does: the object is there from now on. */
  set(object: ApiObject): ApiObject;
}

/** The kinds that are known, by the last word of their path; whether they live in namespaces. */
const kinds: Readonly<Record<string, readonly [kind: string, isNamespaced: boolean]>> = {
  configmaps: ['ConfigMap', true],
  endpointslices: ['EndpointSlice', true],
  leases: ['Lease', true],
  nodes: ['Node', false],
  pods: ['Pod', true],
  services: ['Service', true],
};

export function isKnownResource(plural: string): boolean {
  return plural in kinds;
}

export function objectStore(): ObjectStore {
  const objects = new Map<string, ApiObject>();
  let version = 200;

  function set(object: ApiObject): ApiObject {
    version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    objects.set(pathOf(stored), stored);
    return stored;
  }

  function list(path: string, labelSelector: string | undefined): object | undefined {
    const [, base = '', apiVersion = '', namespace, plural = ''] =
      /^(\/(?:api|apis)\/((?:[a-z0-9.]+\/)?v\d+))(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(path) ?? [];
    const [kind, isNamespaced] = kinds[plural] ?? [];
    if (kind === undefined || (namespace !== undefined && isNamespaced !== true)) return undefined;
    const items = [...objects.values()]
      .filter((object) => object.apiVersion === apiVersion && object.kind === kind)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter(({ metadata }) => isSelected(metadata.labels ?? {}, labelSelector))
      .map(({ apiVersion: _version, kind: _kind, ...item }) => now(item));
    if (items.length === 0 && !knownBases.has(base)) return undefined;
    return { kind: `${kind}List`, apiVersion, metadata: { resourceVersion: String(version) }, items };
  }

  return {
    get: (path, labelSelector) => {
      const one = objects.get(path);
      return one === undefined ? list(path, labelSelector) : now(one);
    },
    put: (path, wanted) => {
      const there = objects.get(path);
      const asked = wanted.metadata?.resourceVersion;
      // Without a resourceVersion the last writer wins, as in the real one.
      if (there === undefined || (asked !== undefined && asked !== there.metadata.resourceVersion)) {
        return undefined;
      }
      // Who and what it is stays.
      const { name, namespace, uid } = there.metadata;
      const { apiVersion, kind } = there;
      const metadata = { ...wanted.metadata, name, ...(namespace === undefined ? {} : { namespace }), uid };
      return set({ ...wanted, apiVersion, kind, metadata });
    },
    create: (path, wanted) => {
      const { apiVersion = '', kind = '', metadata } = wanted;
      if (metadata === undefined) return undefined;
      const object: ApiObject = { ...wanted, apiVersion, kind, metadata: { ...metadata, uid: randomUUID() } };
      const place = pathOf(object);
      return place === `${path}/${metadata.name}` && !objects.has(place) ? set(object) : undefined;
    },
    remove: (path) => {
      const there = objects.get(path);
      if (there === undefined) return undefined;
      const { nodeName } = (there['spec'] ?? {}) as { nodeName?: string };
      const isRunning = there.kind === 'Pod' && nodeName !== undefined;
      if (isRunning)
        return set({ ...there, metadata: { ...there.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
      objects.delete(path);
      return there;
    },
    forget: (path) => void objects.delete(path),
    set,
  };
}

const knownBases: ReadonlySet<string> = new Set([
  '/api/v1',
  '/apis/coordination.k8s.io/v1',
  '/apis/discovery.k8s.io/v1',
]);

export function pathOf({ apiVersion, kind, metadata }: ApiObject): string {
  const [plural = ''] = Object.entries(kinds).find(([, [known]]) => known === kind) ?? [];
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const where = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${base}${where}/${plural}/${metadata.name}`;
}

/** Equality and existence: `app=nginx,tier==web,special,!node-role`. Field selectors are not looked at. */
function isSelected(labels: Readonly<Record<string, string>>, selector = ''): boolean {
  return selector
    .split(',')
    .filter((part) => part !== '')
    .every((part) => {
      const [name = '', value] = part.split(/==?/);
      if (name.startsWith('!')) return !(name.slice(1) in labels);
      return value === undefined ? name in labels : labels[name] === value;
    });
}

/** Whoever holds a lease renews it: it is as young as the look at it. */
function now<T extends object>(object: T): T {
  if (!('spec' in object)) return object;
  const spec = object.spec as Readonly<Record<string, unknown>>;
  if (!('renewTime' in spec)) return object;
  return { ...object, spec: { ...spec, renewTime: new Date().toISOString().replace('Z', '000Z') } };
}
