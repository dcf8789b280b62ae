/** What would be run on a node, for those who look before they let anybody in: every script, and the helper made of it. */
import { factsQuery } from '../inspect/node/facts-script.ts';
import { clusterQuery } from '../inspect/verify/cluster-script.ts';
import { verifyQuery } from '../inspect/verify/verify-script.ts';
import { makePod, removePod, watchPod } from '../probe-pods/script.ts';
import { helperFor } from '../reach/helper.ts';
import { composeScript } from '../reach/prelude.ts';

/** Of `verify`: what is asked of the API through one control plane, and what is dialled from each node and from a pod on it. */
export function shownVerifyCommands(): string {
  const nonce = '0'.repeat(32);
  return [
    shownCommands(),
    '# Then, through one control plane:',
    composeScript({ script: clusterQuery.script, nonce }),
    '# Then on each node. DATA_ variables say what is dialled: host, port and name.',
    composeScript({ script: verifyQuery.script, nonce }),
    '# Only with --probe-image, and only where a node has no pod to look from: through one control plane a pod is made (DATA_pod),',
    composeScript({ script: makePod.script, nonce }),
    '# it is seen whether it runs,',
    composeScript({ script: watchPod.script, nonce }),
    '# and it is deleted.',
    composeScript({ script: removePod.script, nonce }),
  ].join('\n');
}

export function shownCommands(): string {
  return [
    '# Run on each node by one exec, as root: /bin/sh -s, or sudo -n -- /bin/sh -s, with this on its stdin.',
    '# The nonce is another one each time. Nothing is written on the node; private keys do not leave it.',
    composeScript({ script: factsQuery.script, nonce: '0'.repeat(32) }),
  ].join('\n');
}

export function printedHelper(user: string, called: string): string {
  const { path, script, sudoers } = helperFor(factsQuery, user);
  return [
    script,
    `# On each node, as root, this file is ${path}, owned by root:root, mode 0755; with it`,
    `# ${user} may read what fix-sans inspect reads, by these lines in /etc/sudoers.d/fix-sans (try them with visudo -cf):`,
    ...sudoers
      .trimEnd()
      .split('\n')
      .map((line) => `# ${line}`),
    `# Then: ${called} inspect --helper --node ${user}@NODE`,
    '',
  ].join('\n');
}
