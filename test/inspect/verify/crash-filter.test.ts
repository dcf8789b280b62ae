/** Pods that crash, told by awk on a node and by this program from here: the same, and nothing else of any pod. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crashLoopsIn } from '../../../src/inspect/verify/cluster-facts.ts';
import { crashFilter } from '../../../src/inspect/verify/cluster-script.ts';

function filtered(text: string, awk = 'awk'): readonly string[] {
  const { stdout, status } = spawnSync(awk, [crashFilter], { input: `${text}\n#pods\t0\t\n` });
  expect(status).toBe(0);
  const lines = stdout.toString().split('\n');
  expect(lines.slice(-2)).toEqual(['#pods\t0\t', '']);
  return lines.slice(0, -2).filter((line) => line !== '');
}

function rowsOf(list: unknown): readonly string[] {
  return crashLoopsIn(list).map(({ namespace, pod, node, container, restarts, backOff }) =>
    [namespace, pod, node, container, restarts, backOff ?? ''].join('\t'),
  );
}

const secret = fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((text) => `s3cret${text}`);
const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const status = fc.record({
  name: word,
  restartCount: fc.nat(1000),
  state: fc.oneof(
    fc.constant({ running: { startedAt: '2026-01-01T00:00:00Z' } }),
    fc.record({
      waiting: fc.record({
        reason: fc.constantFrom('CrashLoopBackOff', 'ImagePullBackOff'),
        message: fc.oneof(
          secret,
          fc.constantFrom('back-off 5m0s restarting failed container=x pod=y', 'back-off 40s restarting'),
        ),
      }),
    }),
  ),
  lastState: fc.constant({ terminated: { exitCode: 1, reason: 'Error', message: 's3cret of its log' } }),
});
const pod = fc.record({
  metadata: fc.record({ name: word, namespace: word, labels: fc.dictionary(word, secret) }),
  spec: fc.record({
    containers: fc.array(
      fc.record({
        name: word,
        command: fc.array(secret),
        env: fc.array(fc.record({ name: word, value: secret })),
      }),
      { maxLength: 2 },
    ),
    nodeName: word,
  }),
  status: fc.record({
    conditions: fc.constant([{ type: 'Ready', status: 'False', reason: 's3cret', message: 's3cret' }]),
    initContainerStatuses: fc.array(status, { maxLength: 2 }),
    containerStatuses: fc.array(status, { maxLength: 2 }),
  }),
});

test('both tell the same of any list, and no value of a pod goes along', () => {
  fc.assert(
    fc.property(fc.array(pod, { maxLength: 4 }), (items) => {
      const list = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items };
      const rows = filtered(JSON.stringify(list));
      expect(rows).toEqual(rowsOf(list));
      expect(rows.join('\n')).not.toContain('s3cret');
    }),
    { numRuns: 40 },
  );
});

function page(token: string): string {
  return JSON.stringify({
    metadata: { resourceVersion: '1', continue: token, remainingItemCount: 7 },
    items: [],
  });
}

test('that there is more is told by a token that can stand in a path, and by nothing else', () => {
  expect(filtered(page('eyJ2IjoibWV0YS_-'))).toEqual(['+more\teyJ2IjoibWV0YS_-']);
  for (const token of ['', 'a b', "'; id", 'a&watch=1', 'x'.repeat(5000)])
    expect(filtered(page(token))).toEqual([]);
  // Of a pod's own metadata it says nothing.
  const own = { metadata: { name: 'a', continue: 'x', metadata: { continue: 'y' } } };
  expect(filtered(JSON.stringify({ metadata: {}, items: [own] }))).toEqual([]);
});

test('what kubectl says when it failed is let through as it is', () => {
  const { stdout } = spawnSync('awk', [crashFilter], {
    input: '\n#pods\t1\tError from server (Forbidden): pods is forbidden: User "x" cannot list\n',
  });
  expect(stdout.toString()).toBe(
    '\n#pods\t1\tError from server (Forbidden): pods is forbidden: User "x" cannot list\n',
  );
});
