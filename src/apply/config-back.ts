/** The last part of a rollback: kubeadm-config as it was before that run, and only where it is what that run wrote. */
import type { DurableOutcome } from '../model/rollout.ts';
import { configurationPatch, patchCommand } from '../plan/durable.ts';
import { ReachError } from '../reach/transport.ts';
import { finish } from './end-steps.ts';
import { clauseOf } from './faults.ts';
import { keptRuns } from './node-run.ts';
import { readFinished } from './replies.ts';
import type { TakeBackAsk } from './take-back.ts';

export async function configBack(
  { of, config, nodes, locked, ports }: TakeBackAsk,
  isWhole: boolean,
): Promise<readonly DurableOutcome[]> {
  if (config === undefined) return [];
  const about = { kind: 'kubeadm-config', where: 'ConfigMap kube-system/kubeadm-config' } as const;
  const { state, old, resourceVersion, node } = config;
  if (state === 'nothing') return [{ ...about, state: 'nothing' }];
  if (state === 'foreign')
    return [
      { ...about, state: 'left-to-you', why: 'it is not what that run wrote: somebody has changed it since' },
    ];
  if (state === 'unread')
    return [
      {
        ...about,
        state: 'failed',
        why: 'it could not be read, so it is not known whether that run’s names are in it',
      },
    ];
  const command = patchCommand(resourceVersion, old);
  if (!isWhole) return [{ ...about, state: 'left-to-you', why: 'not all nodes are taken back', command }];
  const place = nodes.find((one) => one.place.node === node)?.place;
  const link = locked.links.get(node);
  if (place === undefined || link === undefined)
    return [{ ...about, state: 'failed', why: `${node} cannot be asked`, command }];
  const data = {
    endpoint: place.endpoint,
    admin: place.admin,
    summary: 'kubeadm-config is taken back',
    keep: keptRuns,
    release: '',
    of,
    isBack: '1',
    patch: configurationPatch(resourceVersion, old),
  };
  try {
    const answer = await link.insist(finish, data, readFinished, 3 * 30);
    const isWritten = answer.ok && answer.value.config === old;
    ports.tell({ event: isWritten ? 'durable' : 'failed', detail: 'kubeadm-config' });
    if (isWritten) return [{ ...about, state: 'written' }];
    const why = answer.ok
      ? (answer.value.configFault ?? 'it could not be read back')
      : clauseOf(answer.fault);
    return [{ ...about, state: 'failed', why, command }];
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    return [{ ...about, state: 'failed', why: error.trouble.message, command }];
  }
}
