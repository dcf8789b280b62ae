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
 * has a name in the folder of the run: only when that goes it looks again. One chain, so that a backup which is damaged itself changes nothing.
 */
export function commandsBack(place: Place, run: string): readonly string[] {
  const { certificatePath, keyPath, socket } = place;
  const [crt, key] = [shellWord(certificatePath), shellWord(keyPath)];
  const [crtBeside, keyBeside] = [shellWord(`${certificatePath}.back`), shellWord(`${keyPath}.back`)];
  const old = `${backupOf(run)}/old`;
  return [
    [
      belongTogether(`${old}.crt`, `${old}.key`),
      `cp -a -- ${old}.key ${keyBeside}`,
      `cp -a -- ${old}.crt ${crtBeside}`,
      `mv -f -- ${keyBeside} ${key}`,
      `mv -f -- ${crtBeside} ${crt}`,
      'sync',
      `rm -rf -- ${stageOf(place, run)}`,
    ].join(' && '),
    ...commandsRestart(socket),
  ];
}

/** Fails also where one of them cannot be read. */
function belongTogether(certificate: string, key: string): string {
  return `p=$(openssl x509 -noout -pubkey -in ${certificate}) && [ "$p" = "$(openssl pkey -pubout -in ${key})" ]`;
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
  const { certificatePath, keyPath } = place;
  return [
    ...commandsCompare(place, run),
    [
      belongTogether(shellWord(certificatePath), shellWord(keyPath)),
      `mv -f -- ${backupOf(run)}/journal ${backupOf(run)}/ended`,
      `rm -rf -- ${stageOf(place, run)}`,
    ].join(' && '),
  ];
}

/** What those commands do, and where they do nothing. */
export function adviceAfterUndo(result: UndoResult): string {
  if (!endsByHand.has(result)) return '';
  const ends =
    'the commands show both certificates; the last one ends that run and leaves the pair in use as it is';
  return result === 'foreign'
    ? `; ${ends}, if its key and certificate belong together`
    : `; ${ends}. If key and certificate in use do not belong together it does nothing: then a pair has to be put there first, from /var/lib/fix-sans or anew`;
}

/** Nothing of ours may be put over what is there: it is not ours, or nobody can tell, or there is nothing to put. */
const endsByHand: ReadonlySet<UndoResult> = new Set(['foreign', 'damaged', 'no-backup']);

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
    case 'no-backup':
      return commandsForeign(place, of);
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
