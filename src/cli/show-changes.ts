/** What `apply` and `rollback` would run on a node, for those who look before they let anybody in. */
import { steps } from '../apply/steps.ts';
import { runsQuery } from '../inspect/runs/runs-script.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { composeScript } from '../reach/prelude.ts';
import type { Io } from './io.ts';
import { shownCommands } from './show-commands.ts';

export function showChanges(kind: 'apply' | 'rollback', io: Io): ExitCode {
  io.stdout.write(shownChanges(kind));
  return exitCodes.ok.code;
}

/** Of `apply` and `rollback`: every step that changes a node, each one exec. */
export function shownChanges(kind: 'apply' | 'rollback'): string {
  const about: Readonly<Record<string, string>> = {
    'take-lock':
      'On each control plane, before anything is changed anywhere: the lock is taken, or it is said who has it.',
    stage: 'Then on one control plane after the other: kubeadm signs in a folder beside the pair in use.',
    'stage-signed':
      'The same where somebody else holds the CA, with what was signed by them (--signed-cert) for the key that is in use.',
    request:
      'Only for --csr-dir: a request for whoever holds the CA, by the key that is in use; nothing is written.',
    swap: 'What it signed is held against the plan here; then backup, dead-man switch, journal, and two renames.',
    restart: 'Only where the API server does not take the pair by itself:',
    reload:
      'Only where the pair on disk is right and another one is served, instead of these three: one restart.',
    prove:
      'What is served for each name, whether all API servers are ready, and whether the leases are renewed.',
    gate: 'Between two control planes of a rollback: whether all API servers are ready and the leases renewed.',
    finish:
      'The end of the run on this control plane; on the last one DATA_patch is what kubeadm-config gets.',
    'look-at-file': 'Where kubespray keeps its copy of the configuration: its text, without tokens and keys.',
    'write-file': 'The names are put into its certSANs, in one place; the old file is kept.',
    'put-file-back': 'The old file, only where that run’s lies there.',
    release: 'Renews the lock where it is waited for, and lets go of it where nothing was begun.',
    undo: 'The way back: of what does not hold, of a run that did not come to its end, and of rollback.',
  };
  const others: readonly string[] =
    kind === 'apply'
      ? ['gate', 'put-file-back']
      : [
          'request',
          'stage',
          'stage-signed',
          'swap',
          'restart',
          'reload',
          'prove',
          'look-at-file',
          'write-file',
        ];
  const own = steps.filter(({ name }) => !others.includes(name));
  const all = own.map((step) => ({ title: `# ${step.name}: ${about[step.name] ?? ''}`, text: shown(step) }));
  const first = [
    shownCommands(),
    ...(kind === 'rollback' ? ['# Then: which runs each control plane remembers.', shown(runsQuery)] : []),
    '# Then the steps, each by one exec like that. DATA_ variables are set in front of it: paths, names, the name of the run.',
  ].join('\n');
  return withIndex(first, all);
}

function lines(text: string): number {
  return text.split('\n').length;
}

/** Several thousand lines: where each step begins, for whoever reads on from there. */
function withIndex(first: string, all: readonly { readonly title: string; readonly text: string }[]): string {
  // A line for each step, the heading, what is read first, and what separates them.
  const head = all.length + 3;
  let at = head + lines(first) + 1;
  const index = all.map(({ title, text }) => {
    const line = `#   line ${String(at).padStart(5)}  ${title.slice(2)}`;
    at += 1 + lines(text);
    return line;
  });
  return [
    '# What would be run on a node, and on which line each begins:',
    `#   line ${String(head + 1).padStart(5)}  what inspect reads, before anything else`,
    ...index,
    '#',
    first,
    ...all.flatMap(({ title, text }) => [title, text]),
  ].join('\n');
}

function shown({ script }: { readonly script: string }): string {
  return composeScript({ script, nonce: '0'.repeat(32) });
}
