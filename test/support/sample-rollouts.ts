/** Rollouts of all kinds, and a list of runs, with a text of the caller's in the places where text from outside comes in. */
import type { NodeOutcome, Rollout } from '../../src/model/rollout.ts';
import type { RunsListing } from '../../src/model/runs.ts';

const bare = { commands: [], wasRestarted: false, healed: [] } as const;

export function sampleRollouts(
  text = 'safe',
): Readonly<Record<'done' | 'nothing' | 'undone' | 'stuck' | 'unknown' | 'partial' | 'back', Rollout>> {
  const served = (name: string): NonNullable<NodeOutcome['after']> => ({
    fingerprint: text,
    serial: text,
    names: [
      { type: 'dns', value: 'kubernetes' },
      { type: 'dns', value: name },
    ],
    notAfter: text,
  });
  const done: NodeOutcome = {
    ...bare,
    node: text,
    state: 'done',
    before: served('old.example'),
    after: served(text),
    servedAfterMs: 3,
    healed: [text],
    backup: text,
  };
  const whole: Rollout = {
    run: '20261121T120000Z-1a2b3c4d',
    kind: 'apply',
    cluster: text,
    by: text,
    startedAt: '2026-11-21T12:00:00.000Z',
    endedAt: '2026-11-21T12:00:09.000Z',
    exitCode: 0,
    nodes: [done],
    durable: [
      { kind: 'kubeadm-config', where: 'ConfigMap kube-system/kubeadm-config', state: 'written' },
      { kind: 'inventory', where: `/inv/${text}`, state: 'left-to-you', why: text, command: text },
    ],
    probe: {
      endpoints: [
        { endpoint: text, from: 'here', handshakes: 50, failed: 1, longestGapMs: 204, firstFailure: text },
      ],
    },
    events: [{ at: '2026-11-21T12:00:01.000Z', node: text, event: 'failed', detail: text }],
    left: [text],
    next: [{ where: 'here', why: text, command: `fix-sans verify --san ${text}`, takesOptions: true }],
  };
  const untouched: NodeOutcome = { ...bare, node: 'cp2', state: 'untouched', why: text };
  const ended = (exitCode: Rollout['exitCode'], first: NodeOutcome): Rollout => ({
    ...whole,
    exitCode,
    nodes: [first, untouched],
  });
  return {
    done: whole,
    nothing: { ...whole, nodes: [{ ...bare, node: text, state: 'nothing' }], durable: [], left: [] },
    undone: ended(5, { ...bare, node: text, state: 'undone', why: text, backup: text }),
    stuck: ended(9, { ...bare, node: text, state: 'stuck', why: text, commands: [`cp ${text}`] }),
    unknown: ended(5, { ...bare, node: text, state: 'unknown', why: text }),
    partial: {
      ...ended(3, done),
      durable: [{ kind: 'kubeadm-config', where: text, state: 'failed', why: text, command: text }],
    },
    back: { ...whole, kind: 'rollback' },
  };
}

export function sampleRuns(text = 'safe'): RunsListing {
  const run = { run: '20261121T120000Z-1a2b3c4d', steps: [{ step: text, at: text }], hasConfig: true };
  return {
    cluster: text,
    madeAt: '2026-11-21T12:00:00Z',
    exitCode: 2,
    nodes: [
      {
        node: text,
        lock: { run: text, by: text, isLive: true, secondsLeft: 12 },
        runs: [
          { ...run, state: text, isEnded: false },
          { ...run, state: 'done', isEnded: true },
        ],
      },
    ],
    unread: [{ node: text, why: text }],
  };
}
