/** fix-sans.yaml and kubeconfigs, as files; both are read from where they lie. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { readConfig } from '../../src/nodes/config.ts';
import { faultsOf } from '../../src/nodes/config-faults.ts';
import { readKubeconfig } from '../../src/nodes/kubeconfig.ts';
import { parseKubeconfig } from '../../src/inspect/node/kubeconfig.ts';
import { readVantage } from '../../src/inspect/probe/merge-vantage.ts';
import { isHostile } from '../../src/model/display.ts';
import { inspectReports } from '../../src/report/index.ts';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { buildFacts } from '../support/facts.ts';
import { must, orRefused, orRefusedLater, type Parser } from './parser.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'file.yaml');

const config = `formatVersion: 1
ssh: {user: ops, port: 22, identityFiles: [~/.ssh/id]}
names: [a.example, 10.0.0.9]
policy: {allow: [10.0.0.0/8, "*.example"], required: [b.example]}
clusters:
  prod:
    nodes:
      - cp1
      - {target: "ssh://ops@10.0.0.2:22", name: cp2, role: control-plane}
    endpoints: [api.example:6443]
    names: ["2001:db8::1"]
  other: {inventory: hosts.yaml, kubeconfig: k.conf, context: x}
`;
const kubeconfig = `apiVersion: v1
kind: Config
current-context: x
contexts:
- name: x
  context: {cluster: c, user: u}
clusters:
- name: c
  cluster:
    server: https://10.0.0.1:6443
    tls-server-name: api.example
    certificate-authority-data: ${Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n').toString('base64')}
    proxy-url: http://u:p@proxy:3128
users:
- name: u
  user: {token: t, exec: {command: id, apiVersion: v1}, as: a, as-groups: [b], as-user-extra: {x: [y]}}
- name: v
  user: {client-certificate-data: QQ==, client-key-data: QQ==, username: a, password: b}
`;
const yamlPieces = [
  '{',
  '}',
  '[',
  ']',
  '- ',
  ': ',
  '\n',
  '  ',
  '&a ',
  '*a',
  '<<: ',
  '"',
  "'",
  '|',
  '__proto__: ',
  '!!binary ',
];

/** Only what it was read from differs between runs, so it is made once. */
const inspected = JSON.parse(
  inspectReports['json']?.(diagnoseCluster(buildFacts()), { colour: false, width: 100 }) ?? '{}',
) as { readonly facts: { readonly nodes: unknown } };
const vantage = JSON.stringify({ ...inspected, facts: { ...inspected.facts, nodes: [] } });

export const configParsers: readonly Parser[] = [
  {
    name: 'fix-sans.yaml',
    passes: 2,
    seeds: [config],
    pieces: [...yamlPieces, 'formatVersion: 1\n', 'clusters:', 'nodes:', 'names:', 'ssh:', 'policy:', 'x: '],
    inputs: 3000,
    read: async (bytes) => {
      writeFileSync(file, bytes);
      for (const cluster of ['prod', '__proto__'])
        await orRefusedLater(() => readConfig(file, { cluster, env: { HOME: folder } }));
    },
  },
  {
    name: 'shapes of fix-sans.yaml',
    seeds: [
      JSON.stringify({
        formatVersion: 1,
        clusters: {
          a: { nodes: ['cp1', { target: 'cp2' }], ssh: { port: 22 }, names: ['a'], endpoints: [] },
        },
        ssh: {},
        policy: { allow: [] },
      }),
    ],
    pieces: ['{"clusters":', '{"a":', '{}', '}', '[', ']', '1', ','],
    inputs: 6000,
    read: (bytes) => {
      const value = orRefused((): unknown => json(bytes));
      for (const { sentence } of faultsOf(value)) {
        must(/^\S.* (?:is|has) /s.test(sentence), `no sentence: ${sentence}`);
        must(!isHostile(sentence), 'a sentence that is not safe to show');
      }
    },
  },
  {
    name: 'kubeconfigs',
    seeds: [kubeconfig],
    pieces: [
      ...yamlPieces,
      'contexts:',
      'clusters:',
      'users:',
      'name: x',
      'server: ',
      'current-context: x\n',
      'exec:',
    ],
    inputs: 3000,
    read: async (bytes) => {
      writeFileSync(file, bytes);
      const read = await orRefusedLater(() =>
        readKubeconfig({ file, allowExecPlugin: false, env: { HOME: folder } }),
      );
      if (read === undefined) return;
      must(!(read.proxyUrl ?? '').includes('u:p@'), 'the password of a proxy is shown');
      await orRefusedLater(() => read.credentials());
    },
  },
  {
    name: 'kubeconfigs of a node',
    seeds: [
      'server\thttps://10.0.0.1:6443\nclient-certificate-data\tQQ==\ncertificate-authority\t/etc/kubernetes/pki/ca.crt\nexec\tid\n',
    ],
    pieces: [
      'server\t',
      'exec\t',
      'client-certificate-data\t',
      'certificate-authority-data\t',
      '\n',
      '\t',
      'QUJD',
    ],
    inputs: 4000,
    // As much as the node's script reads of a file.
    largest: 250_000,
    read: (bytes) =>
      parseKubeconfig(
        { kind: 'kubeconfig', path: '/x', lines: bytes.toString('utf8').split('\n'), remarks: [] },
        () => undefined,
      ),
  },
  {
    name: 'what inspect wrote elsewhere',
    seeds: [vantage],
    pieces: ['{"command":"inspect"', ',"formatVersion":"1.0"', ',"facts":', '{}', '[', ']', '}', ','],
    inputs: 3000,
    read: (bytes) => {
      const reading = readVantage(bytes);
      if (!reading.ok) must(reading.fault.length < 5000, 'a fault without end');
    },
  },
];

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
