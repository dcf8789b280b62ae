/** Load balancers, Services and the ways that names lead. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import { healthy, onCp2, system, type Row, testRows } from '../../support/damaged.ts';
import { addressOf, buildFacts, changeApi } from '../../support/facts.ts';

const lb = {
  kind: 'haproxy',
  path: '/etc/haproxy/haproxy.cfg',
  addresses: ['192.168.56.9'],
  port: 6443,
} as const;
const back = (...hosts: readonly string[]) => hosts.map((host) => ({ host, port: 6443 }));
const allThree = [1, 2, 3].map(addressOf);
const network: readonly Row[] = [
  [
    'the advertise address is on no interface',
    system({ addresses: ['127.0.0.1', '10.0.0.9'], defaultRouteAddress: addressOf(2) }),
    ['e foreign-address cp2'],
    2,
  ],
  ['no address could be read: nothing is claimed', system({ addresses: [] }), [], 0],
  [
    'the default route leaves by another interface',
    system({ defaultRouteAddress: '10.0.2.15' }),
    ['i wrong-default-route cp2'],
    0,
  ],
  ['a default route of the other family says nothing', system({ defaultRouteAddress: 'fd00::9' }), [], 0],
  [
    "a Service's address on an interface is IPVS, not an overlap",
    system({ addresses: ['127.0.0.1', addressOf(2), '10.240.0.65', '10.240.0.70'] }),
    [],
    0,
  ],
  [
    'node addresses inside the service range',
    changeApi(healthy, ({ workers }) => ({
      workers: [...(workers ?? []), { name: 'worker9', internalIps: ['10.240.0.99'], isReady: true }],
    })),
    ['w service-range-overlaps-nodes'],
    2,
  ],
  [
    'kubelets dial an address that the cluster itself serves',
    changeApi(buildFacts({ endpoint: '192.168.56.9:6443' }), () => ({
      loadBalancerServices: [
        { namespace: 'a', name: 'b', addresses: ['192.168.56.9'], isPending: false, ports: [6443] },
      ],
    })),
    ['w vip-bootstrap-loop'],
    2,
  ],
  [
    'a load balancer has one that is gone and lacks one',
    onCp2(() => ({
      loadBalancers: [{ ...lb, backends: back(addressOf(1), addressOf(2), '192.168.56.99') }],
    })),
    ['w stale-upstream cp2'],
    2,
  ],
  [
    'a load balancer has them all',
    onCp2(() => ({ loadBalancers: [{ ...lb, backends: back(...allThree) }] })),
    [],
    0,
  ],
  [
    'backends on a network of their own cannot be compared',
    onCp2(() => ({ loadBalancers: [{ ...lb, backends: back('203.0.113.1', '203.0.113.2') }] })),
    [],
    0,
  ],
  [
    'a backend by another address of its node',
    onCp2((node) => ({
      system: { ...node.system, addresses: [...node.system.addresses, '10.7.0.2'] },
      loadBalancers: [{ ...lb, backends: back(addressOf(1), '10.7.0.2', addressOf(3)) }],
    })),
    [],
    0,
  ],
  [
    'backends by name could be any of them',
    onCp2(() => ({ loadBalancers: [{ ...lb, backends: back('master1.example', addressOf(1)) }] })),
    [],
    0,
  ],
  [
    'the endpoints have one that is gone',
    changeApi(healthy, ({ endpoints }) => ({
      endpoints: [...(endpoints ?? []), { address: '192.168.56.99', port: 6443 }],
    })),
    ['w stale-endpoints'],
    2,
  ],
  [
    'the endpoints lack one',
    changeApi(healthy, ({ endpoints }) => ({ endpoints: (endpoints ?? []).slice(1) })),
    ['w stale-endpoints'],
    2,
  ],
  [
    'a rule leads an outside address here',
    system({
      firewall: [
        '-A PREROUTING -d 203.0.113.56/32 -p tcp -m tcp --dport 6443 -j DNAT --to-destination 192.168.56.32:6443',
      ],
    }),
    ['i port-forwarded cp2'],
    0,
  ],
  [
    "nft's words for it",
    system({ firewall: ['ip daddr 203.0.113.56 tcp dport 6443 dnat to 192.168.56.32:6443'] }),
    ['i port-forwarded cp2'],
    0,
  ],
  [
    "kube-proxy's own rules and another port are no news",
    system({
      firewall: [
        '-A KUBE-SEP-X -p tcp -m tcp -j DNAT --to-destination 192.168.56.32:6443',
        '-A PREROUTING -p tcp --dport 64430 -j REDIRECT --to-ports 80',
        '-A INPUT -p tcp --dport 6443 -j ACCEPT',
      ],
    }),
    [],
    0,
  ],
];

testRows(network);
