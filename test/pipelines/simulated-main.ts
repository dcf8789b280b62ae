/** The program as what starts it sees it (Ansible, cron, a CI job), but that its nodes are simulated: argv in, exit code out. */
import { run } from '../../src/cli/run.ts';
import { openSimulatedNode } from '../support/simulated-cli.ts';

void run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  openNode: openSimulatedNode,
}).then((code) => {
  process.exitCode = code;
});
