/** What speaks against a run before anything is contacted. */
import { display } from '../model/display.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { isInteractive } from './ask.ts';
import type { Options } from './command.ts';
import type { Io } from './io.ts';
import { isSet } from './option-values.ts';

export function refuseHelper(options: Options, command: string): void {
  if (!isSet(options, 'helper')) return;
  throw new UserError(
    '--helper can only inspect: it runs one fixed script',
    `${command} needs to be root on the nodes: log in as root, or as a user with sudo`,
  );
}

export function refuseUnattended(options: Options, io: Io, command: 'apply' | 'rollback'): void {
  if (isSet(options, 'yes') || isInteractive(io)) return;
  const first = {
    apply: 'to see first what would be done: fix-sans plan',
    rollback: 'to see first which runs there are: fix-sans runs',
  };
  throw new UserError('nobody sits at a terminal who could be asked', `say --yes; ${first[command]}`);
}

export function checkOnly({ nodes }: Plan, only: string): void {
  if (nodes.some(({ node }) => node === only)) return;
  throw new UserError(
    `--only ${display(only, 80)} is no control plane of the plan`,
    `one of ${nodes.map(({ node }) => display(node, 80)).join(', ')}`,
  );
}
