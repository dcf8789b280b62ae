/** The exit codes: an API for pipelines, kept in one place. `help exit-codes` and docs/exit-codes.md print this table. */

export const exitCodes = {
  ok: { code: 0, meaning: 'nothing to do, or done and verified' },
  failed: { code: 1, meaning: 'failed or not understood, nothing changed' },
  changesNeeded: {
    code: 2,
    meaning: 'changes are needed: a name is missing, or something else is to be fixed',
  },
  partial: { code: 3, meaning: 'partial: some nodes are done, some are not' },
  authentication: { code: 4, meaning: 'authentication or a host key was refused' },
  rolledBack: { code: 5, meaning: 'failed and rolled back: the old certificate is served' },
  locked: { code: 6, meaning: 'another run holds the lock' },
  refused: { code: 7, meaning: 'refused as unsafe or stale, nothing changed' },
  notSan: { code: 8, meaning: 'the trouble is not a missing name' },
  needsHuman: { code: 9, meaning: 'needs a human: a rollback failed' },
  usage: { code: 64, meaning: 'the command line is wrong' },
  temporary: { code: 75, meaning: 'no node answered: retry later' },
  interrupted: { code: 130, meaning: 'stopped by SIGINT (Ctrl-C)' },
  terminated: { code: 143, meaning: 'stopped by SIGTERM' },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;

export type ExitName = keyof typeof exitCodes;
export type ExitCode = (typeof exitCodes)[ExitName]['code'];

/** Where several apply, the first of this order wins. A usage error happens before anything else could. */
const order: readonly ExitName[] = [
  'usage',
  'needsHuman',
  'rolledBack',
  'interrupted',
  'terminated',
  'authentication',
  'refused',
  'locked',
  'partial',
  'notSan',
  'changesNeeded',
  'failed',
  'temporary',
  'ok',
];

/** The code for a run in which all of these happened. */
export function worstExit(names: readonly ExitName[]): ExitCode {
  const worst = order.find((name) => names.includes(name)) ?? 'ok';
  return exitCodes[worst].code;
}
