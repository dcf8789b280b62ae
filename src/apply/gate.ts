/** Between two nodes of a rollback: whether the cluster is as well as it has to be before the next pair is touched. */
import { clauseOf } from './faults.ts';
import type { Link } from './link.ts';
import { pauseOf, type Timing } from './ports.ts';
import { healthFaults } from './proof.ts';
import { gate } from './prove-step.ts';
import { readProved } from './replies.ts';
import type { Place } from './task.ts';

/** Clauses; none where all is well. Rejects with ReachError. */
export async function gateFaults(
  link: Link,
  { endpoint, admin }: Place,
  { peers, timing }: { readonly peers: readonly string[]; readonly timing: Timing },
): Promise<readonly string[]> {
  const { settleSeconds } = timing;
  const data = {
    endpoint,
    admin,
    names: '',
    peers: peers.join('\n'),
    settle: String(settleSeconds),
    pause: pauseOf(timing),
  };
  const answer = await link.insist(gate, data, readProved, settleSeconds + 12 * (peers.length + 3));
  return answer.ok ? healthFaults(answer.value) : [clauseOf(answer.fault)];
}
