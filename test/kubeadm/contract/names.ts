/** The contract on names: which get into the certificate, in which spelling and order, and which are refused. */
import { expect, test } from 'vitest';
import { basicNames, benchFor, type Subject } from '../subjects.ts';

/** What it says of a name that it refuses. */
const noName = 'altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards: ';

export function nameContract(subject: Subject): void {
  test('the names it knows by itself are in the certificate', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig();
    expect(bench.names()).toEqual(['cp1', ...basicNames, '10.96.0.1', '10.0.0.11']);
  });

  test('with a configuration file the names are the node, the service, and what the file says, and no others', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig(
      'networking: { serviceSubnet: 10.233.0.0/18, dnsDomain: corp.example }\n' +
        'controlPlaneEndpoint: lb.example.com:8443\n' +
        'apiServer: { certSANs: [203.0.113.10, api.example.com] }\n',
    );
    expect(bench.names()).toEqual([
      'api.example.com',
      'cp1',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.corp.example',
      'lb.example.com',
      '10.233.0.1',
      '10.0.0.11',
      '203.0.113.10',
    ]);
  });

  test('without one nothing of the cluster is known: another ClusterIP, no endpoint, no earlier name', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags('--apiserver-cert-extra-sans=api.example.com,203.0.113.10');
    const names = bench.names();
    expect(names).toContain('api.example.com');
    expect(names).toContain('10.96.0.1');
    for (const name of basicNames) expect(names).toContain(name);
    // The node's name is the one more.
    expect(names).toHaveLength(basicNames.length + 5);
    expect(names).not.toContain('localhost');
    expect(names).not.toContain('127.0.0.1');
  });

  test('flags can say all that matters but the name of the node', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags(
      '--service-cidr=10.240.0.64/26',
      '--service-dns-domain=corp.example',
      '--control-plane-endpoint=10.220.70.56:6443',
      '--apiserver-cert-extra-sans=cp1',
      '--apiserver-cert-extra-sans=a.example.com,cp1',
    );
    const names = bench.names();
    for (const name of ['10.240.0.65', '10.0.0.11', '10.220.70.56', 'cp1', 'a.example.com']) {
      expect(names).toContain(name);
    }
    expect(names.filter((name) => name === 'cp1')).toHaveLength(1);
    expect((await bench.runWithFlags('--node-name=cp1')).error).toBe('unknown flag: --node-name');
  });

  test('DNS names are sorted, addresses stay in order, and neither is there twice', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig(
      'controlPlaneEndpoint: 10.9.9.9\napiServer: { certSANs: [zz, 10.9.9.10, "::ffff:10.9.9.9", aa, zz, 10.0.0.11, "FD00:0::A", "fd00::a", CP1] }\n',
    );
    expect(bench.names().filter((name) => !basicNames.includes(name))).toEqual([
      'aa',
      'cp1',
      'zz',
      '10.96.0.1',
      '10.0.0.11',
      '10.9.9.9',
      '10.9.9.10',
      'FD00:0:0:0:0:0:0:A',
    ]);
  });

  test('of two service ranges only the first gives an address', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig('networking: { serviceSubnet: "fd00:1::/112,10.1.0.0/16" }\n');
    expect(bench.names()).toContain('FD00:1:0:0:0:0:0:1');
    expect(bench.names()).not.toContain('10.1.0.1');
  });

  test('capitals are lowered in names, and refused in the endpoint', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig('apiServer: { certSANs: [API.Example.COM] }\n');
    expect(bench.names()).toContain('api.example.com');
    expect((await bench.runWithConfig('controlPlaneEndpoint: LB.example.com\n')).error).toBe(
      "hostport LB.example.com: host 'LB.example.com' must be a valid IP address or a valid RFC-1123 DNS subdomain",
    );
    expect((await bench.runWithConfig('controlPlaneEndpoint: lb.example.com:99999\n')).error).toBe(
      'hostport lb.example.com:99999: port 99999 must be a valid number between 1 and 65535, inclusive',
    );
  });

  test('an endpoint may be an IPv6 address in brackets', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig('controlPlaneEndpoint: "[fd00::5]:6443"\n');
    expect(bench.names()).toContain('FD00:0:0:0:0:0:0:5');
  });

  test('a mistyped address becomes a DNS name, and zeros in front of a number mean nothing', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithConfig(
      'apiServer: { certSANs: [10.0.0.300, 010.020.030.040, 1.2.3] }\n',
    );
    expect(outcome.code).toBe(0);
    expect(outcome.lines[1]).toContain('DNS names [1.2.3 10.0.0.300 cp1 ');
    expect(outcome.lines[1]).toContain(' 10.20.30.40]');
  });

  test('a wildcard may stand for the first label only', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig('apiServer: { certSANs: ["*.k8s.example.com"] }\n');
    expect(bench.names()).toContain('*.k8s.example.com');
    for (const name of ['*', '*.*.example.com', 'a.*.example.com', 'a*.example.com']) {
      const outcome = await bench.runWithConfig(`apiServer: { certSANs: ["${name}"] }\n`);
      expect(outcome.error).toContain(
        `apiServer.certSANs: Invalid value: ${JSON.stringify(name)}: ${noName}`,
      );
    }
  });

  test.each([
    'under_score.example.com',
    'example.com.',
    '-a',
    'a..b',
    'höst',
    'fe80::1%eth0',
    '10.0.0.1:6443',
    '',
  ])('the name "%s" is refused before anything is written', async (name) => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithConfig(`apiServer: { certSANs: [${JSON.stringify(name)}] }\n`);
    // What is wrong in a configuration was exit code 3 once.
    expect(outcome.code).toBe(subject.minor >= 34 ? 1 : 3);
    expect(outcome.error).toContain(`apiServer.certSANs: Invalid value: ${JSON.stringify(name)}: ${noName}`);
    expect(bench.files()).toEqual(['ca.crt', 'ca.key']);
  });

  test('several wrong values are told in one message', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithConfig(
      'networking: { serviceSubnet: 10.1.0.0/30, dnsDomain: A_b }\napiServer: { certSANs: [a_b] }\n',
    );
    expect(outcome.error).toMatch(
      /^\[networking\.dnsDomain: Invalid value: "A_b": .*, networking\.serviceSubnet: Invalid value: "10\.1\.0\.0\/30": subnet with 4 address\(es\) is too small, the minimum is 10, apiServer\.certSANs: Invalid value: "a_b": .*\]$/,
    );
  });

  test.each([
    ['10.1.0.0/8', 'specified service subnet is too large; for 32-bit addresses, the mask must be >= 12'],
    ['fd00::/64', 'specified service subnet is too large; for 128-bit addresses, the mask must be >= 108'],
    ['10.1.0.0', "couldn't parse subnet"],
    [
      '10.1.0.0/16,10.2.0.0/16',
      'expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking',
    ],
  ])('the service range %s is refused', async (range, why) => {
    const outcome = await benchFor(subject).runWithConfig(`networking: { serviceSubnet: "${range}" }\n`);
    expect(outcome.error).toContain(`networking.serviceSubnet: Invalid value: `);
    expect(outcome.error).toContain(why);
  });
}
