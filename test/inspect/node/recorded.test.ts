import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReply } from '../../../src/inspect/node/read-node.ts';
import { runs } from '../../support/runs.ts';

/** What the script said on a node of the lab: frames by name. */
function recorded(name: string): readonly (readonly [string, string])[] {
  const file = path.join(import.meta.dirname, '../fixtures', `${name}.json`);
  return Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
}

function replay(frames: readonly (readonly [string, string])[]) {
  return readReply(
    'cp1',
    { frames: frames.map(([name, text]) => ({ name, bytes: Buffer.from(text) })), talk: '' },
    { asked: 0, answered: 1 },
  );
}

test('a control plane of kubeadm, as it was recorded', () => {
  const { facts, api } = replay(recorded('ha-control-plane'));
  expect(facts.unread).toEqual([]);
  expect(facts.nodeName).toBe('ha-e8e0-control-plane');
  const certificate = facts.certificate?.reading?.ok ? facts.certificate.reading.certificates[0] : undefined;
  expect(certificate?.names.map(({ value }) => value)).toContain('10.240.0.65');
  expect(facts.key?.keyFingerprint).toBe(certificate?.keyFingerprint);
  const ca = facts.ca?.reading?.ok ? facts.ca.reading.certificates[0] : undefined;
  expect(facts.caKey?.keyFingerprint).toBe(ca?.keyFingerprint);
  expect(facts.apiserver).toMatchObject({
    advertiseAddress: '172.25.0.5',
    securePort: 6443,
    serviceRanges: ['10.240.0.64/26'],
    image: 'registry.k8s.io/kube-apiserver:v1.34.4',
  });
  // Flags that are the same in another order are no difference.
  expect(facts.apiserver?.notInEffect).toBeUndefined();
  expect(facts.strayManifests).toEqual([]);
  expect(facts.kubeconfigs.map(({ path: file, servers: [server] }) => `${file} ${server}`)).toEqual([
    '/etc/kubernetes/admin.conf https://ha-e8e0-external-load-balancer:6443',
    '/etc/kubernetes/super-admin.conf https://ha-e8e0-external-load-balancer:6443',
    '/etc/kubernetes/controller-manager.conf https://172.25.0.5:6443',
    '/etc/kubernetes/scheduler.conf https://172.25.0.5:6443',
    '/etc/kubernetes/kubelet.conf https://172.25.0.5:6443',
  ]);
  expect(facts.distributions.map(({ distribution }) => distribution)).toEqual([
    'kind',
    'kubeadm',
    'kubeadm',
    'kind',
  ]);
  expect(facts.system.defaultRouteAddress).toBe('172.25.0.5');
  expect(facts.pods).toMatchObject([{ name: 'lab-probe-9fvrk', serviceHost: '10.240.0.65' }]);
  expect(api).toMatchObject({
    serverVersion: 'v1.34.4',
    kubernetesService: { clusterIps: ['10.240.0.65'], port: 443 },
    kubeProxyServer: 'https://ha-e8e0-external-load-balancer:6443',
    clusterInfo: { server: 'https://ha-e8e0-external-load-balancer:6443', caFingerprints: [ca?.fingerprint] },
    loadBalancerServices: [],
    unread: [],
  });
  expect(api?.endpoints).toHaveLength(3);
  expect(api?.controlPlanes).toHaveLength(3);
  expect(api?.workers).toHaveLength(1);
  expect(api?.kubeadmConfig?.configuration).toMatchObject({ serviceSubnets: ['10.240.0.64/26'], faults: [] });
});

test('whatever becomes of a frame on its way, nothing throws, and what is missing is said', () => {
  const frames = recorded('ha-control-plane');
  const broken = fc
    .tuple(fc.nat(frames.length - 1), fc.nat(20_000), fc.string({ unit: 'binary' }), fc.boolean())
    .map(([index, at, junk, isCut]) =>
      frames.map(([name, text], here) =>
        here === index
          ? ([name, text.slice(0, at) + junk + (isCut ? '' : text.slice(at))] as const)
          : ([name, text] as const),
      ),
    );
  fc.assert(
    fc.property(broken, (reply) => void replay(reply)),
    { numRuns: runs(60) },
  );
  for (const name of ['system', 'files', 'unread', 'ended'])
    expect(replay(frames.filter(([frame]) => frame !== name)).facts.unread.map(({ what }) => what)).toContain(
      name,
    );
  expect(replay([]).facts.unread.length).toBeGreaterThan(3);
});

describe('the name of the node, where the certificate that kubelet renews is gone', () => {
  const own = '/var/lib/kubelet/pki/kubelet-client-current.pem';
  const frames = recorded('ha-control-plane');
  const texts = frames.find(([name]) => name === 'texts')?.[1] ?? '';
  const [before = '', after = ''] = texts.split(`>certificate\t${own}\n`);
  const pem = (/^(?:\|.*\n)+/.exec(after)?.[0] ?? '').replaceAll(/^\|/gm, '');
  const without = (client: string): ReturnType<typeof replay> => {
    const rest = before + after.replace(/^(?:\|.*\n)+/, '');
    const changed = rest.replace(`|client-certificate\t${own}`, client);
    expect(changed).not.toBe(rest);
    return replay(
      frames.map(([name, text]) => {
        if (name === 'texts') return [name, changed] as const;
        const isFiles = name === 'files';
        return [
          name,
          isFiles
            ? text
                .split('\n')
                .filter((row) => !row.includes(own))
                .join('\n')
            : text,
        ] as const;
      }),
    );
  };

  test('is that of the certificate in its kubeconfig', () => {
    expect(pem).toContain('BEGIN CERTIFICATE');
    const { facts } = without(`|client-certificate-data\t${Buffer.from(pem).toString('base64')}`);
    expect(facts.kubelet).toBeUndefined();
    expect(facts.nodeName).toBe(replay(frames).facts.nodeName);
    expect(facts.nodeName).toMatch(/-control-plane$/);
  });

  test('is not made up', () => {
    const { facts } = without('|server\thttps://10.0.0.1:6443');
    expect(facts.nodeName).toBeUndefined();
  });
});
