/** kubespray's file on the control planes, in step with the certificates: after the last node, node by node, and a failure is no secret. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readLooked } from '../../src/apply/node-file-replies.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import { lost } from '../support/fake-cluster.ts';
import { orderOf, roll, setting, statesOf, type Setting } from '../support/rollouts.ts';

const file = '/etc/kubernetes/kubeadm-config.yaml';

/** kubespray has left its file on all but the last. */
function withFiles(): Setting & { readonly having: readonly [string, string]; readonly bare: string } {
  const on = setting();
  const [first, second, third] = orderOf(on);
  const nodes: ClusterFacts['nodes'] = on.facts.nodes.map((read) =>
    read.result.state !== 'read' || read.node.name === third
      ? read
      : {
          ...read,
          result: {
            ...read.result,
            facts: {
              ...read.result.facts,
              distributions: [{ distribution: 'kubespray' as const, evidence: file }],
            },
          },
        },
  );
  return { ...on, facts: { ...on.facts, nodes }, having: [first, second], bare: third };
}

function filesIn({ durable }: Awaited<ReturnType<typeof roll>>): readonly unknown[] {
  return durable.filter(({ kind }) => kind === 'node-file');
}

test('where it lies it is edited after the last node, under a lock that was kept for it', async () => {
  const on = withFiles();
  const [first, second] = on.having;
  const end = await roll(on);
  expect(end.exits).toEqual([]);
  expect(filesIn(end)).toMatchObject([
    { where: expect.stringContaining(`:${file}`) as string, state: 'written' },
    { state: 'written' },
  ]);
  const { asked } = on.cluster;
  const steps = on.cluster.steps();
  expect(steps.slice(-4).map((step) => step.split(' ')[1])).toEqual([
    'look-at-file',
    'write-file',
    'look-at-file',
    'write-file',
  ]);
  expect(steps.indexOf(`${on.bare} finish`)).toBeLessThan(
    steps.findIndex((step) => step.endsWith('look-at-file')),
  );
  const released = new Map(
    asked.filter(({ step }) => step === 'finish').map(({ node, data }) => [node, data['release']]),
  );
  expect([released.get(first), released.get(second), released.get(on.bare)]).toEqual(['', '', '1']);
  const write = asked.find(({ step }) => step === 'write-file');
  expect(write?.data).toMatchObject({
    sum: '5'.repeat(64),
    drop: '0',
    gone: createHash('sha256').update('').digest('hex'),
    insert: '  - "new.example.com"\n',
    release: '1',
  });
});

test.each([
  [
    'somebody has changed it',
    'write-file',
    { fault: 'other-file' },
    'somebody has changed the file meanwhile; names to be in its certSANs: new.example.com',
    'vi',
  ],
  ['it became a link', 'write-file', { fault: 'moved' }, 'names to be in its certSANs', 'vi'],
  ['the place is another', 'write-file', { fault: 'other-bytes' }, 'names to be in its certSANs', 'vi'],
  [
    'there is no room',
    'write-file',
    { fault: 'no-space' },
    'there is no room',
    `echo "${'5'.repeat(64)}  ${file}" | sha256sum -c && `,
  ],
  ['it cannot be read', 'look-at-file', { fault: 'moved' }, 'new.example.com', 'vi'],
  [
    'it is no YAML that may be edited',
    'look-at-file',
    { file: 'kind: [\n', sum: `${'5'.repeat(64)} -` },
    'cannot be edited safely',
    'vi',
  ],
  ['the line is lost', 'look-at-file', lost(), 'the connection broke', 'vi'],
] as const)(
  '%s: the certificates stay, exit 3, and there is a command to finish',
  async (_, step, answer, why, command) => {
    const on = withFiles();
    const [first] = on.having;
    on.cluster.answer(first, step, answer);
    const end = await roll(on);
    expect(statesOf(end)).toEqual(['done', 'done', 'done']);
    expect(end.exits).toEqual(['partial']);
    const failed = end.durable.find(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ kind: 'node-file', where: `${first}:${file}` });
    expect(failed?.why).toContain(why);
    expect(failed?.command).toContain(command);
    expect(failed?.command).toContain(file);
  },
);

function lookedAt(bytes: Uint8Array): unknown {
  const sum = Buffer.from('5'.repeat(64));
  return readLooked({
    frames: [
      { name: 'file', bytes },
      { name: 'sum', bytes: sum },
    ],
    talk: '',
  });
}

test('bytes that are no text are not decoded to others, which would shift every place behind them', () => {
  expect(lookedAt(Buffer.from('# gr\u00fcn\n', 'latin1'))).toEqual({
    ok: false,
    fault: { word: 'not-utf8' },
  });
  const text = '\ufeffkind: grün\n';
  expect(lookedAt(Buffer.from(text))).toEqual({ ok: true, value: { text, sum: '5'.repeat(64) } });
});

test('a rollout that stops on its way writes none of them', async () => {
  const on = withFiles();
  const [, second] = on.having;
  on.cluster.answer(second, 'stage', { fault: 'kubeadm-failed' });
  const end = await roll(on);
  expect(filesIn(end)).toMatchObject([{ state: 'left-to-you' }, { state: 'left-to-you' }]);
  expect(on.cluster.steps().some((step) => step.endsWith('-file'))).toBe(false);
  const only = withFiles();
  expect(filesIn(await roll(only, only.bare))).toMatchObject([
    { state: 'left-to-you' },
    { state: 'left-to-you' },
  ]);
});
