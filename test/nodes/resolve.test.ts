import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiGet } from '../../src/model/kubeconfig.ts';
import { formatTarget } from '../../src/model/node.ts';
import { UserError } from '../../src/model/user-error.ts';
import { listNodes } from '../../src/nodes/list-nodes.ts';
import { type NodeSources, type Resolved, resolveNodes } from '../../src/nodes/resolve.ts';
import { mint } from '../support/mint.ts';

const ca = Buffer.from(mint({ subject: 'kubernetes', isCa: true }).pem).toString('base64');
const kubeconfig = `apiVersion: v1
kind: Config
current-context: admin
clusters: [{name: prod, cluster: {server: 'https://10.0.0.100:6443', certificate-authority-data: ${ca}}}]
users: [{name: admin, user: {token: t}}]
contexts: [{name: admin, context: {cluster: prod, user: admin}}]
`;

function apiNode(name: string, address: string | undefined, labels: Record<string, string> = {}): unknown {
  const addresses = address === undefined ? [] : [{ type: 'InternalIP', address }];
  return {
    metadata: { name, labels },
    status: { addresses: [{ type: 'Hostname', address: name }, ...addresses] },
  };
}

const controlPlane = { 'node-role.kubernetes.io/control-plane': '' };
const all = [
  apiNode('cp1', '10.0.0.1', controlPlane),
  apiNode('cp2', '2001:db8::2', controlPlane),
  apiNode('w1', '10.0.0.11'),
];

/** Answers as an API server does: by selector, in pages of two. */
function api(nodes: readonly unknown[], asked: string[] = []): ApiGet {
  return (at) => {
    asked.push(at);
    const url = new URL(at, 'https://x');
    const selector = url.searchParams.get('labelSelector');
    const found = nodes.filter(
      (node) => selector === null || selector in (node as { metadata: { labels: object } }).metadata.labels,
    );
    const from = Number(url.searchParams.get('continue') ?? 0);
    const more = from + 2 < found.length ? { continue: String(from + 2) } : {};
    const body = { kind: 'NodeList', metadata: more, items: found.slice(from, from + 2) };
    return Promise.resolve({ status: 200, bytes: Buffer.from(JSON.stringify(body)) });
  };
}

const answer =
  (status: number, body: string): ApiGet =>
  () =>
    Promise.resolve({ status, bytes: Buffer.from(body) });

describe('the API lists nodes', () => {
  test('control planes alone, or all of them, page by page', async () => {
    const asked: string[] = [];
    expect((await listNodes(api(all, asked), false)).nodes).toEqual([
      { name: 'cp1', role: 'control-plane', target: { via: 'ssh', host: '10.0.0.1' }, source: 'kubeconfig' },
      {
        name: 'cp2',
        role: 'control-plane',
        target: { via: 'ssh', host: '2001:db8::2' },
        source: 'kubeconfig',
      },
    ]);
    expect(asked).toEqual(['/api/v1/nodes?limit=500&labelSelector=node-role.kubernetes.io%2Fcontrol-plane']);
    const whole: string[] = [];
    const { nodes } = await listNodes(api(all, whole), true);
    expect(nodes.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'cp1 control-plane',
      'cp2 control-plane',
      'w1 worker',
    ]);
    expect(whole).toHaveLength(2);
  });

  test('an old cluster calls them masters', async () => {
    const old = [apiNode('m1', '10.0.0.1', { 'node-role.kubernetes.io/master': '' })];
    expect((await listNodes(api(old), false)).nodes).toHaveLength(1);
  });

  test('a managed cluster lists none, and that is said', async () => {
    const { nodes, warnings } = await listNodes(api([apiNode('w1', '10.0.0.1')]), true);
    expect(nodes.map(({ role }) => role)).toEqual(['worker']);
    expect(warnings).toEqual([expect.stringContaining('lists no control-plane node')]);
  });

  test('a node without an address, or with a name that is none, is left out with a warning', async () => {
    const odd = [
      apiNode('cp1', undefined, controlPlane),
      apiNode('-oProxyCommand=id', '10.0.0.1', controlPlane),
      apiNode('cp3', '$(id)', controlPlane),
    ];
    const { nodes, warnings } = await listNodes(api(odd), false);
    expect(nodes).toEqual([]);
    expect(warnings).toHaveLength(4);
  });

  test.each([
    [
      'forbidden',
      answer(403, '{"message":"nodes is forbidden: User \\"dev\\""}'),
      'the API answered 403: nodes is forbidden',
    ],
    ['a login page', answer(200, '<html>'), 'is no list'],
    ['a proxy', answer(502, 'Bad Gateway'), 'the API answered 502'],
    ['nothing', () => Promise.reject(new Error('the connection was reset')), 'the connection was reset'],
    ['pages without end', answer(200, '{"items":[],"metadata":{"continue":"x"}}'), 'more than 10000 nodes'],
  ] as const)('%s is a reason, not an exception', async (_, get, why) => {
    const listed = await listNodes(get, true);
    expect(listed.nodes).toEqual([]);
    expect(listed.unread).toContain(why);
  });
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-resolve-'));
  mkdirSync(path.join(folder, '.kube'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

function resolve(sources: Partial<NodeSources>): Promise<Resolved> {
  return resolveNodes({
    nodes: [],
    runInventory: false,
    allowExecPlugin: false,
    endpoints: [],
    withWorkers: false,
    env: {},
    openApi: () => api(all),
    ...sources,
  });
}

async function refusal(sources: Partial<NodeSources>): Promise<string> {
  const error = await resolve(sources).then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (!(error instanceof UserError)) throw new Error(`no refusal: ${String(error)}`);
  return `${error.message} | ${error.hint}`;
}

function shown({ nodes }: Resolved): readonly string[] {
  return nodes.map(({ name, target, source }) => `${name} ${formatTarget(target)} ${source}`);
}

function names({ nodes }: Resolved): readonly string[] {
  return nodes.map(({ name }) => name);
}

describe('sources', () => {
  test('nodes by flag; the kubeconfig of the environment is left alone', async () => {
    const KUBECONFIG = write('config', kubeconfig);
    const resolved = await resolve({ nodes: ['ops@cp1', 'cp2'], env: { KUBECONFIG } });
    expect(shown(resolved)).toEqual(['cp1 ssh://ops@cp1 flag', 'cp2 ssh://cp2 flag']);
    expect(resolved.kubeconfig).toBeUndefined();
  });

  test('nodes by flag beside a kubeconfig: the nodes are these, the server and the CA are known too', async () => {
    const resolved = await resolve({ nodes: ['cp9'], kubeconfig: write('config', kubeconfig) });
    expect(shown(resolved)).toEqual(['cp9 ssh://cp9 flag']);
    expect(resolved.kubeconfig?.server.host).toBe('10.0.0.100');
    expect(resolved.cluster).toBe('prod');
  });

  test('a kubeconfig alone lists its nodes; workers only where they are wanted', async () => {
    const file = write('.kube/config', kubeconfig);
    expect(names(await resolve({ kubeconfig: file }))).toEqual(['cp1', 'cp2']);
    expect(names(await resolve({ kubeconfig: file, withWorkers: true }))).toEqual(['cp1', 'cp2', 'w1']);
    expect(names(await resolve({ env: { HOME: folder } }))).toEqual(['cp1', 'cp2']);
    expect(names(await resolve({ env: { KUBECONFIG: file } }))).toEqual(['cp1', 'cp2']);
    expect(names(await resolve({ context: 'admin', env: { KUBECONFIG: file } }))).toEqual(['cp1', 'cp2']);
  });

  test('an API that does not answer leaves the tests from here', async () => {
    const resolved = await resolve({
      kubeconfig: write('config', kubeconfig),
      openApi: () => answer(503, ''),
    });
    expect(resolved.nodes).toEqual([]);
    expect(resolved.warnings).toEqual([
      expect.stringContaining('only tests from here are made: the API answered 503'),
    ]);
    expect(resolved.kubeconfig).toBeDefined();
  });

  test('endpoints alone, each once', async () => {
    const resolved = await resolve({
      endpoints: ['API.example.com:6443', 'https://api.example.com:6443', '[::1]:443'],
      env: { HOME: folder },
    });
    expect(resolved.endpoints).toEqual([
      { host: 'api.example.com', port: 6443, path: '' },
      { host: '::1', port: 443, path: '' },
    ]);
    expect(resolved.nodes).toEqual([]);
  });

  test('a file of clusters, with its inventory, its defaults and its names', async () => {
    write('hosts.ini', '[kube_control_plane]\ncp1\ncp2 ansible_port=2222 ansible_user=me\n[kube_node]\nw1\n');
    const config = write(
      'fix-sans.yaml',
      'formatVersion: 1\nclusters:\n  one:\n    inventory: hosts.ini\n    names: [api.example.com]\n    ssh: {user: ops, port: 2200}\n',
    );
    const resolved = await resolve({ config, env: { PATH: folder } });
    expect(shown(resolved)).toEqual(['cp1 ssh://ops@cp1:2200 inventory', 'cp2 ssh://me@cp2:2222 inventory']);
    expect(resolved).toMatchObject({
      cluster: 'one',
      inventory: { readBy: 'subset' },
      wishes: [{ type: 'dns', value: 'api.example.com' }],
    });
  });
});

describe('contradictions and gaps are refused', () => {
  test.each([
    [{ nodes: ['a'], inventory: 'i' }, '--node and --inventory each say which nodes there are'],
    [{ nodes: ['a'], config: 'c' }, '--node and --config each say'],
    [{ inventory: 'i', config: 'c' }, '--inventory and --config each say'],
    [{ nodes: ['a'], cluster: 'prod' }, '--cluster chooses a cluster of --config'],
    [{}, 'there is nothing to look at'],
    [{ env: { HOME: '/nowhere' } }, 'there is nothing to look at'],
    [{ context: 'x' }, 'neither KUBECONFIG nor HOME is set'],
    [{ endpoints: ['api.example.com'] }, '--endpoint api.example.com has no port'],
    [{ endpoints: ['-x:1'] }, 'starts with a dash'],
    [{ endpoints: ['http://a:80'] }, 'is http://'],
    [{ nodes: ['cp1', 'a b'] }, '--node a b:'],
    [{ nodes: [''] }, '--node : it is empty'],
  ] as const)('%j', async (sources, fault) => {
    expect(await refusal(sources)).toContain(fault);
  });
});

test.each([
  ['prod: {}', 'the cluster prod in FILE says nothing to look at: no node, no kubeconfig and no endpoint'],
  ['prod: {nodes: []}', 'the cluster prod in FILE says nothing to look at'],
  ['prod: {nodes: [{target: w1, role: worker}]}', 'the cluster prod in FILE names only workers'],
])('--config with %s names the file and the cluster', async (text, fault) => {
  const config = write('fix-sans.yaml', `formatVersion: 1\nclusters: {${text}}\n`);
  const said = await refusal({ config });
  expect(said.replace(config, 'FILE')).toContain(fault);
  expect(said).not.toContain('or --config');
});

describe('nodes are unique', () => {
  test('the same host twice is read once, with a warning', async () => {
    const resolved = await resolve({ nodes: ['cp1', 'ops@CP1:22', 'cp1:2222'] });
    expect(shown(resolved)).toEqual(['cp1 ssh://cp1 flag', 'cp1:2222 ssh://cp1:2222 flag']);
    expect(resolved.warnings).toEqual(['cp1 and CP1: ssh://ops@CP1:22 is named twice and read once']);
  });

  test('two nodes of one name get two names', async () => {
    const resolved = await resolve({ nodes: ['cp1', 'docker://cp1'] });
    expect(resolved.nodes.map(({ name }) => name)).toEqual(['cp1', 'docker://cp1']);
    expect(resolved.warnings).toEqual(['two nodes are called cp1; one is shown as docker://cp1']);
  });

  test('a node that is called as this machine is gets another name: what a node sees of itself is believed', async () => {
    const resolved = await resolve({ nodes: ['root@here'] });
    expect(resolved.nodes.map(({ name }) => name)).toEqual(['ssh://root@here']);
    expect(resolved.warnings).toEqual([
      'this machine and a node are called here; one is shown as ssh://root@here',
    ]);
  });
});
