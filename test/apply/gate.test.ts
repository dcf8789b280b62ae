/** Between two nodes of a rollback: what the node is asked, for how long, and that its answer decides. */
import { expect, test } from 'vitest';
import { gateFaults } from '../../src/apply/gate.ts';
import type { Link } from '../../src/apply/link.ts';
import { gate } from '../../src/apply/prove-step.ts';
import type { Place } from '../../src/apply/task.ts';
import { type Frames, lost, proofOf, replyWith, runName } from '../support/fake-cluster.ts';

const place: Place = {
  node: 'cp1',
  endpoint: '10.0.0.1:6443',
  peers: [],
  admin: '/etc/kubernetes/admin.conf',
  socket: '',
  certificatePath: '/etc/kubernetes/pki/apiserver.crt',
  keyPath: '/etc/kubernetes/pki/apiserver.key',
};
const timing = { ...runName.timing, settleSeconds: 60, lookMs: 250 };
const peers = ['10.0.0.2:6443', '10.0.0.3:6443'];

interface Asked {
  readonly step: unknown;
  readonly data: unknown;
  readonly within: number | undefined;
}

async function ask(answer: Frames | Error): Promise<{ asked: readonly Asked[]; faults: readonly string[] }> {
  const asked: Asked[] = [];
  const insist: Link['insist'] = (step, data, read, within) => {
    asked.push({ step, data, within });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(read(replyWith(answer)));
  };
  const faults = await gateFaults({ insist } as Link, place, { peers, timing });
  return { asked, faults };
}

test('the node is asked of itself and of all others, and has a time for each', async () => {
  const { asked, faults } = await ask(proofOf(undefined, ''));
  expect(faults).toEqual([]);
  expect(asked).toEqual([
    {
      step: gate,
      data: {
        endpoint: '10.0.0.1:6443',
        admin: '/etc/kubernetes/admin.conf',
        names: '',
        peers: '10.0.0.2:6443\n10.0.0.3:6443',
        settle: '60',
        pause: '0.25',
      },
      within: 120,
    },
  ]);
});

test('an API server that is not ready, or a fault of the step, is told', async () => {
  const unready = { ...proofOf(undefined, ''), good: '0', samples: '10.0.0.2:6443 [-]etcd failed\n' };
  expect((await ask(unready)).faults).toEqual([
    'the API servers were not ready three times in a row: 10.0.0.2:6443 [-]etcd failed',
  ]);
  expect((await ask({ fault: 'held' })).faults).toEqual(['another run holds the lock']);
  expect((await ask({})).faults).toHaveLength(1);
  await expect(ask(lost())).rejects.toThrow('the connection broke');
});
