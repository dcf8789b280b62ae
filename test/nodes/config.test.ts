import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { formatTarget } from '../../src/model/node.ts';
import { UserError } from '../../src/model/user-error.ts';
import { type ConfiguredCluster, readConfig } from '../../src/nodes/config.ts';
import { configSchema } from '../../src/nodes/config-schema.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-config-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function read(text: string, cluster?: string): Promise<ConfiguredCluster> {
  const file = path.join(folder, 'fix-sans.yaml');
  writeFileSync(file, text);
  return readConfig(file, { env: { HOME: '/home/me' }, ...(cluster === undefined ? {} : { cluster }) });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (!(error instanceof UserError)) throw new Error(`no refusal: ${String(error)}`);
  return `${error.message.replace(`${folder}/`, '')} | ${error.hint}`;
}

const whole = `formatVersion: 1
ssh: {user: ops, identityFiles: [~/.ssh/id_ed25519], configFile: none}
policy: {atMost: 50, allow: [api.example.com, '*.k8s.example.com', 10.0.0.0/8, 'fd00::/8']}
names: [api.example.com]
clusters:
  prod:
    nodes:
      - 10.0.0.1
      - ssh://root@[2001:db8::2]:2222
      - {target: 'docker://cp3', name: cp3}
      - {target: w1, role: worker}
    kubeconfig: prod.conf
    context: admin@prod
    endpoints: ['api.example.com:6443', 'https://[2001:db8::1]']
    names: [API.example.com, 203.0.113.7]
    ssh: {port: 2200, knownHostsFiles: [hosts]}
    policy: {atMost: 20, required: [api.example.com, vip.example.com]}
  kubespray:
    inventory: inventory/my/hosts.yaml
`;

test('a whole file is read into plain values, with paths relative to it', async () => {
  const cluster = await read(whole, 'prod');
  const file = path.join(folder, 'fix-sans.yaml');
  expect(cluster).toMatchObject({
    name: 'prod',
    kubeconfig: path.join(folder, 'prod.conf'),
    context: 'admin@prod',
    endpoints: [
      { host: 'api.example.com', port: 6443 },
      { host: '2001:db8::1', port: 443 },
    ],
    wishes: [
      { type: 'dns', value: 'api.example.com', from: { by: 'names', path: file } },
      { type: 'ip', value: '203.0.113.7', from: { by: 'names', path: file } },
      { type: 'dns', value: 'api.example.com', from: { by: 'policy', path: file } },
      { type: 'dns', value: 'vip.example.com', from: { by: 'policy', path: file } },
    ],
    ssh: {
      user: 'ops',
      port: 2200,
      configFile: 'none',
      identityFiles: ['/home/me/.ssh/id_ed25519'],
      knownHostsFiles: [path.join(folder, 'hosts')],
    },
    policy: {
      atMost: 20,
      required: ['api.example.com', 'vip.example.com'],
      allow: expect.any(Array) as unknown[],
    },
  });
  expect(
    cluster.nodes.map(
      ({ name, role, target, source }) => `${name} ${role} ${formatTarget(target)} ${source}`,
    ),
  ).toEqual([
    '10.0.0.1 control-plane ssh://10.0.0.1 config',
    '[2001:db8::2]:2222 control-plane ssh://root@[2001:db8::2]:2222 config',
    'cp3 control-plane docker://cp3 config',
    'w1 worker ssh://w1 config',
  ]);
  expect((await read(whole, 'kubespray')).inventory).toBe(path.join(folder, 'inventory/my/hosts.yaml'));
});

describe('a cluster is chosen', () => {
  test('by its name, with the one that was meant', async () => {
    expect(await refusal(read(whole, 'prd'))).toContain(
      'has no cluster prd; did you mean "prod"? | choose one with --cluster: prod, kubespray',
    );
    expect(await refusal(read(whole))).toContain('has 2 clusters | choose one with --cluster');
    expect(await refusal(read(whole, '__proto__'))).toContain('has no cluster __proto__');
    expect(await refusal(read(whole, 'constructor'))).toContain('has no cluster constructor');
  });

  test('or is the only one', async () => {
    expect((await read('formatVersion: 1\nclusters: {one: {}}\n')).name).toBe('one');
    expect(await refusal(read('formatVersion: 1\nclusters: {}\n'))).toContain(
      'has no cluster under clusters:',
    );
  });
});

const cluster = (body: string): string => `formatVersion: 1\nclusters:\n  one:\n    ${body}\n`;

describe('what is wrong is said with line and column', () => {
  test.each([
    [cluster('nods: [a]'), 'line 4, column 5: clusters.one has no key nods; did you mean "nodes"?'],
    [
      'formatVersion: 1\nclusers: {}\n',
      'line 2, column 1: the file has no key clusers; did you mean "clusters"?',
    ],
    ['clusters: {one: {}}\n', 'formatVersion is missing'],
    [
      cluster('nodes: [cp1]\n    inventory: hosts.ini'),
      'line 5, column 16: clusters.one.inventory and nodes each say which nodes there are; take one of them out',
    ],
    [
      'formatVersion: 1\nclusters:\n  one: {nodes: [a]}\n  two: {inventory: i, nodes: []}\n',
      'line 4, column 20: clusters.two.inventory and nodes each say',
    ],
    ['formatVersion: 2\nclusters: {one: {}}\n', 'line 1, column 16: formatVersion is not 1'],
    [cluster('nodes: cp1'), 'line 4, column 12: clusters.one.nodes is a text, not a list'],
    [
      cluster('nodes: [{target: cp1, rle: worker}]'),
      'column 27: clusters.one.nodes.0 has no key rle; did you mean "role"?',
    ],
    [cluster('nodes: [{target: cp1, role: master}]'), 'role is not "control-plane" or "worker"'],
    [cluster('nodes: [7]'), 'clusters.one.nodes.0 is neither a text nor a map'],
    [cluster('nodes: [a b]'), 'line 4, column 13: clusters.one.nodes.0 is a b: the host is neither'],
    [
      cluster('nodes: [{target: -oProxyCommand=id}]'),
      'column 22: clusters.one.nodes.0.target is -oProxyCommand=id: a host never',
    ],
    [cluster('nodes: [{target: a, name: "x y"}]'), 'name is no usable name'],
    [cluster('names: api.x'), 'clusters.one.names is a text, not a list'],
    [cluster('names: [10.0]'), 'clusters.one.names.0 is a number, not a text; put it in quotes'],
    [cluster('names: [1e3]'), 'is a number, not a text'],
    [cluster('names: [0o17]'), 'is a number, not a text'],
    [cluster('names: [true]'), 'is true or false, not a text; put it in quotes'],
    [cluster('names: [null]'), 'is empty, not a text'],
    [cluster('names: ["https://x:6443"]'), 'is refused: it is a URL'],
    [cluster('endpoints: [api.example.com]'), 'has no port'],
    [cluster('ssh: {port: 0}'), 'clusters.one.ssh.port is less than 1'],
    [cluster('ssh: {port: "22"}'), 'is a text, not a number'],
    [cluster('ssh: {port: 22.5}'), 'clusters.one.ssh.port is a number, not a whole number'],
    [cluster('ssh: {user: "-x"}'), 'clusters.one.ssh.user is refused: the user holds'],
    [cluster('ssh: {proxyCommand: id}'), 'has no key proxyCommand'],
    [cluster('policy: {allow: [10.0.0.0/40]}'), 'neither a name'],
    ['formatVersion: 1\nclusters: {"../x": {}}\n', 'is no usable name'],
    ['formatVersion: 1\nclusters: {__proto__: {nodes: [a]}, b: {}}\n', '__proto__ is no key here'],
    [
      'formatVersion: 1\n__proto__: {x: 1}\nclusters: {b: {}}\n',
      'line 2, column 1: __proto__ is no key here',
    ],
    ['formatVersion: 1\nformatVersion: 1\n', 'line 2, column 1: map keys must be unique'],
    ['a: &a [x]\nb: &b [*a, *a]\n<<: *b\n', 'the file has no key a'],
    ['[]\n', 'the file is a list, not a map'],
    ['', 'the file is empty, not a map'],
    ['\tx: 1\n', 'line 1, column 1'],
    ['['.repeat(10_000), 'nested deeper'],
    ['a: !!js/function x\n', 'unresolved tag'],
  ])('%#: %j', async (text, fault) => {
    expect(await refusal(read(text))).toContain(fault);
  });

  test('all faults at once, the first one first', async () => {
    const complaint = await refusal(
      read('formatVersion: 1\nclusters:\n  a: {nods: 1}\n  b: {ssh: {port: x}}\nnam: 1\n'),
    );
    expect(complaint).toMatch(
      /line 3, column 7: clusters\.a has no key nods.*; line 4, column 19: clusters\.b\.ssh\.port is a text.*; line 5, column 1: the file has no key nam/,
    );
  });
});

describe('the JSON Schema', () => {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });

  test('that is committed is the one of the code (npm run schema writes it)', async () => {
    const file = path.join(import.meta.dirname, '../../docs/schema/config.schema.json');
    await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  test('takes the whole example and refuses an unknown key', () => {
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(parse(whole))).toBe(true);
    expect(validate({ formatVersion: 1, clusters: {}, x: 1 })).toBe(false);
  });
});
