/** What API servers serve, against what they should. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import { healthy, cp1, cp2, onCp2, system, given, type Row, testRows } from '../../support/damaged.ts';
import {
  addressOf,
  certificateFile,
  corporateCa,
  failed,
  leaf,
  namesOf,
  onDisk,
  reissue,
  served,
  without,
} from '../../support/facts.ts';

const serving: readonly Row[] = [
  [
    'a new certificate on disk that is not served yet',
    onDisk(healthy, 'cp2', leaf(namesOf(cp2))),
    ['w not-reloaded cp2'],
    2,
  ],
  [
    'the name is on disk and not served: one backend is stale',
    onDisk(reissue(healthy, 'cp2', without(cp2, ['lb.example'])), 'cp2', cp2),
    ['e not-reloaded cp2', 'e one-backend-stale'],
    2,
  ],
  [
    'the disk lacks the name that is still served',
    onDisk(healthy, 'cp2', without(cp2, ['lb.example'])),
    ['w not-reloaded cp2', 'w san-missing cp2'],
    2,
  ],
  [
    'a client certificate stands there',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] })),
    ['e wrong-certificate cp2'],
    2,
  ],
  [
    'any use includes this one',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { extendedKeyUsage: ['2.5.29.37.0'] })),
    [],
    0,
  ],
  [
    'a certificate by another subject that holds the names is right',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { subject: 'apiserver.corp' })),
    [],
    0,
  ],
  [
    'an SNI certificate is a remark',
    onCp2(() => ({
      sniCertificates: [
        {
          names: ['sni.example'],
          file: certificateFile('/etc/sni.crt', leaf(['sni.example'], { issuer: corporateCa })),
        },
      ],
    })),
    ['i sni-certificate cp2'],
    0,
  ],
  [
    'the API server is down',
    {
      ...system({ listening: [{ address: '::', port: 22 }] }),
      probes: [
        ...healthy.probes.filter(({ host }) => host !== addressOf(2)),
        failed('refused', { host: addressOf(2), from: 'cp2', way: 'ssh' }),
      ],
    },
    ['e endpoint-unreachable cp2'],
    2,
  ],
  [
    'nobody could shake hands with one: partly read',
    {
      ...healthy,
      probes: [
        ...healthy.probes.filter(({ host }) => host !== addressOf(2)),
        failed('timeout', { host: addressOf(2) }),
      ],
    },
    ['w path-not-proven cp2'],
    3,
  ],
  [
    'from here nothing is reached, but each node sees itself',
    { ...healthy, probes: healthy.probes.filter(({ from }) => from !== 'here') },
    [],
    0,
  ],
  [
    'the endpoint that was given times out',
    { ...healthy, kubeconfig: given, probes: [...healthy.probes, failed('timeout', { host: 'lb.example' })] },
    ['e endpoint-unreachable'],
    2,
  ],
  [
    'it answers by one way at least',
    {
      ...healthy,
      kubeconfig: given,
      probes: [
        ...healthy.probes,
        failed('timeout', { host: 'lb.example' }),
        served(cp1, { host: 'lb.example', way: 'proxy', proxy: 'p.example:3128' }),
      ],
    },
    [],
    0,
  ],
  [
    'behind a load balancer one of two lacks the name',
    {
      ...healthy,
      nodes: [],
      kubeconfig: given,
      probes: [
        served(cp1, { host: 'lb.example' }),
        served(without(cp2, ['lb.example']), { host: 'lb.example' }),
      ],
      api: undefined,
    } as unknown as ClusterFacts,
    ['e one-backend-stale'],
    2,
  ],
  [
    'a wish that nobody here can dial is a remark',
    {
      ...reissue(healthy, 'cp1', cp1),
      wishes: [{ type: 'dns', value: 'lb.example' }],
      probes: [...healthy.probes, failed('dns', { host: 'lb.example', port: 443 })],
    },
    ['i path-not-proven'],
    0,
  ],
];

testRows(serving);
