/** Which handshakes are planned from what is known, and which never are. */
import { expect, test } from 'vitest';
import { type Known, type PlannedProbe, planProbes } from '../../../src/inspect/probe/plan-probes.ts';
import { proxyFor, readProxySettings } from '../../../src/inspect/probe/proxy-env.ts';

const nothing: Known = { endpoints: [], controlPlanes: [], wishes: [], proxyFor: () => undefined };

/** `direct here 10.0.0.1:6443 name via proxy` */
function lines(probes: readonly PlannedProbe[]): string[] {
  return probes.map(({ way, from, host, port, serverName, proxy }) =>
    [way, from, `${host}:${port}`, serverName, proxy && `via ${proxy.host}`].filter(Boolean).join(' '),
  );
}

const cp1 = { node: 'cp1', host: 'bastion-name', ground: 'given', port: 6443, canDial: true } as const;

test('with nothing known nothing is dialled', () => {
  expect(planProbes(nothing)).toEqual({ probes: [], refused: [], leftOut: 0 });
});

test('a kubeconfig alone is enough: its server is looked at directly and through the proxy that kubectl takes', () => {
  const settings = readProxySettings({
    HTTPS_PROXY: 'http://me:pw@proxy.example:3128',
    NO_PROXY: '10.0.0.0/8',
  });
  const { probes } = planProbes({
    ...nothing,
    endpoints: [
      { host: 'api.example.com', port: 443, ground: 'given' },
      { host: '10.0.0.9', port: 6443, ground: 'named' },
      { host: '203.0.113.5', port: 6443, ground: 'given', serverName: 'kubernetes' },
    ],
    proxyFor: (host, port) => proxyFor(settings, host, port),
  });
  expect(lines(probes)).toEqual([
    'direct here 10.0.0.9:6443',
    'direct here api.example.com:443 api.example.com',
    'direct here 203.0.113.5:6443 kubernetes',
    'proxy here api.example.com:443 api.example.com via proxy.example',
    'proxy here 203.0.113.5:6443 kubernetes via proxy.example',
  ]);
});

test('each control plane is looked at by address without a name, from itself, and by each wish with one', () => {
  const { probes } = planProbes({
    ...nothing,
    controlPlanes: [
      { ...cp1, host: '10.0.0.1', advertiseAddress: '10.0.0.1' },
      { ...cp1, node: 'cp2', host: '192.0.2.2', advertiseAddress: '10.0.0.2', port: 7443 },
      { node: 'cp3', ground: 'named', port: 6443, canDial: false },
    ],
    wishes: [
      { type: 'dns', value: 'api.example.com' },
      { type: 'dns', value: '*.example.com' },
      { type: 'ip', value: '10.0.0.42' },
    ],
  });
  expect(lines(probes)).toEqual([
    'direct here 10.0.0.1:6443',
    'direct here 192.0.2.2:7443',
    'direct here 10.0.0.2:7443',
    'ssh cp1 10.0.0.1:6443',
    'ssh cp1 127.0.0.1:6443',
    'ssh cp2 10.0.0.2:7443',
    'ssh cp2 127.0.0.1:7443',
    'direct here 10.0.0.1:6443 api.example.com',
    'direct here 192.0.2.2:7443 api.example.com',
    'direct here 10.0.0.2:7443 api.example.com',
  ]);
});

test('asked again with more known, the plan holds what it held, so that the rest can be added', () => {
  const early = planProbes({ ...nothing, controlPlanes: [{ ...cp1, host: '10.0.0.1' }] });
  const late = planProbes({
    ...nothing,
    controlPlanes: [{ ...cp1, host: '10.0.0.1', advertiseAddress: '10.0.0.7' }],
  });
  expect(lines(late.probes)).toEqual(expect.arrayContaining(lines(early.probes)));
});

test('what the cluster tells never leads to this machine, to link-local or metadata addresses, or to no host at all', () => {
  const told = [
    '169.254.169.254',
    '127.0.0.1',
    'localhost',
    '::1',
    'fe80::1',
    '0.0.0.0',
    '239.1.1.1',
    'a b',
    '$(x)',
  ];
  const { probes, refused } = planProbes({
    ...nothing,
    endpoints: told.map((host) => ({ host, port: 443, ground: 'told' as const })),
    controlPlanes: [{ ...cp1, host: '10.0.0.1', advertiseAddress: '127.0.0.1' }],
  });
  expect(lines(probes)).toEqual(['direct here 10.0.0.1:6443', 'ssh cp1 127.0.0.1:6443']);
  expect(refused.map(({ endpoint }) => endpoint)).toEqual(
    expect.arrayContaining(['169.254.169.254:443', '[::1]:443']),
  );
  expect(refused.every(({ why }) => why !== '')).toBe(true);
});

test('the same address is dialled when the user names it, also when the cluster told it as well', () => {
  const { probes, refused } = planProbes({
    ...nothing,
    endpoints: [
      { host: '169.254.10.1', port: 6443, ground: 'told' },
      { host: '169.254.10.1', port: 6443, ground: 'named' },
      { host: '127.0.0.1', port: 6443, ground: 'given' },
    ],
  });
  expect(lines(probes)).toEqual(['direct here 169.254.10.1:6443', 'direct here 127.0.0.1:6443']);
  expect(probes[0]?.ground).toBe('named');
  expect(refused).toEqual([]);
});

test('bad ports are refused', () => {
  const ports = [0, -1, 65_536, 1.5, Number.NaN];
  const endpoints = ports.map((port) => ({ host: '10.0.0.1', port, ground: 'told' as const }));
  expect(planProbes({ ...nothing, endpoints }).probes).toEqual([]);
});

test('one endpoint in several spellings is one', () => {
  const { probes } = planProbes({
    ...nothing,
    endpoints: ['fd00::1', 'FD00:0::1', 'API.example.com', 'api.example.com'].map((host) => ({
      host,
      port: 6443,
      ground: 'given' as const,
    })),
  });
  expect(probes).toHaveLength(2);
});

test('too many are cut from the end, where the wished names are, and counted', () => {
  const wishes = Array.from({ length: 500 }, (_, index) => ({
    type: 'dns' as const,
    value: `n${index}.example`,
  }));
  const { probes, leftOut } = planProbes({
    ...nothing,
    controlPlanes: [
      { ...cp1, host: '10.0.0.1' },
      { ...cp1, node: 'cp2', host: '10.0.0.2' },
    ],
    wishes,
    endpoints: [{ host: '10.0.0.100', port: 443, ground: 'told' }],
  });
  expect(probes).toHaveLength(256);
  expect(leftOut).toBe(1000 + 5 - 256);
  expect(lines(probes).slice(0, 6)).toContain('direct here 10.0.0.100:443');
});
