/** The stand-in beside the kubeadm that it follows, on configurations made by chance: the same words, names and exit code. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Bench, benchFor, subjects } from './subjects.ts';

const names = (
  'a.example.com A.Example.COM x_y *.c.d * *.*.a *.1.2.3 1.2.3.4 01.2.3.4 1.2.3 1.2.3.4.5 256.1.1.1 ::1 00000::1 fd00::A ' +
  'fd00:0:0::a ::ffff:1.2.3.4 ::1.2.3.4 FE80::1 fe80::1%e 1.2.3.4/8 [::1] a. .a -a a- a..b xn--bcher-kva 0.0.0.0 :: ' +
  'kubernetes cp1 1::2::3 1:2:3:4:5:6:7:8:9 a,b'
).split(' ');
const oddNames = [
  '',
  ' ',
  'bücher',
  'a b',
  'a\nb',
  '"q"',
  'yes',
  'true',
  'null',
  '~',
  '0x10',
  '1e3',
  '10',
  '1:20',
];
const longName = `${`${'a'.repeat(60)}.`.repeat(4)}${'b'.repeat(12)}`;
const endpoints =
  'lb.example.com lb.example.com:6443 1.2.3.4 1.2.3.4:1 [fd00::1]:6443 fd00::1 [fd00::1] LB:1 lb:0 lb:65536 lb:x lb: a_b:1 :6443 https://lb:1';
const ranges =
  '10.96.0.0/12 10.0.0.0/8 10.1.0.9/28 10.1.0.0/29 10.1.0.0/32 fd00::/108 fd00::/107 fd00::/125 010.1.0.0/16 10.1.0.0/33 ' +
  '10.1.0.0/16,fd00::/112 fd00::/112,10.1.0.0/16 10.1.0.0/16, 10.1.0.0/16,10.2.0.0/16 10.1.0.0/16,fd00::/112,fd01::/112 x';
const addresses =
  '010.0.0.1 fd00::1 FD00::0:1 0.0.0.0 127.0.0.1 ::1 x 224.0.0.1 169.254.1.1 255.255.255.255 fe80::1';
const releases = 'v1.34.4 1.34.4 v1.33.0 v1.32.9 1.34 v2.0.0 v1.34.4-rc.1 1.36.0 x v01.34.0';

/** Mostly the usual value, so that not every configuration is refused for one and the same fault. */
function seldom<T>(usual: T, others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const configurations = fc.record({
  certSANs: fc.array(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...names) },
      { weight: 1, arbitrary: fc.constantFrom(...oddNames, longName, `*.${longName}`, `c${longName}`) },
    ),
    { maxLength: 3 },
  ),
  controlPlaneEndpoint: seldom('', endpoints.split(' ')),
  serviceSubnet: seldom('10.96.0.0/12', ranges.split(' ')),
  dnsDomain: seldom('cluster.local', ['corp', 'A', 'a.', 'a_b', '', '1.2']),
  advertiseAddress: seldom('10.0.0.11', addresses.split(' ')),
  kubernetesVersion: seldom('v1.34.4', releases.split(' ')),
  encryptionAlgorithm: seldom('ECDSA-P256', ['ECDSA-P384', 'rsa-2048', '', 'DSA']),
  nodeName: seldom('cp1', ['CP1', 'a_b', ' cp1 ', 'a.b', '-a', '1.2.3.4', '']),
});

type Configuration = typeof configurations extends fc.Arbitrary<infer T> ? T : never;

function yamlOf(bench: Bench, wanted: Configuration): string {
  const { certSANs, serviceSubnet, dnsDomain, advertiseAddress, nodeName, ...rest } = wanted;
  const apiVersion = 'kubeadm.k8s.io/v1beta4';
  const init = {
    apiVersion,
    kind: 'InitConfiguration',
    localAPIEndpoint: { advertiseAddress },
    nodeRegistration: { name: nodeName, criSocket: 'unix:///run/containerd/containerd.sock' },
  };
  const networking = { serviceSubnet, dnsDomain };
  const cluster = { apiVersion, kind: 'ClusterConfiguration', apiServer: { certSANs }, networking, ...rest };
  return `${stringify(init)}---\n${stringify({ ...cluster, certificatesDir: bench.pki })}`;
}

test('150 configurations made by chance get the same answer from both', { timeout: 300_000 }, async () => {
  const pair = subjects.filter(({ version }) => version === 'v1.34.4');
  expect(pair.map(({ isSimulated }) => isSimulated)).toEqual([false, true]);
  let signed = 0;
  await fc.assert(
    fc.asyncProperty(configurations, async (wanted) => {
      const seen = [];
      for (const subject of pair) {
        const bench = benchFor(subject);
        const { code, lines, error } = await bench.runWithText(yamlOf(bench, wanted));
        const isSigned = existsSync(path.join(bench.pki, 'apiserver.crt'));
        if (isSigned) signed += 1;
        // What is said of a broken YAML is the parser's own.
        const said = error.replace(/(error converting YAML to JSON: yaml: ).*/s, '$1');
        seen.push({ code, lines, said, names: isSigned ? bench.names() : [] });
      }
      expect(seen[1]).toEqual(seen[0]);
    }),
    { numRuns: 150, seed: 20_260_101 },
  );
  // Enough of them were good enough to be signed.
  expect(signed).toBeGreaterThan(60);
});
