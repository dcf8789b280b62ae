/** How a node ended, as the report has it, and what to type where only a human can go on. Pure. */
import type { ExitName } from '../model/exit-code.ts';
import type { NodeOutcome } from '../model/rollout.ts';
import { shellWord } from '../plan/signing.ts';
import type { UndoResult } from './replies.ts';
import type { Place, Task } from './task.ts';

export interface NodeResult {
  readonly outcome: NodeOutcome;
  /** Absent where all is well. */
  readonly exit?: ExitName;
}

type Told = Pick<NodeOutcome, 'state'> &
  Partial<Pick<NodeOutcome, 'why' | 'commands' | 'before' | 'after' | 'servedAfterMs' | 'wasRestarted'>> & {
    readonly exit?: ExitName;
  };

export function outcomeOf(task: Task, run: string, { exit, ...told }: Told): NodeResult {
  const { plan, before } = task;
  const hasBackup = told.state !== 'untouched' && told.state !== 'nothing' && plan.action === 'reissue';
  return {
    outcome: {
      node: plan.node,
      commands: [],
      wasRestarted: false,
      healed: [],
      ...(before === undefined ? {} : { before }),
      ...told,
      ...(hasBackup ? { backup: backupOf(run) } : {}),
    },
    ...(exit === undefined ? {} : { exit }),
  };
}

export function backupOf(run: string): string {
  return `/var/lib/fix-sans/${run}`;
}

/**
 * Beside the live file and then renamed over it, since a copy in place is seen half written. What the API server watches is the old file itself, which still
 * has a name in the folder of the run: only when that goes it looks again.
 */
export function commandsBack(place: Place, run: string): readonly string[] {
  const { certificatePath, keyPath, socket } = place;
  const one = (kind: 'crt' | 'key', path: string): string => {
    const beside = shellWord(`${path}.back`);
    return `cp -a -- ${backupOf(run)}/old.${kind} ${beside} && mv -f -- ${beside} ${shellWord(path)}`;
  };
  return [
    one('key', keyPath),
    one('crt', certificatePath),
    'sync',
    `rm -rf -- ${stageOf(place, run)}`,
    ...commandsRestart(socket),
  ];
}

function stageOf({ keyPath }: Place, run: string): string {
  return shellWord(`${keyPath.slice(0, keyPath.lastIndexOf('/'))}/.fix-sans-${run}`);
}

/** Why it does not come up, or what it serves. */
export function commandsLook({ socket, endpoint, certificatePath }: Place): readonly string[] {
  const crictl = crictlOn(socket);
  return [
    `${crictl} ps -a --name '^kube-apiserver$'`,
    `${crictl} logs --tail 50 "$(${crictl} ps -a -q --name '^kube-apiserver$' | head -n 1)"`,
    `openssl s_client -connect ${shellWord(endpoint)} </dev/null 2>/dev/null | openssl x509 -noout -serial -dates -ext subjectAltName`,
    `openssl x509 -noout -serial -dates -ext subjectAltName -in ${shellWord(certificatePath)}`,
  ];
}

function crictlOn(socket: string): string {
  return socket === '' ? 'crictl' : `crictl --runtime-endpoint ${shellWord(socket)}`;
}

/** Only where the API server does not take the pair by itself. */
export function commandsRestart(socket: string): readonly string[] {
  const crictl = crictlOn(socket);
  return [`${crictl} ps -q --name '^kube-apiserver$' | head -n 1 | xargs -r ${crictl} stop`];
}

/**
 * Somebody else has put a pair of their own there, and nobody but them knows whether it is meant. The run that cannot be ended blocks all others until
 * its journal has the name of one that has ended; what the API server watches may be the old file in the folder of that run.
 */
export function commandsForeign(place: Place, run: string): readonly string[] {
  return [
    ...commandsCompare(place, run),
    `mv -f -- ${backupOf(run)}/journal ${backupOf(run)}/ended`,
    `rm -rf -- ${stageOf(place, run)}`,
  ];
}

export const foreignAdvice =
  'the commands show both certificates; the last two end that run and leave the pair in use as it is';

/** By what a way back says of itself; none where it is in place and served. */
export function commandsAfterUndo(
  result: UndoResult,
  isServed: boolean,
  { place, of }: { readonly place: Place; readonly of: string },
): readonly string[] {
  switch (result) {
    case 'back':
    case 'nothing':
      return isServed ? [] : commandsRestart(place.socket);
    // The version that made it knows.
    case 'newer':
    case 'no-pair':
      return [];
    case 'foreign':
    case 'damaged':
      return commandsForeign(place, of);
    case 'no-backup':
    case 'failed':
    case 'half':
      return commandsBack(place, of);
  }
}

export function commandsCompare({ certificatePath }: Place, run: string): readonly string[] {
  return [
    `openssl x509 -noout -subject -serial -dates -ext subjectAltName -in ${shellWord(certificatePath)}`,
    `openssl x509 -noout -subject -serial -dates -ext subjectAltName -in ${backupOf(run)}/old.crt`,
  ];
}
