/** For each kind of trouble a damage that must show it, and what must not. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import { describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../src/model/node-facts.ts';
import {
  addressOf,
  buildFacts,
  ca,
  certificateFile,
  changeApi,
  changeNode,
  corporateCa,
  factsOf,
  failed,
  kubeadmNamesFor,
  kubeconfig,
  leaf,
  leafOf,
  namesOf,
  now,
  onDisk,
  otherCa,
  read,
  reissue,
  served,
  usualNames,
  without,
} from '../support/facts.ts';
import { dns, email, hollowRsaKey, ip, keyPair, mint, rawName, uri } from '../support/mint.ts';

const healthy = buildFacts();
const cp1 = leafOf(healthy, 'cp1');
const cp2 = leafOf(healthy, 'cp2');
const plus = (...names: readonly string[]) => leaf([...namesOf(cp2), ...names]);
const onCp2 = (change: (node: NodeFacts) => Partial<NodeFacts>) => changeNode(healthy, 'cp2', change);
const system = (change: Partial<NodeFacts['system']>) =>
  onCp2((node) => ({ system: { ...node.system, ...change } }));
const given = {
  path: '/root/config',
  context: 'a',
  server: 'https://lb.example:6443',
  skipsVerification: false,
  ca: [ca.pem],
};
const unread = (
  name: string,
  code: 'timeout' | 'authentication' | 'garbled',
  role: 'control-plane' | 'worker' = 'control-plane',
): ClusterFacts['nodes'][number] => ({
  node: { name, role, target: { via: 'ssh', host: name }, source: 'flag' },
  result: { state: 'unread', trouble: { code, message: 'm', hint: 'h', retryable: false } },
});
const replace = (name: string, by: ClusterFacts['nodes'][number]): ClusterFacts => ({
  ...healthy,
  nodes: healthy.nodes.map((one) => (one.node.name === name ? by : one)),
  probes: healthy.probes.filter(
    ({ host, from }) => from !== name && host !== addressOf(Number(name.slice(-1))),
  ),
});

const bare: Partial<NodeFacts> = {
  nodeName: undefined,
  kubelet: undefined,
  kubeconfigs: [],
  distributions: [],
  pods: [],
} as unknown as Partial<NodeFacts>;
/** As if it alone had been named by --node. */
const asControlPlane = (name: string, change: Partial<NodeFacts>): ClusterFacts => {
  const { api: _, ...rest } = changeNode(healthy, name, () => change);
  return {
    ...rest,
    nodes: rest.nodes
      .filter(({ node }) => node.name === name)
      .map((one) => ({ ...one, node: { ...one.node, role: 'control-plane' as const } })),
    probes: [],
  };
};

function codes(facts: ClusterFacts): readonly string[] {
  return diagnoseCluster(facts)
    .findings.map(({ code, node, severity }) =>
      [severity[0], code, ...(node === undefined ? [] : [node])].join(' '),
    )
    .toSorted();
}

type Row = readonly [sentence: string, facts: ClusterFacts, codes: readonly string[], exit: number];

const names: readonly Row[] = [
  [
    'a node name that is missing breaks nobody now',
    reissue(healthy, 'cp2', without(cp2, ['cp2'])),
    ['w san-missing cp2'],
    2,
  ],
  [
    'the advertise address is missed by that node alone',
    reissue(healthy, 'cp2', without(cp2, [addressOf(2)])),
    ['e san-missing cp2'],
    2,
  ],
  [
    'a wildcard holds the endpoint',
    reissue(healthy, 'cp2', leaf([...namesOf(cp2).filter((name) => name !== 'lb.example'), '*.example'])),
    ['w certificate-per-node-differs', 'w config-drift'],
    2,
  ],
  [
    'a name added by hand on one node',
    reissue(healthy, 'cp2', plus('by-hand.example')),
    ['w certificate-per-node-differs', 'w config-drift'],
    2,
  ],
  [
    'a name glued together by an old inventory',
    reissue(healthy, 'cp2', plus('172.31.9.161api-k8s.example.com')),
    ['w certificate-per-node-differs', 'w config-drift', 'w garbage-name cp2'],
    2,
  ],
  [
    'an address typed as a name',
    reissue(
      healthy,
      'cp2',
      leaf([], {
        names: [
          ...namesOf(cp2).map((name) => (/^[\d.]+$/.test(name) ? ip(name) : dns(name))),
          dns('10.9.9.9'),
        ],
      }),
    ),
    ['w address-as-dns-name cp2', 'w certificate-per-node-differs', 'w config-drift'],
    2,
  ],
  [
    'a URI and an e-mail address, which kubeadm cannot write',
    reissue(
      healthy,
      'cp2',
      leaf([], {
        names: [
          ...namesOf(cp2).map((name) => (/^[\d.]+$/.test(name) ? ip(name) : dns(name))),
          uri('spiffe://a/b'),
          email('a@b.example'),
        ],
      }),
    ),
    ['w unsupported-names cp2'],
    2,
  ],
  [
    'a malformed name is garbage',
    reissue(
      healthy,
      'cp2',
      leaf([], {
        names: [
          ...namesOf(cp2).map((name) => (/^[\d.]+$/.test(name) ? ip(name) : dns(name))),
          rawName(7, 'abc'),
        ],
      }),
    ),
    ['w garbage-name cp2'],
    2,
  ],
];

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

const other = (path: string, server: string, certificate = read(otherCa)) =>
  kubeconfig(path, server, certificate);
const trust: readonly Row[] = [
  [
    "a kubelet trusts another cluster's CA",
    onCp2(({ kubeconfigs }) => ({
      kubeconfigs: [...kubeconfigs, other('bootstrap-kubelet.conf', 'https://lb.example:6443')],
    })),
    ['e stale-ca cp2'],
    8,
  ],
  [
    "somebody's kubeconfig of another cluster is nobody's mistake, and its server no name of ours",
    onCp2(({ kubeconfigs }) => ({
      kubeconfigs: [...kubeconfigs, other('/root/.kube/config', 'https://elsewhere.example:6443')],
    })),
    [],
    0,
  ],
  [
    'the kubeconfig that was given is of before a rebuild',
    {
      ...healthy,
      kubeconfig: { ...given, ca: [otherCa.pem] },
      probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
    },
    ['e stale-ca'],
    8,
  ],
  [
    'its CA was renewed with the old key: right',
    {
      ...healthy,
      kubeconfig: {
        ...given,
        ca: [
          mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 10), notAfter: '20400101000000Z' })
            .pem,
        ],
      },
      probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
    },
    [],
    0,
  ],
  [
    'a kubeconfig verifies nothing',
    {
      ...healthy,
      kubeconfig: { ...given, skipsVerification: true },
      probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
    },
    ['w insecure-kubeconfig'],
    2,
  ],
  [
    'ca.key is on two of three',
    onCp2(({ caKey }) => ({ caKey: { path: caKey?.path ?? '' } })),
    ['w ca-key-absent cp2'],
    2,
  ],
  [
    "ca.key is another CA's",
    onCp2(({ caKey }) => ({
      caKey: { path: caKey?.path ?? '', keyFingerprint: read(otherCa).keyFingerprint },
    })),
    ['e ca-mismatch cp2'],
    2,
  ],
  [
    'the certificate is of another CA than lies beside it',
    onCp2(() => ({ ca: certificateFile('/etc/kubernetes/pki/ca.crt', read(otherCa)) })),
    ['e ca-mismatch cp2', 'e ca-mismatch cp2'],
    2,
  ],
  [
    'the CA was renewed with its key on one of three',
    onCp2(() => ({
      ca: certificateFile(
        '/etc/kubernetes/pki/ca.crt',
        read(
          mint({ subject: 'kubernetes', key: ca.key, isCa: true, names: [], notAfter: '20390101000000Z' }),
        ),
      ),
    })),
    ['w ca-mismatch cp2'],
    2,
  ],
  [
    "the key is not the certificate's",
    onCp2(({ key }) => ({ key: { path: key?.path ?? '', keyFingerprint: 'f'.repeat(64) } })),
    ['e pair-mismatch cp2'],
    2,
  ],
  ['SHA-1', reissue(healthy, 'cp2', leaf(namesOf(cp2), { hash: 'sha1' })), ['w weak-algorithm cp2'], 2],
  [
    'RSA with 1024 bits',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { publicKey: hollowRsaKey(1024) })),
    ['w weak-algorithm cp2'],
    2,
  ],
  [
    'the certificate outlives its CA',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notAfter: '20400101000000Z' })),
    ['w outlives-ca cp2'],
    2,
  ],
];

const dates: readonly Row[] = [
  [
    'expired',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notAfter: '20261101000000Z' })),
    ['e expired cp2'],
    2,
  ],
  [
    'expiring within a month',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notAfter: '20261210000000Z' })),
    ['w expiring cp2'],
    2,
  ],
  [
    'not yet valid',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notBefore: '20261201000000Z' })),
    ['e not-yet-valid cp2'],
    2,
  ],
  [
    'the certificate inside a kubeconfig is expired',
    onCp2(({ kubeconfigs: [first] }) => ({
      kubeconfigs:
        first === undefined
          ? []
          : [{ ...first, clientCertificate: { subject: 'a', notAfter: '2026-11-01T00:00:00Z' } }],
    })),
    ['e expired cp2'],
    2,
  ],
  ['a clock ten minutes off', onCp2(() => ({ clockSkewSeconds: -600 })), ['w clock-skew cp2'], 2],
  ['a clock a minute off is no trouble', onCp2(() => ({ clockSkewSeconds: 60 })), [], 0],
];

const config: readonly Row[] = [
  [
    'certSANs that could not be understood say nothing of drift',
    changeApi(reissue(healthy, 'cp2', cp2), ({ kubeadmConfig }) =>
      kubeadmConfig === undefined
        ? {}
        : {
            kubeadmConfig: {
              ...kubeadmConfig,
              configuration: {
                ...kubeadmConfig.configuration,
                certSans: [],
                faults: [{ path: 'apiServer.certSANs', line: 3, column: 13, fault: 'is a string' }],
              },
            },
          },
    ),
    ['w kubeadm-config-fault'],
    2,
  ],
  [
    'kubeadm-config lacks what all certificates have',
    changeApi(healthy, ({ kubeadmConfig }) =>
      kubeadmConfig === undefined
        ? {}
        : {
            kubeadmConfig: {
              ...kubeadmConfig,
              configuration: { ...kubeadmConfig.configuration, certSans: ['localhost'] },
            },
          },
    ),
    ['w config-drift'],
    2,
  ],
  [
    'the inventory lacks what all certificates have',
    {
      ...buildFacts({
        isKubespray: true,
        folder: 'ssl',
        endpoint: `${addressOf(1)}:6443`,
        certSans: [
          'localhost',
          '127.0.0.1',
          ...[1, 2, 3].flatMap((one) => [`cp${one}`, addressOf(one)]),
          'api.example',
        ],
      }),
      inventory: { path: 'inventory/hosts.yml', readBy: 'subset', supplementary: [] },
    },
    ['w inventory-drift'],
    2,
  ],
  [
    'the inventory wants what no certificate has',
    {
      ...buildFacts({
        isKubespray: true,
        folder: 'ssl',
        endpoint: `${addressOf(1)}:6443`,
        certSans: ['localhost', '127.0.0.1', ...[1, 2, 3].flatMap((one) => [`cp${one}`, addressOf(one)])],
      }),
      inventory: { path: 'inventory/hosts.yml', readBy: 'subset', supplementary: ['api.example'] },
    },
    ['e san-missing cp1', 'e san-missing cp2', 'e san-missing cp3'],
    2,
  ],
  [
    'files in another folder, and a kubeadm in an odd place',
    onCp2(({ apiserver, kubeadm }) =>
      apiserver === undefined || kubeadm === undefined
        ? {}
        : {
            apiserver: { ...apiserver, certificatePath: '/srv/tls/a.crt' },
            kubeadm: { ...kubeadm, isOddPath: true },
          },
    ),
    ['i unusual-path cp2', 'i unusual-path cp2'],
    0,
  ],
  [
    'no kubeadm on a control plane',
    onCp2((node) => ({ ...node, kubeadm: undefined }) as unknown as NodeFacts),
    ['i kubeadm-missing cp2'],
    0,
  ],
];

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

const reading: readonly Row[] = [
  ['a node does not answer: a row, exit 3', replace('cp2', unread('cp2', 'timeout')), ['e not-read cp2'], 3],
  ['a node refuses us: exit 4', replace('cp2', unread('cp2', 'authentication')), ['e not-read cp2'], 4],
  [
    'no node answers: exit 75',
    { ...healthy, nodes: [unread('cp1', 'timeout')], probes: [], api: undefined } as unknown as ClusterFacts,
    ['e not-read cp1'],
    75,
  ],
  [
    'what one says is garbled: that is an answer',
    { ...healthy, nodes: [unread('cp1', 'garbled')], probes: [], api: undefined } as unknown as ClusterFacts,
    ['e not-read cp1'],
    3,
  ],
  [
    'a worker does not answer',
    {
      ...healthy,
      nodes: healthy.nodes.map((one) =>
        one.node.role === 'worker' ? unread('worker1', 'timeout', 'worker') : one,
      ),
    },
    ['w not-read worker1'],
    3,
  ],
  [
    'a section of the script failed',
    onCp2(() => ({ unread: [{ what: 'firewall', why: 'nft: not found' }] })),
    ['i partly-read cp2'],
    0,
  ],
  [
    'it is no control plane',
    {
      ...healthy,
      nodes: healthy.nodes.map((one) =>
        one.node.role === 'worker' ? { ...one, node: { ...one.node, role: 'control-plane' as const } } : one,
      ),
    },
    ['w no-control-plane worker1'],
    3,
  ],
  [
    'the only machine that was named is a worker',
    asControlPlane('worker1', {}),
    ['w no-control-plane worker1'],
    1,
  ],
  [
    'the only machine that was named has no Kubernetes, and much that could not be read',
    asControlPlane('worker1', {
      ...bare,
      unread: [
        { what: 'firewall', why: 'neither iptables-save nor nft is there' },
        { what: 'files', why: 'awk is not there' },
      ],
    }),
    ['w no-control-plane worker1'],
    1,
  ],
  [
    'nobody but root knows whether it is a control plane',
    asControlPlane('worker1', { ...bare, system: { ...factsOf(healthy, 'worker1').system, uid: 1000 } }),
    ['w partly-read worker1'],
    3,
  ],
  [
    'the manifests folder could not be read',
    asControlPlane('worker1', {
      ...bare,
      unread: [{ what: '/etc/kubernetes/manifests', why: 'others than its owner may write there' }],
    }),
    ['i partly-read worker1', 'w partly-read worker1'],
    3,
  ],
  [
    'the manifest of the API server was moved away',
    onCp2(() => ({ apiserver: undefined, certificate: undefined }) as unknown as Partial<NodeFacts>),
    ['e manifest-gone cp2'],
    2,
  ],
  [
    'a control plane that the API knows was not given',
    {
      ...healthy,
      nodes: healthy.nodes.filter(({ node }) => node.name !== 'cp3'),
      probes: healthy.probes.filter(({ host }) => host !== addressOf(3)),
    },
    ['w control-plane-not-inspected'],
    3,
  ],
  [
    'the ConfigMap may not be read',
    changeApi(
      healthy,
      (api) =>
        ({
          ...api,
          kubeadmConfig: undefined,
          unread: [{ what: 'kubeadm-config', why: 'forbidden' }],
        }) as unknown as typeof api,
    ),
    ['i api-unread'],
    0,
  ],
  [
    'k3s runs here: only that is said',
    changeNode(
      { ...buildFacts({ controlPlanes: 1, workers: 0 }), probes: [] },
      'cp1',
      (rest) =>
        ({
          ...rest,
          apiserver: undefined,
          distributions: [{ distribution: 'k3s', evidence: '/etc/rancher/k3s' }],
          strayManifests: ['x'],
        }) as unknown as NodeFacts,
    ),
    ['e other-tool cp1'],
    7,
  ],
  [
    'a backup among the manifests',
    onCp2(() => ({ strayManifests: ['kube-apiserver.yaml.bak'] })),
    ['w stray-manifest cp2'],
    2,
  ],
  [
    'a run that was cut off',
    onCp2(() => ({ unfinishedRuns: ['2026-11-20T10-00-00Z'] })),
    ['w unfinished-run cp2'],
    2,
  ],
  [
    'the certificate is not there',
    onCp2(() => ({ certificate: { path: '/etc/kubernetes/pki/apiserver.crt' } })),
    ['e certificate-unreadable cp2'],
    2,
  ],
  [
    'the certificate is none',
    onCp2(({ certificate }) => ({
      certificate: { ...certificate, path: 'a', reading: { ok: false, refusal: { code: 'truncated' } } },
    })),
    ['e certificate-unreadable cp2'],
    2,
  ],
  [
    'the key is not there',
    onCp2((node) => ({
      system: { ...node.system, uid: 0 },
      key: { path: '/etc/kubernetes/pki/apiserver.key' },
    })),
    ['e certificate-unreadable cp2'],
    2,
  ],
  [
    'the key is none',
    onCp2(() => ({
      key: { path: '/etc/kubernetes/pki/apiserver.key' },
      unread: [{ what: '/etc/kubernetes/pki/apiserver.key', why: 'openssl reads no private key in it' }],
    })),
    ['i partly-read cp2', 'e certificate-unreadable cp2'],
    2,
  ],
  [
    'the key is where this user may not look',
    onCp2((node) => ({
      system: { ...node.system, uid: 1000 },
      certificate: { ...node.certificate, path: '/etc/kubernetes/pki/apiserver.crt' },
      key: { path: '/etc/kubernetes/keys/apiserver.key' },
    })),
    [],
    0,
  ],
  [
    "a component's kubeconfig is garbage",
    onCp2(({ kubeconfigs }) => ({
      kubeconfigs: [
        ...kubeconfigs.filter(({ path }) => path !== '/etc/kubernetes/controller-manager.conf'),
        { path: '/etc/kubernetes/controller-manager.conf', servers: [], caFingerprints: [] },
      ],
      unread: [{ what: '/etc/kubernetes/controller-manager.conf', why: 'no server is in it' }],
    })),
    ['w partly-read cp2'],
    3,
  ],
  [
    'nobody tells which control planes there are',
    (() => {
      const { api: _, ...rest } = healthy;
      return { ...rest, nodes: rest.nodes.slice(0, 1) };
    })(),
    ['w api-unread'],
    3,
  ],
  [
    'a host key was added',
    {
      ...healthy,
      nodes: healthy.nodes.map((one, index) =>
        index === 1
          ? {
              ...one,
              connection: {
                transport: 'ssh2',
                through: [],
                hostKeyAdded: true,
                hostKeyFingerprint: 'SHA256:a',
              },
            }
          : one,
      ),
    },
    ['i host-key-added cp2'],
    0,
  ],
];

describe.each(Object.entries({ names, serving, interception, trust, dates, config, network, reading }))(
  '%s',
  (_, rows) => {
    test.each(rows)('%s', (_sentence, facts, expected, exit) => {
      const found = codes(facts).filter(
        (line) => !(isStaleSide(expected) && line.startsWith('e one-backend-stale')),
      );
      expect(found).toEqual(expected.toSorted());
      expect(diagnoseCluster(facts).exitCode).toBe(exit);
    });
  },
);

/** Where one of three lacks a name that clients dial, that one backend is stale is said beside it; the rows say it where it is the point. */
function isStaleSide(expected: readonly string[]): boolean {
  return (
    expected.some((line) => line.includes('san-missing')) &&
    !expected.some((line) => line.includes('one-backend'))
  );
}

test('the facts of the fixture are what they say', () => {
  expect(factsOf(healthy, 'cp1').node).toBe('cp1');
  expect(namesOf(cp1)).toEqual(kubeadmNamesFor(1));
  expect(usualNames.every((name) => namesOf(cp1).includes(name))).toBe(true);
  expect(diagnoseCluster(healthy).facts.readAt).toBe(now);
});

test('the CA of the kubeconfig is shown whether the file holds it or names it', () => {
  const stale = {
    ...healthy,
    kubeconfig: { ...given, ca: [otherCa.pem] },
    probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
  };
  // Without --flatten there is no certificate-authority-data for a `certificate-authority: ca.crt`.
  expect(diagnoseCluster(stale).next.map(({ command }) => command)).toContain(
    "kubectl --kubeconfig /root/config --context a config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d | openssl x509 -noout -subject -fingerprint -sha256",
  );
});
