/** `inspect` on three control planes by real SSH: the card, where each name comes from, and story S1 seen without being told. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { factsQuery } from '../../src/inspect/node/facts-script.ts';
import { readFrames } from '../../src/reach/frames.ts';
import { composeScript } from '../../src/reach/prelude.ts';
import { handshake } from '../lab/handshakes.ts';
import { sshConfig } from '../lab/ssh-access.ts';
import { golden } from './golden.ts';
import { inspectBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { namesIn, usualRecipe } from './recipes.ts';
import { leaked, secretsOf } from './secrets.ts';

const get = onCluster('ha');
const folder = mkdtempSync(path.join(tmpdir(), 'inspect-ha-'));

beforeAll(async () => {
  // A pod on every node, whatever else the scheduler put where.
  await get().startProbes();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(['root', 'ops'] as const)('a healthy cluster is told as it is, to %s', async (user) => {
  const { report, code, stderr } = await inspectBySsh(get(), { user });
  expect(stderr).toBe('');
  await expect(golden(get(), report)).toMatchFileSnapshot('golden/ha.json');
  expect(code).toBe(0);
  expect(report.facts.nodes.map(({ connection }) => connection?.user)).toEqual([user, user, user]);
});

test('story S1: the node, the names it lost and the pods that break are told, with no name given', async () => {
  const cluster = get();
  const damaged = cluster.node('cp2');
  const clusterIp = await cluster.clusterIp();
  const before = await namesOnDisk();
  await cluster.inNode(damaged, usualRecipe('203.0.113.10'));
  const after = await namesOnDisk();
  const lost = before.filter((name) => !after.includes(name));
  expect(lost).toContain(clusterIp);
  await until(async () => (await handshake(damaged.address, 6443)).names?.includes(clusterIp) === false);

  const { report, code } = await inspectBySsh(cluster);
  expect(code).toBe(2);
  expect(report.verdict).toBe('names-missing');
  const missing = report.findings.flatMap((one) => (one.code === 'san-missing' ? [one] : []));
  expect(new Set(missing.map(({ node }) => node))).toEqual(new Set([damaged.name]));
  expect(missing.flatMap(({ args }) => args.names).toSorted()).toEqual(lost.toSorted());
  const ofPods = missing.filter(({ args }) => args.affected.includes('pods'));
  expect(ofPods.flatMap(({ args }) => args.names)).toEqual([clusterIp]);
  // The dialled names that are left: nobody else is said to be hit.
  expect(missing.flatMap(({ args }) => args.affected)).not.toContain('kubelet');
  await expect(golden(cluster, report)).toMatchFileSnapshot('golden/ha-damaged.json');

  await cluster.restore();
  const mended = await inspectBySsh(cluster);
  expect(mended.report.findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  expect(mended.code).toBe(0);
});

test('nothing on any node changes by it', async () => {
  const cluster = get();
  const states = () => Promise.all(cluster.nodes.map((node) => cluster.inNode(node, stateOfFiles)));
  const before = await states();
  expect(before.map((text) => text.split('\n').length > 20)).toEqual(cluster.nodes.map(() => true));
  const workers = cluster.nodes.flatMap(({ address }) => ['--node', `ssh://${address}`]);
  for (const user of ['root', 'ops'] as const) await inspectBySsh(cluster, { user, nodes: workers });
  expect(await states()).toEqual(before);
});

test('no piece of a private key or token is among the bytes that a node sends', async () => {
  const cluster = get();
  const node = cluster.node('cp1');
  const secrets = await secretsOf(cluster, node);
  // apiserver, etcd and front-proxy pairs, CAs, the service accounts' key, kubelet's, and one in each kubeconfig.
  expect(secrets.count).toBeGreaterThan(12);
  const key = Buffer.from(await cluster.inNode(node, 'cat /etc/kubernetes/pki/ca.key'));
  expect(leaked(secrets, key)).not.toEqual([]);
  const admin = Buffer.from(await cluster.inNode(node, 'cat /etc/kubernetes/admin.conf'));
  expect(leaked(secrets, admin)).not.toEqual([]);

  // All of the channel, as the system's own ssh hands it over.
  const config = path.join(folder, 'ssh_config');
  writeFileSync(config, sshConfig(cluster));
  const nonce = randomBytes(16).toString('hex');
  const { stdout, stderr } = await execa('ssh', ['-F', config, 'root@cp1', '/bin/sh', '-s'], {
    input: composeScript({ script: factsQuery.script, nonce }),
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  const reading = readFrames(stdout, nonce);
  if (reading.state !== 'whole') throw new Error(JSON.stringify(reading));
  const record = process.env['FIX_SANS_RECORD'];
  if (record !== undefined) writeFileSync(record, recordingOf(reading.frames));
  for (const bytes of [stdout, stderr, ...reading.frames.map((frame) => frame.bytes)]) {
    expect(leaked(secrets, bytes)).toEqual([]);
  }
  const { report, replies } = await inspectBySsh(cluster, { nodes: ['--node', `ssh://${node.address}`] });
  expect(replies.length).toBeGreaterThan(0);
  for (const { frames, talk } of replies) {
    for (const bytes of [Buffer.from(talk), ...frames.map((frame) => frame.bytes)]) {
      expect(leaked(secrets, bytes)).toEqual([]);
    }
  }
  expect(leaked(secrets, Buffer.from(JSON.stringify(report)))).toEqual([]);
});

/** What test/inspect/fixtures/ha-control-plane.json holds: made anew by naming that file in FIX_SANS_RECORD. */
function recordingOf(frames: readonly { readonly name: string; readonly bytes: Uint8Array }[]): string {
  const texts = frames.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('utf8')] as const);
  return `${JSON.stringify(Object.fromEntries(texts), undefined, 2)}\n`;
}

const stateOfFiles = `for folder in /etc/kubernetes /etc/systemd /root /tmp /var/lib/fix-sans; do
  [ ! -e "$folder" ] || find "$folder" -printf '%p %i %m %u %s %T@ %C@\\n'
done | sort
`;

async function namesOnDisk(): Promise<readonly string[]> {
  const cluster = get();
  const text = await cluster.inNode(cluster.node('cp2'), namesIn('/etc/kubernetes/pki/apiserver.crt'));
  return text
    .trim()
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('not within 90 s');
    await sleep(250);
  }
}
