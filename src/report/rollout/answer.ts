/** The first sentence of a run's page: what came of it, on which control planes, and that nothing was changed where that is true. */
import { exitCodes } from '../../model/exit-code.ts';
import type { NodeOutcome, Rollout } from '../../model/rollout.ts';
import { join, listed, type Phrase, plain } from '../page.ts';

export function answerOf(rollout: Rollout): Phrase {
  const { kind, nodes, exitCode } = rollout;
  const of = (...states: readonly NodeOutcome['state'][]): readonly string[] =>
    nodes.filter(({ state }) => states.includes(state)).map(({ node }) => node);
  const [done, stuck, unknown, undone] = [of('done'), of('stuck'), of('unknown'), of('undone')];
  if (stuck.length > 0)
    return join(plain('a human is needed on '), listed(stuck), plain(': see what to type'));
  if (unknown.length > 0)
    return join(
      plain('the line to '),
      listed(unknown),
      plain(
        kind === 'apply'
          ? ' was lost: the node puts the old pair back by itself'
          : ' was lost: whether the old pair is in place there is not known',
      ),
    );
  const others = done.length === 0 ? [] : join(plain('; done: '), listed(done));
  if (undone.length > 0)
    return join(
      plain('it failed and was put back on '),
      listed(undone),
      plain(', where the old certificate is served'),
      others,
    );
  if (nodes.length > 0 && nodes.every(({ state }) => state === 'nothing')) return nothingToDo(rollout);
  if (done.length === 0) return plain(unchanged(rollout));
  const isSick = nodes.some(({ state, why }) => state === 'done' && why !== undefined);
  if (isSick)
    return join(
      plain('the old certificate is served on '),
      listed(done),
      plain(', and the cluster is not well'),
    );
  const what = kind === 'apply' ? 'the new certificate' : 'the old certificate';
  const all = join(plain(`${what} is in use and proven on `), listed(done));
  if (exitCode === exitCodes.ok.code) return all;
  const later = nodes.filter(({ waits }) => waits === true).map(({ node }) => node);
  const isAsAsked = nodes.every(({ state, waits }) => state !== 'untouched' || waits === true);
  return isAsAsked && later.length > 0
    ? join(all, plain('; left for later: '), listed(later))
    : join(all, plain('; not all is done'));
}

function nothingToDo({ kind, durable, exitCode }: Rollout): Phrase {
  const isWritten = durable.some(({ state }) => state === 'written');
  if (kind === 'rollback')
    return plain(
      isWritten
        ? 'no certificate had to change; what makes the names last is as it was before'
        : 'nothing to take back: no certificate of that run is in use on any control plane',
    );
  if (isWritten) return plain('no certificate had to change; what makes the names last is written');
  return plain(
    exitCode === exitCodes.ok.code
      ? 'nothing to do: every control plane is as it should be'
      : 'no certificate is to be changed, and something else is not as it should be',
  );
}

function unchanged({ nodes, exitCode, events }: Rollout): string {
  const nothing = 'nothing was changed on any control plane';
  if (events.some(({ event }) => event === 'healed'))
    return 'only what an earlier run had left unfinished was ended; nothing else was changed on any control plane';
  if (nodes.some(({ waits }) => waits === true)) return `a request waits to be signed; ${nothing}`;
  switch (exitCode) {
    case exitCodes.refused.code:
      return `refused; ${nothing}`;
    case exitCodes.locked.code:
      return `another run has the lock; ${nothing}`;
    case exitCodes.rolledBack.code:
      return `it failed before anything in use was touched; ${nothing}`;
    default:
      return nothing;
  }
}
