/** Takes a pod of ours away again, and believes that it is gone only when the API server says so. */
import { probePrefix, type ProbePod } from '../model/probe-pod.ts';
import type { PodMaker } from '../reach/pod-maker.ts';
import { ReachError } from '../reach/transport.ts';
import { readAct, saidOf } from './read-act.ts';
import { removePod } from './script.ts';

/** `unknown`: nobody said, so that another control plane may be asked. */
export async function removeProbePod(
  maker: PodMaker,
  { pod }: ProbePod,
): Promise<'gone' | 'there' | 'unknown'> {
  if (!pod.startsWith(probePrefix)) throw new Error('only pods of ours are deleted');
  try {
    const { answer } = readAct(await maker.act(removePod, { name: pod }));
    if (answer?.ok === true) return 'there';
    return answer !== undefined && saidOf(answer.why).includes(`pods "${pod}" not found`)
      ? 'gone'
      : 'unknown';
  } catch (error) {
    if (error instanceof ReachError) return 'unknown';
    throw error;
  }
}
