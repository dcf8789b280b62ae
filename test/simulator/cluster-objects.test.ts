/** What a simulated cluster's API has, and who may see and change it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { call } from './client.ts';
import { simulate, type SimulatedNode, type Simulation } from './simulate.ts';

let simulation: Simulation;
let one: SimulatedNode;
let other: SimulatedNode;

beforeAll(async () => {
  simulation = await simulate({
    keys: 'ec',
    serviceSubnet: '10.240.0.64/26',
    certSans: ['api.example.com'],
    controlPlaneEndpoint: 'lb.example.com',
  });
  const [first, second] = simulation.nodes;
  if (first === undefined || second === undefined) throw new Error('two nodes are needed');
  [one, other] = [first, second];
});
afterAll(() => simulation.stop());

async function read<T = { items: Record<string, never>[] }>(url: string): Promise<T> {
  const { status, body } = await call(simulation, one, url, { asAdmin: true });
  if (status !== 200) throw new Error(body);
  return JSON.parse(body) as T;
}

interface ConfigMap {
  readonly metadata: { readonly resourceVersion: string };
  readonly data: Readonly<Record<string, string>>;
}

function inKubeSystem(name: string): string {
  return `/api/v1/namespaces/kube-system/configmaps/${name}`;
}

async function storedConfig(): Promise<ConfigMap> {
  return read<ConfigMap>(mapPath);
}

const mapPath = inKubeSystem('kubeadm-config');

test('kubeadm-config is for the administrator alone, and the same from each node', async () => {
  const anonymous = await call(simulation, one, mapPath);
  expect(anonymous.status).toBe(403);
  expect(anonymous.body).toContain('User \\"system:anonymous\\" cannot get resource \\"configmaps\\"');
  const seen = await Promise.all(
    simulation.nodes.map((node) => call(simulation, node, mapPath, { asAdmin: true })),
  );
  expect(new Set(seen.map(({ body }) => body)).size).toBe(1);
  const map = JSON.parse(seen[0]?.body ?? '') as { data: { ClusterConfiguration: string } };
  expect(parse(map.data.ClusterConfiguration)).toMatchObject({
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    apiServer: { certSANs: ['api.example.com'] },
    networking: { serviceSubnet: '10.240.0.64/26' },
  });
});

test('it is written by the resourceVersion that was read, and by no older one', async () => {
  const before = await storedConfig();
  const body = { ...before, data: { ClusterConfiguration: 'kind: ClusterConfiguration\n' } };
  const written = await call(simulation, one, mapPath, { method: 'PUT', body, asAdmin: true });
  expect(written.status).toBe(200);
  const { metadata, data } = await storedConfig();
  expect(Number(metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
  expect(data).toEqual(body.data);
  const late = await call(simulation, other, mapPath, { method: 'PUT', body: before, asAdmin: true });
  expect(late.status).toBe(409);
  expect(late.body).toContain('the object has been modified');
  expect((await storedConfig()).data).toEqual(body.data);
  expect((await call(simulation, one, mapPath, { method: 'PUT', body })).status).toBe(403);
  const nonsense = await call(simulation, one, mapPath, { method: 'DELETE', asAdmin: true });
  expect(nonsense.status).toBe(405);
});

test('kube-proxy and cluster-info name the server that the cluster dials', async () => {
  const server = `https://lb.example.com:${one.api.port}`;
  const proxy = await read<ConfigMap>(inKubeSystem('kube-proxy'));
  expect(parse(proxy.data['kubeconfig.conf'] ?? '')).toMatchObject({ clusters: [{ cluster: { server } }] });
  // A node that joins reads it before it is anybody.
  const info = await call(simulation, one, '/api/v1/namespaces/kube-public/configmaps/cluster-info');
  expect(info.status).toBe(200);
  const { data } = JSON.parse(info.body) as ConfigMap;
  expect(parse(data['kubeconfig'] ?? '')).toMatchObject({
    clusters: [
      { cluster: { server, 'certificate-authority-data': Buffer.from(simulation.ca).toString('base64') } },
    ],
  });
});

test('the Service, its slice and the nodes agree', async () => {
  const service = await read<object>('/api/v1/namespaces/default/services/kubernetes');
  expect(service).toMatchObject({
    kind: 'Service',
    spec: { clusterIP: '10.240.0.65', ports: [{ port: 443, targetPort: one.api.port }] },
  });
  const slices = await read(
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dkubernetes',
  );
  const addresses = simulation.nodes.map(({ api }) => api.host);
  expect(slices).toMatchObject({
    kind: 'EndpointSliceList',
    items: [
      {
        endpoints: addresses.map((address) => ({ addresses: [address] })),
        ports: [{ port: one.api.port }],
      },
    ],
  });
  const none = await read(
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=app%3Dx',
  );
  expect(none.items).toEqual([]);
  expect(await read('/api/v1/nodes?limit=500')).toMatchObject({
    kind: 'NodeList',
    items: simulation.nodes.map(({ name, api }) => ({
      metadata: { name },
      status: { addresses: [{ type: 'InternalIP', address: api.host }, { type: 'Hostname' }] },
    })),
  });
});

async function services(): Promise<readonly string[]> {
  const { items } = await read<{ items: { metadata: { name: string } }[] }>('/api/v1/services');
  return items.map(({ metadata }) => metadata.name);
}

test('services of all namespaces are listed, and one that a controller adds is there', async () => {
  expect(await services()).toEqual(['kubernetes']);
  simulation.objects.set({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'apiserver', namespace: 'kube-system' },
    spec: { type: 'LoadBalancer', ports: [{ port: 443, targetPort: 6443 }] },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } },
  });
  expect(await services()).toEqual(['kubernetes', 'apiserver']);
});

test('leases are renewed by their holders', async () => {
  interface Lease {
    readonly spec: { readonly holderIdentity: string; readonly renewTime: string };
  }
  const place = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'apiserver-cp2']) {
    const { spec } = await read<Lease>(`${place}/${name}`);
    expect(spec.holderIdentity).toMatch(/_simulated$/);
    expect(spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(Date.now() - Date.parse(spec.renewTime)).toBeLessThan(10_000);
  }
  expect((await read('/apis/coordination.k8s.io/v1/leases')).items).toHaveLength(2 + 2 * 3);
});

test('every object says that it is simulated', async () => {
  for (const url of ['/api/v1/configmaps', '/api/v1/nodes', '/apis/coordination.k8s.io/v1/leases']) {
    const { items } = await read<{ items: { metadata: { annotations: object } }[] }>(url);
    expect(items.length).toBeGreaterThan(2);
    for (const { metadata } of items) expect(metadata.annotations).toEqual({ simulated: 'true' });
  }
});

test('what no server could read is an answer and no end', async () => {
  for (const url of ['//', '/api/v1/namespaces//configmaps/x', '/%', '/api/v1/secrets']) {
    expect((await call(simulation, one, url, { asAdmin: true })).status).toBeGreaterThanOrEqual(400);
  }
  expect((await call(simulation, one, '/readyz')).status).toBe(200);
});
