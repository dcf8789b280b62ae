/** The kernel's own say: the script enters a real network namespace by nsenter, dials an openssl server in it, and asks a DNS there by bash. Needs root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeQuestion, octal } from '../../src/inspect/verify/dns.ts';
import { readVerifyReply } from '../../src/inspect/verify/read-verify.ts';
import { verifyQuery } from '../../src/inspect/verify/verify-script.ts';
import { now, read } from '../support/facts.ts';
import { keyPair, mintKubeadm } from '../support/mint.ts';
import { nodeTree } from '../support/node-tree.ts';
import { readerOnTree } from '../support/on-tree.ts';
import { named } from '../support/plans.ts';

const { ca, apiserver } = mintKubeadm();
const tree = nodeTree();
const running: ChildProcess[] = [];
let pid = 0;

/** Nothing of it is reached from outside: its only interface is its own loopback. */
beforeAll(async () => {
  const pair = path.join(tree.root, 'pair.pem');
  const key = keyPair('rsa', 1).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(pair, apiserver.pem + key, { mode: 0o600 });
  const dns = path.join(tree.root, 'dns.mjs');
  writeFileSync(
    dns,
    `import { createSocket } from 'node:dgram';
const socket = createSocket('udp4');
socket.on('message', (query, from) => {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 6);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 9]);
  socket.send(Buffer.concat([header, query.subarray(12), record]), from.port, from.address);
});
socket.bind(53, '127.0.0.9');
`,
  );
  const script = `ip link set lo up && { openssl s_server -accept 127.0.0.9:443 -cert ${pair} -quiet & node ${dns} & echo ready $$; wait; }`;
  const child = spawn('unshare', ['--net', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, which can be ended as one.
    detached: true,
  });
  running.push(child);
  pid = await new Promise<number>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`unshare ended with ${code}: this needs root`)));
    child.stdout.on('data', (said: Buffer) => {
      const [, found] = /ready (\d+)/.exec(said.toString()) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
  });
  const inside = ['--net', '--target', String(pid), '--'];
  for (let left = 50; left > 0; left -= 1) {
    const { stdout } = await execa('nsenter', [...inside, 'ss', '-H', '-l', '-n', '-u', '-t']);
    if (stdout.includes(':443') && stdout.includes(':53')) return;
    await sleep(100);
  }
  throw new Error('the servers in the namespace did not start');
});
afterAll(() => {
  for (const child of running) if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  tree.remove();
});

test('a handshake and a question from inside, which neither this machine nor its resolver could have answered', async () => {
  // The tree's processes are two: each shows this namespace as its own.
  for (const one of ['500', '501']) {
    const space = path.join(tree.root, `proc/${one}/ns/net`);
    rmSync(space);
    symlinkSync(`/proc/${pid}/ns/net`, space);
  }
  const service = ['127.0.0.9', 'kubernetes.default.svc'].map((name) => ({
    target: 'cluster-ip' as const,
    host: '127.0.0.9',
    port: 443,
    san: named(name),
  }));
  const reply = await readerOnTree(tree.root).reader.query(verifyQuery, {
    own: '127.0.0.9 443 kubernetes',
    service: service.map(({ host, port, san }) => `${host} ${port} ${san.value}`).join('\n'),
    dns: 'service 127.0.0.9 53',
    query: octal(encodeQuestion('kubernetes.default.svc.cluster.local', 'A')),
  });
  const own = [{ target: 'backend' as const, host: '127.0.0.9', port: 443, san: named('kubernetes') }];
  const cas = { ca: [read(ca)], ownCa: [read(ca)], rootCas: new Map() };
  const seen = readVerifyReply(reply, { node: 'cp1', own, service, ...cas, at: now });
  expect(seen.unread.filter(({ what }) => ['dial', 'pod', 'dns'].includes(what))).toEqual([]);
  const of = (kind: string) =>
    seen.dials.filter(({ place }) => place.kind === kind).map(({ result }) => result);
  expect(of('node')).toMatchObject([{ state: 'failed', trouble: 'refused' }]);
  expect(of('pod')).toMatchObject([
    { state: 'served', isTrusted: true },
    { state: 'served', isTrusted: true },
  ]);
  expect(seen.answers).toMatchObject([
    { role: 'service', result: { state: 'answered', code: 'NOERROR', addresses: ['127.0.0.9'] } },
  ]);
});
