/** The nodes of a cluster as its API lists them: control planes, and workers where they are wanted, each by its InternalIP. */
import { display } from '../model/display.ts';
import { canonicalIp } from '../model/ip.ts';
import type { ApiGet } from '../model/kubeconfig.ts';
import type { ClusterNode } from '../model/node.ts';

export interface ListedNodes {
  readonly nodes: readonly ClusterNode[];
  /** Why the list could not be had: the client-side tests go on without it. */
  readonly unread?: string;
  readonly warnings: readonly string[];
}

const label = 'node-role.kubernetes.io/control-plane';
/** The only one until 1.20, and gone since 1.24: https://kep.k8s.io/2067 */
const oldLabel = 'node-role.kubernetes.io/master';
/** 5,000 nodes are what Kubernetes is tested with. */
const mostPages = 20;
const pageSize = 500;

export async function listNodes(get: ApiGet, withWorkers: boolean): Promise<ListedNodes> {
  const warnings: string[] = [];
  try {
    const listed = withWorkers ? await readAll(get) : await readControlPlanes(get);
    const nodes = listed.flatMap((item) => nodeOf(item, warnings));
    if (nodes.some(({ role }) => role === 'control-plane')) return { nodes, warnings };
    return {
      nodes,
      warnings: [
        ...warnings,
        'the API lists no control-plane node; managed clusters hide them, and then nobody but the provider can change the certificate',
      ],
    };
  } catch (error) {
    return { nodes: [], unread: (error as Error).message, warnings };
  }
}

async function readControlPlanes(get: ApiGet): Promise<readonly unknown[]> {
  const nodes = await readAll(get, label);
  return nodes.length > 0 ? nodes : readAll(get, oldLabel);
}

async function readAll(get: ApiGet, selector?: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  let next: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const query = new URLSearchParams({
      limit: String(pageSize),
      ...(selector === undefined ? {} : { labelSelector: selector }),
      ...(next === undefined ? {} : { continue: next }),
    });
    const { status, bytes } = await get(`/api/v1/nodes?${query.toString()}`);
    const body = parse(bytes);
    if (status !== 200) throw new Error(refusalOf(status, body));
    const items = mapAt(body)['items'];
    if (!Array.isArray(items)) throw new Error('the answer to a list of nodes is no list');
    found.push(...(items as readonly unknown[]));
    const more = mapAt(mapAt(body)['metadata'])['continue'];
    if (typeof more !== 'string' || more === '') return found;
    next = more;
  }
  throw new Error(`there are more than ${mostPages * pageSize} nodes`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** `403: nodes is forbidden: User "dev" cannot list resource "nodes"` */
function refusalOf(status: number, body: unknown): string {
  const { message } = mapAt(body);
  const said = typeof message === 'string' ? `: ${message.slice(0, 200)}` : '';
  return `the API answered ${status}${said}`;
}

function nodeOf(item: unknown, warnings: string[]): readonly ClusterNode[] {
  const metadata = mapAt(mapAt(item)['metadata']);
  const { name } = metadata;
  if (typeof name !== 'string' || !/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
    warnings.push('the API lists a node whose name is none; it is left out');
    return [];
  }
  const { addresses } = mapAt(mapAt(item)['status']);
  const internal = (Array.isArray(addresses) ? (addresses as readonly unknown[]) : [])
    .map(mapAt)
    .filter(({ type }) => type === 'InternalIP')
    .map(({ address }) => (typeof address === 'string' ? canonicalIp(address) : undefined))
    .find((address) => address !== undefined);
  if (internal === undefined) {
    warnings.push(`node ${display(name, 80)} has no InternalIP, so it is left out; name it with --node`);
    return [];
  }
  const labels = mapAt(metadata['labels']);
  const isControlPlane = Object.hasOwn(labels, label) || Object.hasOwn(labels, oldLabel);
  return [
    {
      name,
      role: isControlPlane ? 'control-plane' : 'worker',
      target: { via: 'ssh', host: internal },
      source: 'kubeconfig',
    },
  ];
}

function mapAt(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
