/** The contract on the node: what kubeadm takes from the machine when nobody tells it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { basicNames, benchFor, clusterYaml, initYaml, newestApi, type Subject } from '../subjects.ts';

/** A machine with another host name, and for 1.28 with sockets of two runtimes, that only this command sees. */
function machine(hostName: string, more = ''): readonly string[] {
  const rights = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const script = `hostname ${hostName} && ${more === '' ? '' : `${more} && `}exec "$@"`;
  return [
    'unshare',
    ...rights,
    '--uts',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    script,
    'sh',
  ];
}

/** They have to answer: kubeadm connects to each. The parent of all dies with the command, and they with it. */
const sockets = ['/run/containerd/containerd.sock', '/run/crio/crio.sock'];
const listen = sockets.map((socket) => `require('node:net').createServer().listen('${socket}');`).join('');
const twoRuntimes = [
  'mount -t tmpfs none /run',
  'mkdir -p /run/containerd /run/crio',
  `{ "${process.execPath}" -e "${listen}" >/dev/null 2>&1 & }`,
  `until [ -S ${sockets[1]} ]; do sleep 0.05; done`,
].join(' && ');

export function nodeContract(subject: Subject): void {
  test('the host name stands for the node name, in small letters', async () => {
    const bench = benchFor(subject, machine('Node-7.Example.COM'));
    await bench.runWithFlags();
    expect(bench.names()).toEqual([...basicNames, 'node-7.example.com', '10.96.0.1', '10.0.0.11']);
  });

  test('a name in the file is taken before the host name', async () => {
    const bench = benchFor(subject, machine('node-7'));
    await bench.runWithConfig();
    expect(bench.names()).toContain('cp1');
    expect(bench.names()).not.toContain('node-7');
  });

  test('a node name that is no DNS name is refused', async () => {
    const bench = benchFor(subject);
    const api = newestApi(subject);
    const file = path.join(bench.folder, 'underscore.yaml');
    const init = initYaml(api).replace('CP1', 'node_7');
    writeFileSync(file, `${init}---\n${clusterYaml(subject, bench.pki, api)}`);
    expect((await bench.run('--config', file)).error).toContain(
      'nodeRegistration.name: Invalid value: "node_7": a lowercase RFC 1123 subdomain must consist of',
    );
  });

  test('without an address it takes one of the machine', async () => {
    const bench = benchFor(subject);
    await bench.run(`--cert-dir=${bench.pki}`, `--kubernetes-version=${subject.version}`);
    const addresses = bench.names().filter((name) => /^[\d.]+$|:/.test(name));
    expect(addresses).toHaveLength(2);
    expect(addresses[0]).toBe('10.96.0.1');
    expect(addresses[1]).not.toBe('10.0.0.11');
  });

  test('an address that is none, and one that only this machine can reach, are refused', async () => {
    const bench = benchFor(subject);
    expect((await bench.runWithFlags('--apiserver-advertise-address=lb.example.com')).error).toBe(
      'couldn\'t use "lb.example.com" as "apiserver-advertise-address", must be ipv4 or ipv6 address',
    );
    expect((await bench.runWithFlags('--apiserver-advertise-address=127.0.0.1')).error).toBe(
      'unable to select an IP from lo network interface',
    );
  });

  test('without a version it would ask the internet, and offline it takes its own', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.run(`--cert-dir=${bench.pki}`, '--apiserver-advertise-address=10.0.0.11');
    expect(outcome.code).toBe(0);
    expect(outcome.warnings.join('\n')).toContain('could not fetch a Kubernetes version from the internet');
    expect(outcome.warnings.join('\n')).toContain(
      `falling back to the local client version: ${subject.version}`,
    );
  });

  test('sockets of several runtimes stop 1.28 when no criSocket is given, and no later one', async () => {
    const bench = benchFor(subject, machine('node-7', twoRuntimes));
    const file = path.join(bench.folder, 'cluster.yaml');
    writeFileSync(file, clusterYaml(subject, bench.pki, newestApi(subject)));
    const outcome = await bench.run('--config', file);
    const refusal = expect.stringMatching(/^Found multiple CRI endpoints on the host\. .*'criSocket'/);
    expect(outcome).toMatchObject(subject.minor > 28 ? { code: 0 } : { code: 1, error: refusal });
    expect((await bench.runWithConfig()).code).toBe(0);
  });
}
