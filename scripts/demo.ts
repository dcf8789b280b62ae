/** The demo: a client that fails at a load balancer, and the way from its error to certificates that hold, back, and there again. */
import path from 'node:path';
import type { Io } from '../src/cli/io.ts';
import { run } from '../src/cli/run.ts';
import { openSimulatedChanger, openSimulatedNode } from '../test/support/simulated-cli.ts';
import { startDemoCluster } from './demo-cluster.ts';

/** The README puts nothing on the PATH. */
const called = 'node dist/fix-sans.js';
const meaning: Readonly<Record<number, string>> = {
  0: ': nothing to do, or done and verified',
  2: ': a name is missing',
};
const began = performance.now();
const unexpected: string[] = [];

await using cluster = await startDemoCluster();
const where = ['--config', cluster.config, '--ssh-config', 'none'];
const plan = path.join(path.dirname(cluster.config), 'plan.json');

await client(
  `Three control planes, and a load balancer that somebody put before them: ${cluster.endpoint}.\nThe nodes are simulated; SSH, TLS and each handshake below are real.`,
  /ERR_TLS_CERT_ALTNAME_INVALID/,
);
await step('What does it mean?', 2, 'explain', await cluster.call());
await step('What is wrong, and who is affected? This only reads.', 2, 'inspect', ...where);
await step(
  'What would be signed, and what would be lost? Still nothing changes.',
  2,
  'plan',
  ...where,
  '--out',
  plan,
);
await step(
  'Do exactly this. Each node is proven by handshakes before the next one.',
  0,
  'apply',
  ...where,
  '--plan',
  plan,
  '--yes',
  '--quiet',
);
await client('The same client again.', /^connected/);
await step('The proof, seen from here and from each node.', 0, 'verify', ...where, '--without-pods');
await step(
  'A second run finds nothing to do, and touches nothing.',
  0,
  'apply',
  ...where,
  '--yes',
  '--quiet',
);
await step('And back, byte for byte.', 0, 'rollback', ...where, '--yes', '--quiet');
await client('As before.', /ERR_TLS_CERT_ALTNAME_INVALID/);

const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(
  unexpected.length === 0
    ? `That took ${seconds} s: a name was missing on three control planes, each got it and was proven before the next, and it was taken back.`
    : `That took ${seconds} s, and not all went as it should.`,
);
console.log(
  'The certificates were signed by a stand-in for kubeadm; on a cluster the kubeadm of each node does it.\n',
);
console.log('On your own cluster, reading only:');
console.log(`  ${called} inspect --node root@HOST`);
for (const one of unexpected) console.error(`not as it should be: ${one}`);
process.exitCode = unexpected.length === 0 ? 0 : 1;

async function client(text: string, expected: RegExp): Promise<void> {
  const said = await cluster.call();
  console.log(`── ${text}\n\n$ client https://${cluster.endpoint}\n${said}\n`);
  if (!expected.test(said)) unexpected.push(`the client: ${said}`);
}

async function step(text: string, expected: number, ...argv: readonly string[]): Promise<void> {
  const typed = argv.map((word) => (/\s/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : word));
  console.log(`── ${text}\n\n$ ${called} ${typed.join(' ')}\n`);
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    // What is remembered of real runs is none of the demo's.
    env: { ...process.env, XDG_STATE_HOME: path.dirname(cluster.config) },
    openNode: openSimulatedNode,
    openChanger: openSimulatedChanger,
    called,
  };
  const code = await run(argv, io);
  console.log(`exit code ${code}${meaning[code] ?? ''}\n`);
  if (code !== expected) unexpected.push(`${argv[0]} ended with ${code} instead of ${expected}`);
}
