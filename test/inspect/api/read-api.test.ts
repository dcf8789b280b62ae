import { expect, test } from 'vitest';
import { readApiFromHere } from '../../../src/inspect/api/read-api.ts';
import type { ApiGet } from '../../../src/model/kubeconfig.ts';

const json = (status: number, value: unknown) => ({ status, bytes: Buffer.from(JSON.stringify(value)) });

test('with a kubeconfig alone, what the API tells is known and the rest is said to be unread', async () => {
  const paths: string[] = [];
  const get: ApiGet = (path) => {
    paths.push(path);
    if (path === '/version') return Promise.resolve(json(200, { gitVersion: 'v1.34.4' }));
    if (path.includes('fieldSelector'))
      return Promise.resolve(json(400, { message: 'field label not supported: spec.type' }));
    if (path === '/api/v1/services?limit=500') return Promise.resolve(json(200, { items: [] }));
    if (path.includes('cluster-info'))
      return Promise.resolve(json(403, { message: 'configmaps is forbidden' }));
    if (path.includes('kube-proxy')) return Promise.resolve({ status: 502, bytes: Buffer.from('<html>') });
    if (path.includes('nodes')) return Promise.reject(new Error('the connection was reset'));
    return Promise.resolve(json(404, { message: 'not found' }));
  };
  const facts = await readApiFromHere(get, { asksForWorkers: false });
  expect(facts).toMatchObject({ readThrough: 'here', serverVersion: 'v1.34.4', loadBalancerServices: [] });
  expect(Object.fromEntries(facts.unread.map(({ what, why }) => [what, why]))).toEqual({
    'cluster-info': 'configmaps is forbidden',
    'control-planes': 'the connection was reset',
    'endpoint-slices': 'not found',
    'kube-proxy': 'the API answered with status 502',
    'kubeadm-config': 'not found',
    service: 'not found',
  });
  expect(paths.filter((path) => path.includes('%21'))).toEqual([]);
});
