/** The program as what starts it sees it (Ansible, cron, a CI job), but that its nodes are simulated: argv in, exit code out. */
import { run } from '../../src/cli/run.ts';
import {
  openSimulatedChanger,
  openSimulatedNode,
  openSimulatedPodMaker,
  openSimulatedRehearser,
} from '../support/simulated-cli.ts';
import { simulatedNode } from '../support/simulated-node.ts';

/** The folder that plays this machine for `local:`. */
const local = process.env['FIX_SANS_TEST_LOCAL'];

/** As main.ts has it. */
function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Error(`stopped by ${signal}`)));
  return controller.signal;
}

void run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  stop: stopOnSignal,
  openChanger: openSimulatedChanger,
  openPodMaker: openSimulatedPodMaker,
  openRehearser: openSimulatedRehearser,
  openNode: async (node, options) =>
    node.target.via === 'local' && local !== undefined
      ? simulatedNode(local, node.name)
      : openSimulatedNode(node, options),
}).then((code) => {
  process.exitCode = code;
});
