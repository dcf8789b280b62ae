/** The users' stories as facts: what each must end with. */
import { describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { FindingArgs, FindingCode } from '../../src/model/finding.ts';
import { wordsOf } from '../../src/report/findings/words.ts';
import {
  addressOf,
  buildFacts,
  changeApi,
  changeNode,
  corporateCa,
  failed,
  kubeadmNamesFor,
  leaf,
  leafOf,
  namesOf,
  read,
  reissue,
  served,
  ca,
} from '../support/facts.ts';
import { dns } from '../support/mint.ts';

function argsOf<Code extends FindingCode>(facts: ClusterFacts, code: Code): readonly FindingArgs[Code][] {
  return diagnoseCluster(facts)
    .findings.filter((one) => one.code === code)
    .map(({ args }) => args as FindingArgs[Code]);
}

function codes(facts: ClusterFacts): readonly string[] {
  return diagnoseCluster(facts).findings.map(({ code, node }) =>
    node === undefined ? code : `${node} ${code}`,
  );
}

function commands(facts: ClusterFacts): readonly string[] {
  return diagnoseCluster(facts).next.map(({ command }) => command);
}

describe('healthy clusters', () => {
  test.each([
    ['three control planes behind a load balancer', buildFacts()],
    ['one control plane', buildFacts({ controlPlanes: 1, workers: 0, endpoint: `${addressOf(1)}:6443` })],
    ['RSA', buildFacts({ keys: 'rsa' })],
    [
      'a single one without controlPlaneEndpoint',
      changeApi(buildFacts({ controlPlanes: 1, workers: 0, endpoint: addressOf(1) }), (api) => {
        const kubeadmConfig = api.kubeadmConfig;
        if (kubeadmConfig === undefined) return {};
        const { controlPlaneEndpoint: _, ...configuration } = kubeadmConfig.configuration;
        return { kubeadmConfig: { ...kubeadmConfig, configuration } };
      }),
    ],
  ])('%s: nothing is said, exit 0', (_, facts) => {
    const { verdict, exitCode, findings, suggestions, next } = diagnoseCluster(facts);
    expect(findings).toEqual([]);
    expect({ verdict, exitCode, suggestions, next }).toEqual({
      verdict: 'healthy',
      exitCode: 0,
      suggestions: [],
      next: [],
    });
  });

  test('an external CA is a remark on each control plane and no trouble', () => {
    const { verdict, exitCode, findings } = diagnoseCluster(buildFacts({ hasCaKey: false }));
    expect(findings.map(({ code, severity, node }) => [code, severity, node])).toEqual(
      ['cp1', 'cp2', 'cp3'].map((node) => ['ca-key-absent', 'info', node]),
    );
    expect({ verdict, exitCode }).toEqual({ verdict: 'healthy', exitCode: 0 });
  });

  test('without the API, manifests and certificates must do, and that is said', () => {
    const { api: _, ...facts } = buildFacts({ clusterIp: '10.240.0.65', certSans: [] });
    const { verdict, findings, names } = diagnoseCluster(facts);
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['api-unread', 'warning']]);
    // There may be control planes that nobody named.
    expect(verdict).toBe('unknown');
    const clusterIp = names.find(({ san }) => san.value === '10.240.0.65');
    expect(clusterIp).toMatchObject({ wanted: 'everywhere', brokenWithout: ['pods'] });
    expect(clusterIp?.inKubeadmConfig).toBeUndefined();
  });
});

describe('S1: the usual recipe on one of three control planes', () => {
  const names = [
    'cp2',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    '10.96.0.1',
    addressOf(2),
    '203.0.113.10',
  ];
  const facts = reissue(buildFacts(), 'cp2', leaf(names));

  test('it names the node, the lost names and who breaks, without being told a name', () => {
    const missing = diagnoseCluster(facts).findings.filter(({ code }) => code === 'san-missing');
    expect(missing.map(({ node }) => node)).toEqual(['cp2', 'cp2', 'cp2']);
    expect(argsOf(facts, 'san-missing')).toEqual([
      {
        names: ['10.240.0.65'],
        affected: ['pods'],
        wantedBy: expect.arrayContaining(['service default/kubernetes']) as string[],
        notInConfig: [],
      },
      {
        names: ['lb.example'],
        affected: expect.arrayContaining([
          'kubelet',
          'kube-proxy',
          'remote-kubectl',
          'kubeadm-join',
        ]) as string[],
        wantedBy: expect.arrayContaining([
          'controlPlaneEndpoint',
          'kubeconfig /etc/kubernetes/kubelet.conf',
        ]) as string[],
        notInConfig: [],
      },
      { names: ['localhost', '127.0.0.1'], affected: [], wantedBy: ['certSANs'], notInConfig: [] },
    ]);
    expect(diagnoseCluster(facts)).toMatchObject({ verdict: 'names-missing', exitCode: 2 });
  });

  test('the ClusterIP hits pods alone, and one call in three', () => {
    expect(argsOf(facts, 'one-backend-stale')).toEqual(
      [{ names: ['10.240.0.65', 'lb.example', 'localhost', '127.0.0.1'].toSorted(), stale: ['cp2'] }].map(
        ({ names: list, stale }) => ({ names: expect.arrayContaining(list) as string[], stale }),
      ),
    );
    expect(diagnoseCluster(facts).findings.filter(({ code }) => code.startsWith('not-'))).toEqual([]);
  });

  test('plan and apply do it with the options of this run; nothing is to be edited by hand', () => {
    const own = commands(facts).filter((one) => one.startsWith('fix-sans'));
    expect(own.slice(0, 3)).toEqual(['fix-sans plan', 'fix-sans apply', 'fix-sans help by-hand']);
    const [plan, apply] = diagnoseCluster(facts).next.filter(({ command }) => own.includes(command));
    expect([plan?.takesOptions, apply?.takesOptions]).toEqual([true, true]);
    expect(commands(facts).filter((one) => one.endsWith('> cluster.yaml'))).toEqual([]);
  });

  test('what the recipe added is in no configuration', () => {
    expect(argsOf(facts, 'config-drift')).toEqual([{ names: ['10.96.0.1', '203.0.113.10'] }]);
  });

  test('on all control planes, when nobody sees the manifests: the live Service is the judge', () => {
    const lacking = [1, 2, 3].reduce(
      (all, number) =>
        reissue(
          all,
          `cp${number}`,
          leaf(
            kubeadmNamesFor(number)
              .filter((name) => name !== '10.240.0.65')
              .concat('10.240.0.1'),
          ),
        ),
      changeApi(buildFacts(), () => ({})),
    );
    const found = argsOf(lacking, 'san-missing');
    expect(found.map((args) => args.names)).toEqual([['10.240.0.65'], ['10.240.0.65'], ['10.240.0.65']]);
    expect(argsOf(lacking, 'one-backend-stale')).toEqual([]);
  });

  test('from a kubeconfig alone: the API tells the ClusterIP and the addresses, handshakes tell the names', () => {
    const whole = reissue(buildFacts(), 'cp2', leaf(names));
    const here = whole.probes.filter(({ from }) => from === 'here');
    const alone: ClusterFacts = { ...whole, nodes: [], probes: here };
    const { findings, exitCode, verdict } = diagnoseCluster(alone);
    const pods = findings.find(
      ({ code, args }) => code === 'san-missing' && 'names' in args && args.names.includes('10.240.0.65'),
    );
    expect(pods).toMatchObject({ node: 'cp2', args: { affected: ['pods'] } });
    expect({ exitCode, verdict }).toEqual({ exitCode: 2, verdict: 'names-missing' });
  });
});

describe('S3: kubespray with an address before the API servers', () => {
  const options = {
    isKubespray: true,
    folder: 'ssl',
    serviceRange: '10.233.0.0/18',
    clusterIp: '10.233.0.1',
    endpoint: `${addressOf(1)}:6443`,
    certSans: [
      'localhost',
      '127.0.0.1',
      '::1',
      'cp1',
      'cp2',
      'cp3',
      addressOf(1),
      addressOf(2),
      addressOf(3),
    ],
  } as const;
  const plain = buildFacts({ ...options, extraNames: ['k8s.hand-added.example', '198.51.100.7'] });
  const facts = changeApi(plain, () => ({
    loadBalancerServices: [
      {
        namespace: 'kube-system',
        name: 'apiserver-loadbalancer',
        addresses: ['192.168.56.42'],
        isPending: false,
        ports: [443],
      },
    ],
  }));

  test('all that is wrong is that names added by hand stand in no configuration', () => {
    expect(codes(facts)).toEqual(['config-drift']);
    expect(argsOf(facts, 'config-drift')).toEqual([{ names: ['198.51.100.7', 'k8s.hand-added.example'] }]);
    expect(diagnoseCluster(facts)).toMatchObject({ verdict: 'to-fix', exitCode: 2 });
  });

  test('what is to last must be written down: the names and the command are given', () => {
    const [step] = diagnoseCluster(facts).next;
    expect(step?.command).toBe(
      'kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system edit configmap kubeadm-config',
    );
    expect(step?.why).toContain('198.51.100.7, k8s.hand-added.example');
  });

  test('the address is a suggestion, never a wish', () => {
    const { suggestions, names } = diagnoseCluster(facts);
    expect(suggestions).toEqual([
      {
        san: { type: 'ip', value: '192.168.56.42' },
        foundIn: ['Service kube-system/apiserver-loadbalancer'],
      },
    ]);
    expect(names.some(({ san }) => san.value === '192.168.56.42')).toBe(false);
    expect(commands(facts)).toContain('fix-sans inspect --san 192.168.56.42');
  });

  test('localhost is what kubelets dial, on each control plane its own API server and on workers all', () => {
    const row = diagnoseCluster(facts).names.find(({ san }) => san.value === 'localhost');
    expect(row).toMatchObject({ wanted: 'everywhere', brokenWithout: ['kubelet'] });
  });

  test('kubectl through the address: both ways out are offered', () => {
    const via: ClusterFacts = {
      ...facts,
      kubeconfig: {
        path: '/home/ops/vip.conf',
        context: 'vip',
        server: 'https://192.168.56.42',
        skipsVerification: false,
        ca: [ca.pem],
      },
      probes: [...facts.probes, served(leafOf(facts, 'cp1'), { host: '192.168.56.42', port: 443 })],
    };
    expect(argsOf(via, 'san-missing')).toEqual([
      {
        names: ['192.168.56.42'],
        affected: ['remote-kubectl'],
        wantedBy: ['kubeconfig /home/ops/vip.conf'],
        notInConfig: ['192.168.56.42'],
      },
    ]);
    expect(commands(via)).toEqual(
      expect.arrayContaining([
        'kubectl --kubeconfig /home/ops/vip.conf --context vip --tls-server-name kubernetes get nodes',
        'ansible-playbook -i INVENTORY -b cluster.yml --tags master,control-plane,facts --limit kube_control_plane',
      ]),
    );
    expect(diagnoseCluster(via).suggestions[0]?.foundIn).toEqual([
      'Service kube-system/apiserver-loadbalancer',
      'kubeconfig /home/ops/vip.conf',
    ]);
  });
});

describe('S4: it is not the certificate', () => {
  const address = '193.164.155.89';
  const egress = leaf([], { subject: 'egress-proxy', issuer: corporateCa, names: [dns('egress-proxy')] });
  const whole = buildFacts({ controlPlanes: 1, workers: 0, endpoint: `${address}:6443` });
  const given = {
    path: '/root/.kube/config',
    context: 'kubernetes-admin@kubernetes',
    server: `https://${address}:6443`,
    skipsVerification: false,
    ca: [ca.pem],
  };
  const outside = [
    served(egress, { host: address, way: 'proxy', proxy: 'proxy.corp.example:3128' }),
    failed('timeout', { host: address }),
  ];
  const withNode: ClusterFacts = {
    ...whole,
    kubeconfig: given,
    environment: {
      ...whole.environment,
      variables: [{ name: 'HTTPS_PROXY', value: 'http://proxy.corp.example:3128' }],
    },
    probes: [...whole.probes.filter(({ from }) => from !== 'here'), ...outside],
  };

  test('the proxy is named, with what the node itself is served as evidence; exit 8', () => {
    expect(diagnoseCluster(withNode)).toMatchObject({ verdict: 'not-the-certificate', exitCode: 8 });
    expect(argsOf(withNode, 'intercepted')).toEqual([
      {
        endpoint: `${address}:6443`,
        from: 'here',
        way: 'proxy',
        issuer: 'CN=Corp Inspection CA',
        subject: 'CN=egress-proxy',
        proxy: 'proxy.corp.example:3128',
        genuineFrom: ['cp1'],
      },
    ]);
    expect(codes(withNode)).toEqual(['intercepted']);
  });

  test('the ways around it can be typed word for word', () => {
    expect(commands(withNode)).toEqual(
      expect.arrayContaining([
        `export NO_PROXY="\${NO_PROXY:+$NO_PROXY,}${address}" no_proxy="\${no_proxy:+$no_proxy,}${address}"`,
        `ssh -N -L 127.0.0.1:16443:${addressOf(1)}:6443 ops@${addressOf(1)}`,
        'kubectl --kubeconfig /root/.kube/config --context kubernetes-admin@kubernetes --server https://127.0.0.1:16443 --tls-server-name kubernetes get nodes',
      ]),
    );
  });

  test('with no SSH and no API the verdict is the same', () => {
    const alone: ClusterFacts = {
      readAt: whole.readAt,
      nodes: [],
      probes: outside,
      environment: withNode.environment,
      wishes: [],
      kubeconfig: given,
    };
    expect(diagnoseCluster(alone)).toMatchObject({
      verdict: 'not-the-certificate',
      exitCode: 8,
      suggestions: [],
    });
    expect(argsOf(alone, 'intercepted')[0]?.genuineFrom).toEqual([]);
    expect(argsOf(alone, 'intercepted')[0]?.isByLooks).toBeUndefined();
    expect(commands(alone)).toContain('ssh -N -L 127.0.0.1:16443:127.0.0.1:6443 USER@CONTROL-PLANE');
  });

  test('an endpoint without any CA: a certificate without addresses, of an unknown issuer, is no API server', () => {
    const alone: ClusterFacts = {
      readAt: whole.readAt,
      nodes: [],
      probes: [served(egress, { host: address })],
      endpoints: [{ host: address, port: 6443 }],
      environment: whole.environment,
      wishes: [],
    };
    expect(diagnoseCluster(alone)).toMatchObject({ verdict: 'not-the-certificate', exitCode: 8 });
    expect(codes(alone)).toEqual(['intercepted']);
    expect(argsOf(alone, 'intercepted')[0]?.isByLooks).toBe(true);
    const [row] = diagnoseCluster(alone).findings;
    expect(row && JSON.stringify(wordsOf(row))).toContain('no CA of the cluster to compare with');
  });

  test('transparent: the proxy variables are not set, and routing does it', () => {
    const direct = {
      ...withNode,
      environment: whole.environment,
      probes: [...whole.probes.filter(({ from }) => from !== 'here'), served(egress, { host: address })],
    };
    expect(argsOf(direct, 'intercepted')[0]).toMatchObject({ way: 'direct', genuineFrom: ['cp1'] });
    expect(commands(direct).some((command) => command.includes('NO_PROXY'))).toBe(false);
  });

  test('a proxy that cannot reach the API server is the second cause', () => {
    const answer = {
      status: 503,
      server: 'squid',
      firstLine: '<html><title>503 upstream connect error</title>',
    };
    const refusing = {
      ...withNode,
      probes: [
        ...whole.probes,
        served(egress, { host: address, way: 'proxy', proxy: 'proxy.corp.example:3128' }, answer),
      ],
    };
    expect(codes(refusing)).toEqual(['intercepted', 'proxy-cannot-reach-upstream']);
    expect(argsOf(refusing, 'proxy-cannot-reach-upstream')[0]).toMatchObject({
      status: 503,
      server: 'squid',
    });
    expect(diagnoseCluster(refusing).exitCode).toBe(8);
  });

  test('the trust bundles that hold its CA are named: programs that use them notice nothing', () => {
    const authority = read(corporateCa);
    const bundle = {
      path: '/etc/ssl/certs/ca-certificates.crt',
      count: 2,
      fingerprints: ['a', authority.fingerprint],
    };
    const [seen] = outside;
    if (seen?.result.state !== 'served') throw new Error('not served');
    const withChain = { ...seen, result: { ...seen.result, chain: [...seen.result.chain, authority] } };
    const trusted: ClusterFacts = {
      ...withNode,
      environment: {
        ...withNode.environment,
        trustBundles: [
          { ...bundle, source: 'system' },
          { ...bundle, source: 'SSL_CERT_FILE', fingerprints: [] },
        ],
      },
      probes: [...whole.probes, withChain],
    };
    expect(argsOf(trusted, 'intercepted')[0]?.trustedBy).toEqual(['system']);
  });

  test('an interceptor that copies all names is seen by its issuer', () => {
    const copy = leaf(namesOf(leafOf(whole, 'cp1')), { issuer: corporateCa });
    const copied = { ...withNode, probes: [...whole.probes, served(copy, { host: address })] };
    expect(codes(copied)).toEqual(['intercepted']);
  });

  test('a name that is missing as well is fixed first: exit 2, and both are said', () => {
    const both = reissue(
      withNode,
      'cp1',
      leaf(
        kubeadmNamesFor(1)
          .filter((name) => name !== '10.240.0.65')
          .concat(address),
      ),
    );
    expect(codes(both)).toEqual(expect.arrayContaining(['intercepted', 'cp1 san-missing']));
    expect(diagnoseCluster(both)).toMatchObject({ verdict: 'names-missing', exitCode: 2 });
  });
});

describe('S5: kubectl from outside', () => {
  const address = '10.220.70.56';
  const plain = buildFacts({ controlPlanes: 1, workers: 0, endpoint: `${addressOf(1)}:6443`, certSans: [] });
  const facts: ClusterFacts = {
    ...changeNode(plain, 'cp1', ({ system }) => ({
      system: {
        ...system,
        firewall: [
          `-A PREROUTING -d ${address}/32 -p tcp -m tcp --dport 6443 -j DNAT --to-destination ${addressOf(1)}:6443`,
          '-A KUBE-SEP-ABC -p tcp -m tcp -j DNAT --to-destination 192.168.56.31:6443',
        ],
      },
    })),
    probes: [...plain.probes, served(leafOf(plain, 'cp1'), { host: address })],
    kubeconfig: {
      path: 'admin.conf',
      context: 'a',
      server: `https://${address}:6443`,
      skipsVerification: false,
      ca: [ca.pem],
    },
  };

  test('the external address is missing for kubectl from outside and for nobody else', () => {
    expect(argsOf(facts, 'san-missing')).toEqual([
      {
        names: [address],
        affected: ['remote-kubectl'],
        wantedBy: ['kubeconfig admin.conf'],
        notInConfig: [address],
      },
    ]);
    expect(diagnoseCluster(facts)).toMatchObject({ verdict: 'names-missing', exitCode: 2 });
  });

  test('it is a suggestion with all the places where it was found; the forwarding is a remark', () => {
    expect(diagnoseCluster(facts).suggestions).toEqual([
      { san: { type: 'ip', value: address }, foundIn: ['firewall rule on cp1', 'kubeconfig admin.conf'] },
    ]);
    expect(codes(facts)).toEqual(['san-missing', 'cp1 port-forwarded']);
  });

  test('asked for, it is wanted on every control plane', () => {
    const asked = { ...facts, wishes: [{ type: 'ip', value: address } as const] };
    expect(codes(asked)).toEqual(['cp1 san-missing', 'cp1 port-forwarded']);
    expect(argsOf(asked, 'san-missing')).toEqual([
      { names: [address], affected: ['remote-kubectl'], wantedBy: ['wish'], notInConfig: [address] },
    ]);
    expect(diagnoseCluster(asked).suggestions).toEqual([]);
    expect(commands(asked)).toEqual(expect.arrayContaining(['fix-sans plan', 'fix-sans apply']));
    // Where no control plane was read these options lead nowhere: it can only be said how to do it by hand.
    const blind = { ...asked, nodes: [] };
    expect(commands(blind)).toContain('fix-sans help by-hand');
    expect(commands(blind)).not.toContain('fix-sans apply');
    const save = diagnoseCluster(blind).next.find(({ command }) => command.endsWith('> cluster.yaml'));
    expect(save?.why).toContain(`add ${address} to apiServer.certSANs`);
  });

  test('tls-server-name in the kubeconfig makes it right already', () => {
    const kubeconfig = {
      ...(facts.kubeconfig as NonNullable<typeof facts.kubeconfig>),
      tlsServerName: 'kubernetes',
    };
    expect(diagnoseCluster({ ...facts, kubeconfig })).toMatchObject({ verdict: 'healthy', exitCode: 0 });
  });
});
