/** Somebody in between, and what looks like it. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import { healthy, cp1, cp2, given, type Row, testRows } from '../../support/damaged.ts';
import {
  buildFacts,
  corporateCa,
  failed,
  leaf,
  namesOf,
  onDisk,
  otherCa,
  reissue,
  served,
} from '../../support/facts.ts';
import { mint } from '../../support/mint.ts';

function wishRows(): readonly Row[] {
  const site = leaf(['api.example'], { issuer: corporateCa, subject: 'web' });
  const seen = (host: string) => served(site, { host, port: 443 });
  const wished: ClusterFacts = {
    ...buildFacts({ certSans: ['localhost', '127.0.0.1', 'api.example'] }),
    wishes: [{ type: 'dns', value: 'api.example' }],
  };
  const twice = { ...wished, endpoints: [{ host: 'lb.example', port: 443 }] };
  return [
    [
      'a wish that leads to a web server of its own',
      { ...wished, probes: [...wished.probes, seen('api.example')] },
      ['e wrong-endpoint'],
      8,
    ],
    [
      'the same issuer on more than that one: somebody is between',
      { ...twice, probes: [...wished.probes, seen('api.example'), seen('lb.example')] },
      ['e intercepted', 'e intercepted'],
      8,
    ],
  ];
}

const interception: readonly Row[] = [
  ...wishRows(),
  [
    'the old certificate after a change of CA is not reloaded, and nobody else answers',
    onDisk(reissue(healthy, 'cp2', leaf(namesOf(cp2), { issuer: otherCa })), 'cp2', cp2),
    ['w not-reloaded cp2'],
    2,
  ],
  [
    "an ingress controller's fake certificate",
    {
      ...healthy,
      kubeconfig: given,
      probes: [
        ...healthy.probes,
        served(
          leaf(['ingress.local'], {
            subject: 'Kubernetes Ingress Controller Fake Certificate',
            issuer: corporateCa,
          }),
          { host: 'lb.example' },
        ),
      ],
    },
    ['e wrong-endpoint'],
    8,
  ],
  [
    "a kubelet's self-signed one",
    {
      ...healthy,
      kubeconfig: given,
      probes: [
        ...healthy.probes,
        served(
          leaf(['worker1'], {
            subject: 'worker1@1',
            issuer: mint({ subject: 'worker1-ca@1700000000', isCa: true }),
          }),
          { host: 'lb.example' },
        ),
      ],
    },
    ['e wrong-endpoint'],
    8,
  ],
  [
    "another cluster's API server",
    {
      ...healthy,
      kubeconfig: given,
      probes: [...healthy.probes, served(leaf(namesOf(cp1), { issuer: otherCa }), { host: 'lb.example' })],
    },
    ['e wrong-endpoint'],
    8,
  ],
  [
    'the same foreign certificate inside as outside: a wrong endpoint, nobody between',
    {
      ...healthy,
      kubeconfig: given,
      probes: [
        ...healthy.probes,
        ...['here', 'cp1'].map((from) =>
          served(leaf(['lb.example'], { issuer: corporateCa, subject: 'lb' }), {
            host: 'lb.example',
            from,
            way: from === 'here' ? 'direct' : 'ssh',
          }),
        ),
      ],
    },
    ['e wrong-endpoint'],
    8,
  ],
  [
    'genuine from the node and foreign here, for the same endpoint',
    {
      ...healthy,
      kubeconfig: given,
      probes: [
        ...healthy.probes,
        served(cp1, { host: 'lb.example', from: 'cp1', way: 'ssh' }),
        served(leaf(['lb.example'], { issuer: corporateCa }), { host: 'lb.example' }),
      ],
    },
    ['e intercepted'],
    8,
  ],
  [
    'a proxy refuses to connect',
    {
      ...healthy,
      kubeconfig: given,
      probes: [
        ...healthy.probes,
        served(cp1, { host: 'lb.example' }),
        failed(
          'proxy-refused',
          { host: 'lb.example', way: 'proxy', proxy: 'p.example:3128' },
          '403 Forbidden',
        ),
      ],
    },
    ['e proxy-cannot-reach-upstream'],
    8,
  ],
  [
    'the API server itself is not well: no proxy is blamed',
    {
      ...healthy,
      kubeconfig: given,
      probes: [
        ...healthy.probes,
        served(cp1, { host: 'lb.example' }, { status: 500, firstLine: '{"kind":"Status"}' }),
      ],
    },
    [],
    0,
  ],
  [
    'the kubeconfig alone holds the right name and another key',
    {
      ...healthy,
      nodes: [],
      kubeconfig: { ...given, ca: [otherCa.pem] },
      probes: [served(cp1, { host: 'lb.example' })],
      api: undefined,
    } as unknown as ClusterFacts,
    ['e stale-ca'],
    8,
  ],
];

testRows(interception);
