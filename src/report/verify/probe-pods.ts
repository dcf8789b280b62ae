/** The part of verify's page on pods that were made to look from: where, by which image, what became of them, and whose were left before. */
import type { ProbePod } from '../../model/probe-pod.ts';
import type { Verification } from '../../model/verification.ts';
import { type Block, type Item, join, listed, type Phrase, plain, said } from '../page.ts';

/** In place of `nothing was changed`. */
export function madeWords({ probePods }: Verification): Phrase {
  const made = probePods.filter(({ end }) => end !== 'never-made');
  if (made.length === 0) return plain('nothing was changed');
  const left = made.filter(({ end }) => end !== 'gone');
  if (left.length > 0)
    return join(
      plain('made to look from and not seen to be gone: '),
      listed(left.map(({ namespace, pod }) => `${namespace}/${pod}`)),
    );
  return plain(
    made.length === 1
      ? 'a pod was made to look from and is gone again, nothing else was changed'
      : `${made.length} pods were made to look from and are gone again, nothing else was changed`,
  );
}

export function probePodBlocks({ probePods, leftPods }: Verification): readonly Block[] {
  const items = [...probePods.map(madeItem), ...leftPods.slice(0, 20).map(leftItem)];
  return items.length === 0 ? [] : [{ kind: 'items', items }];
}

const labels = { 'never-made': 'not made', running: 'is there', gone: 'gone', left: 'left' } as const;
const tones = { 'never-made': 'careful', running: 'careful', gone: 'good', left: 'bad' } as const;

function madeItem({ node, namespace, pod, image, through, why, end }: ProbePod): Item {
  const name = `${namespace}/${pod}`;
  return {
    label: labels[end],
    tone: end === 'gone' && why !== undefined ? 'careful' : tones[end],
    id: 'probe-pod',
    head: join(
      said`${name} on ${node}, of image ${image}`,
      through === undefined || end === 'never-made' ? [] : said`, made through ${through}`,
      why === undefined ? [] : join(plain(': '), [{ code: why }]),
    ),
    below: [],
    ...(end === 'left' || end === 'running' ? { todo: removal(name) } : {}),
  };
}

/** Another run may be looking from it at this moment. */
function leftItem(name: string): Item {
  return {
    label: 'there before',
    tone: 'careful',
    id: 'probe-pod-before',
    head: said`${name} was made by another run, which has not taken it away, or is still looking`,
    below: [],
    todo: removal(name),
  };
}

function removal(name: string): Phrase {
  const [namespace = '', pod = ''] = name.split('/');
  // Ours are called so; of a plan file or a tampered reply nothing else becomes a command.
  return /^[a-z0-9-]+$/.test(namespace) && /^[a-z0-9-]+$/.test(pod)
    ? said`${`kubectl delete pod --namespace ${namespace} ${pod}`} takes it away`
    : plain('delete it by kubectl');
}
