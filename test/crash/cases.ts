/** Every system call of the node's scripts as a case: killed at it, or told by the kernel that it cannot be done. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Asking, type Ground } from './ground.ts';
import { type Sequence, walk } from './sequences.ts';
import { type Call, callsIn, tracedCalls } from './trace.ts';

export const errors = ['ENOSPC', 'EIO', 'EROFS'] as const;
export type Blow = 'KILL' | (typeof errors)[number];

export interface Case {
  readonly sequence: Sequence;
  /** Which of its steps. */
  readonly at: number;
  readonly call: Call;
  readonly blow: Blow;
}

export function nameOf({ sequence, at, call, blow }: Case): string {
  const whose = call.program === 'sh' ? 'sh' : `${call.program} #${call.instance}`;
  return `${blow} at ${sequence.name}/${sequence.steps[at]?.name}: ${whose}: ${call.syscall} #${call.program === 'sh' ? call.nthOnPath : call.nth} ${call.path}`;
}

/** Runs it once, step by step under strace. */
export async function record(
  ground: Ground,
  sequence: Sequence,
  how: Asking = {},
): Promise<readonly (readonly Call[])[]> {
  ground.reset();
  const log = (at: number): string => ground.at(`tmp/trace-${at}`);
  const { end, fault } = await walk(ground, sequence, (at) => ({
    how:
      at < 0
        ? how
        : {
            ...how,
            shell: [
              'strace',
              '-f',
              '--seccomp-bpf',
              '-y',
              '-s',
              '1000000',
              '-o',
              log(at),
              '-e',
              `trace=${tracedCalls}`,
              '/bin/sh',
            ],
          },
  }));
  if (end !== 'whole') throw new Error(`${sequence.name} under strace: ${end} ${fault}`);
  return sequence.steps.map((_, at) => {
    const trace = readFileSync(log(at), 'latin1');
    rmSync(log(at));
    return callsIn(trace, ground.node.root).filter((call) => !call.path.startsWith(ground.at('tmp')));
  });
}

function same({ program, instance, syscall, path: file }: Call): string {
  return [program, instance, syscall, file].join(' ');
}

/** Each call that did something; of many writes by one process to one file the first and the last. */
export function casesOf(
  ground: Ground,
  sequence: Sequence,
  calls: readonly (readonly Call[])[],
): readonly Case[] {
  return calls.flatMap((inStep, at) => {
    const done = inStep.filter((call) => call.isDone);
    const lasts = new Map(done.map((call) => [same(call), call]));
    const seen = new Set<string>();
    return done
      .filter(
        (call) =>
          call.kind !== 'write' ||
          call.program === 'sh' ||
          call.nthOnPath === 1 ||
          lasts.get(same(call)) === call,
      )
      .filter((call) => {
        const id = `${same(call)} ${call.nthOnPath}`;
        return seen.size < seen.add(id).size;
      })
      .map((call) => ({ ...call, text: '', path: path.relative(ground.node.root, call.path) }))
      .flatMap((call) => (['KILL', ...errors] as const).map((blow) => ({ sequence, at, call, blow })));
  });
}

/** Only strace is told, and only for that one process; whatever else runs is as ever. */
export function arm(
  ground: Ground,
  { call, blow }: Case,
): { readonly how: Asking; readonly after?: () => void; readonly hasStruck: () => boolean } {
  const folder = ground.at('tmp/crash');
  const log = path.join(folder, 'log');
  mkdirSync(folder, { recursive: true });
  rmSync(log, { force: true });
  const what = blow === 'KILL' ? 'signal=KILL' : `error=${blow}`;
  const isGroup = call.program === 'sh' || call.program === 'timeout';
  const inject = `${call.syscall}:${what}:when=${isGroup ? call.nthOnPath : call.nth}`;
  // Which of several processes it is, is told by the file that it has in its hands.
  const whose = isGroup ? `-f --seccomp-bpf -P '${ground.at(call.path)}'` : '';
  // A shell that is killed takes nobody with it, so the rest of the group follows at once.
  const strike = `strace -o '${log}' ${whose} -e trace=${call.syscall} -e inject=${inject} "$@" 2>'${log}.strace'
code=$?
case $(/usr/bin/cat '${log}') in *'killed by SIGKILL'*) kill -KILL 0 ;; esac
exit "$code"
`;
  const hasStruck = (): boolean =>
    existsSync(log) && /\(INJECTED\)|killed by SIGKILL/.test(readFileSync(log, 'latin1'));
  if (call.program === 'sh') {
    return {
      how: { shell: ['/bin/sh', '-c', strike.replace("2>'", "2>>'"), 'sh', '/bin/sh'] },
      hasStruck,
    };
  }
  return { how: {}, after: standBefore(ground, call, strike), hasStruck };
}

/** A program of the node's own in its place, which lets all but one of its runs go by. */
function standBefore(ground: Ground, { program, instance }: Call, strike: string): () => void {
  const at = ground.at('usr/bin', program);
  const count = ground.at('tmp/crash/count');
  const isOwn = existsSync(at);
  const real = isOwn ? `${at}.real` : `/usr/bin/${program}`;
  rmSync(count, { force: true });
  if (isOwn) renameSync(at, real);
  writeFileSync(
    at,
    `#!/bin/sh
n=0
[ ! -f '${count}' ] || IFS= read -r n <'${count}'
n=$((n + 1))
echo "$n" >'${count}'
[ "$n" = ${instance} ] || exec ${real} "$@"
set -- ${real} "$@"
${strike}`,
  );
  chmodSync(at, 0o755);
  return () => {
    rmSync(at);
    if (isOwn) renameSync(real, at);
  };
}
