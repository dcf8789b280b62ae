/** The demo: a kubectl that fails, what the tool says to it, and a simulated cluster in which pods fail and nobody knows why. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { $ } from 'zx';
import type { Io } from '../src/cli/io.ts';
import { run } from '../src/cli/run.ts';
import { namesOnDisk, reissue } from '../test/simulator/damage.ts';
import { simulate } from '../test/simulator/simulate.ts';
import { openSimulatedNode } from '../test/support/simulated-cli.ts';

const root = path.join(import.meta.dirname, '..');
const example = path.join(root, 'scripts', 'demo-error.txt');

/** The README puts nothing on the PATH. */
const called = 'node dist/fix-sans.js';
$.verbose = false;
console.log(
  '1. Somebody copied admin.conf to another host and changed its server: to the external address.\n',
);
console.log(readFileSync(example, 'utf8'));
console.log(`$ ${called} explain scripts/demo-error.txt\n`);
const explained = await $({
  nothrow: true,
  cwd: root,
  env: { ...process.env, ...(process.stdout.isTTY ? { CLICOLOR_FORCE: '1' } : {}) },
})`node dist/fix-sans.js explain ${path.relative(root, example)}`;
console.log(explained.stdout + explained.stderr);
console.log(`exit code ${explained.exitCode}: a name is missing (${called} help exit-codes)\n`);

console.log(
  '2. On a simulated cluster of three control planes somebody followed the usual recipe on one of them.',
);
console.log(
  '   kubectl works, and every third call from a pod fails. Nobody has told fix-sans which name is missing.\n',
);
const simulation = await simulate({ nodes: 3, serviceSubnet: '10.240.0.64/26' });
let inspected: number;
try {
  const [first, second] = simulation.nodes;
  if (!first || !second) throw new Error('there are no simulated nodes');
  reissue(
    simulation,
    second,
    namesOnDisk(second).map((name) => (name === '10.240.0.65' ? '10.96.0.1' : name)),
  );
  const targets = simulation.nodes.map(({ ssh }) => `${ssh.user}@${ssh.host}:${ssh.port}`);
  const argv = [
    'inspect',
    ...targets.flatMap((target) => ['--node', `ssh://${target}`]),
    '--identity',
    first.ssh.privateKeyFile,
    '--known-hosts',
    first.ssh.knownHostsFile,
    '--ssh-config',
    'none',
  ];
  console.log(`$ ${called} inspect ${targets.map((target) => `--node ${target}`).join(' ')} [simulated]\n`);
  const io: Io = { ...process, env: process.env, openNode: openSimulatedNode, called };
  inspected = await run(argv, io);
} finally {
  await simulation.stop();
}
console.log(`\nexit code ${inspected}: a name is missing`);
console.log(`\nTry it on your own: pipe any log into ${called} explain,`);
console.log(`or look at a cluster: ${called} inspect --node root@HOST (it reads, and can change nothing).`);
process.exitCode = explained.exitCode === 2 && inspected === 2 ? 0 : 1;
