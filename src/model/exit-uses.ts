/** What each command means by the exit codes that it has: its --help, `help exit-codes` and docs/exit-codes.md print this one table. */
import { type ExitCode, exitCodes, type ExitName } from './exit-code.ts';

type Uses = readonly (readonly [name: ExitName, meaning: string])[];

const wrongUsage = ['usage', 'wrong usage'] as const;

export const exitUses = {
  explain: [
    ['failed', 'nothing understood'],
    ['changesNeeded', 'a name is missing'],
    ['notSan', 'only other causes'],
    wrongUsage,
  ],
  inspect: [
    ['ok', 'healthy'],
    ['failed', 'no control plane among the nodes, or a report could not be written'],
    ['changesNeeded', 'something to fix'],
    ['partial', 'some nodes or the API could not be read, or are none'],
    ['authentication', 'a login or host key was refused'],
    ['refused', "another tool's cluster"],
    ['notSan', 'not a missing name'],
    wrongUsage,
    ['temporary', 'no node answered'],
  ],
  plan: [
    ['ok', 'nothing to do'],
    ['failed', 'no control plane to plan for, or nothing understood in --from-error'],
    ['changesNeeded', 'changes are needed'],
    ['authentication', 'a login or host key was refused'],
    ['refused', 'refused, each reason with its remedy'],
    ['notSan', 'not a missing name'],
    wrongUsage,
    ['temporary', 'no node answered'],
  ],
  apply: [
    ['ok', 'done and proven by handshakes, or nothing to do'],
    ['failed', 'not confirmed, or a program of yours said no before anything was begun'],
    ['changesNeeded', 'nothing to apply but something else to fix, or with --dry-run changes are needed'],
    ['partial', 'some nodes are not done, or wait, or kubeadm-config or a report is not'],
    ['authentication', 'a login or host key was refused'],
    ['rolledBack', 'a node did not come to a good end and has its old certificate'],
    ['locked', 'another run has a control plane'],
    ['refused', 'refused, or a plan that is stale, changed or cut off, nothing begun'],
    ['notSan', 'not a missing name'],
    ['needsHuman', 'a human is needed, see what to type'],
    ['usage', 'wrong usage, or no --yes without a terminal'],
    ['temporary', 'a control plane does not answer'],
    ['interrupted', 'stopped by Ctrl-C, each node as it says'],
    ['terminated', 'stopped by SIGTERM, each node as it says'],
  ],
  rollback: [
    ['ok', 'the old certificates are served'],
    ['failed', 'no such run, not confirmed, or a program of yours said no'],
    ['partial', 'some nodes are not done, or kubeadm-config or a report is not'],
    ['authentication', 'a login or host key was refused'],
    ['locked', 'another run has a control plane'],
    ['refused', "the pair in use is not that run's, or the old one is of no use"],
    ['needsHuman', 'a human is needed, see what to type'],
    ['usage', 'wrong usage, or no --yes without a terminal'],
    ['temporary', 'a control plane does not answer'],
    ['interrupted', 'stopped by Ctrl-C, each node as it says'],
    ['terminated', 'stopped by SIGTERM, each node as it says'],
  ],
  runs: [
    ['ok', 'each came to its end'],
    ['changesNeeded', 'one did not come to its end'],
    ['partial', 'some nodes could not be read'],
    wrongUsage,
    ['temporary', 'no node answered'],
  ],
  show: [
    ['ok', 'printed, whatever the plan says'],
    ['refused', 'a plan that was changed, is empty, cut off or of another version'],
    ['usage', 'no plan, or wrong usage'],
  ],
  verify: [
    ['ok', 'all holds'],
    ['failed', 'a report could not be written'],
    ['changesNeeded', 'a name is missing somewhere'],
    ['partial', 'something was not proven'],
    ['authentication', 'a login or host key was refused'],
    ['refused', 'the plan file is refused'],
    ['notSan', 'another link is broken'],
    wrongUsage,
    ['temporary', 'no node answered'],
  ],
} as const satisfies Readonly<Record<string, Uses>>;

export type ExitUser = keyof typeof exitUses;

/** In the order of the numbers. */
export function exitUsesOf(
  command: ExitUser,
): readonly { readonly code: ExitCode; readonly meaning: string }[] {
  const uses: Uses = exitUses[command];
  return uses.map(([name, meaning]) => ({ code: exitCodes[name].code, meaning }));
}
