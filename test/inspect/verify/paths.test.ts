/** What is dialled itself from here: what clients outside dial, and nothing that means another machine here. */
import { expect, test } from 'vitest';
import { pathsOf } from '../../../src/inspect/verify/paths.ts';
import { buildFacts } from '../../support/facts.ts';
import { named } from '../../support/plans.ts';

function pathTexts(facts: Parameters<typeof pathsOf>[0], asked: readonly string[]): readonly string[] {
  return pathsOf(facts, asked.map(named)).map(
    ({ host, port, san, ground }) => `${host}:${port} as ${san.value}, ${ground}`,
  );
}

test('names that were asked for, by the port of the kubeconfig; its server and endpoints by their own', () => {
  const facts = {
    ...buildFacts(),
    kubeconfig: {
      path: '/admin.conf',
      context: 'x',
      server: 'https://vip.example:8443',
      tlsServerName: 'kubernetes',
      skipsVerification: false,
      ca: [],
    },
    endpoints: [{ host: 'lb.example', port: 443 }],
  };
  expect(pathTexts(facts, ['api.example', 'lb.example'])).toEqual([
    'lb.example:443 as lb.example, named',
    'vip.example:8443 as kubernetes, given',
    'api.example:8443 as api.example, given',
  ]);
});

test('what only pods or the node itself dial is not dialled from here, nor what no client sends', () => {
  const facts = buildFacts();
  const [clusterIp = ''] = facts.api?.kubernetesService?.clusterIps ?? [];
  expect(
    pathTexts(facts, [clusterIp, 'kubernetes.default.svc', 'localhost', '127.0.0.1', '::1', '*.example.com']),
  ).toEqual([]);
  expect(pathTexts(facts, ['api.example'])).toEqual(['api.example:6443 as api.example, given']);
});
