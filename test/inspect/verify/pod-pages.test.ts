/** Lists of pods that are longer than a page: all of it is looked through, as far as that is bounded, and what is not is known. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { clusterViewFromHere, clusterViewOf } from '../../../src/inspect/verify/cluster-facts.ts';
import { clusterQuery, mostPages } from '../../../src/inspect/verify/cluster-script.ts';
import type { ApiGet } from '../../../src/model/kubeconfig.ts';
import { nodeTree } from '../../support/node-tree.ts';
import { readerOnTree } from '../../support/on-tree.ts';

const tree = nodeTree();
afterAll(() => tree.remove());

/** The page with this number, and the token of the next one where there is any. */
function pageOf(number: number, pages: number): string {
  const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting' };
  return JSON.stringify({
    kind: 'PodList',
    metadata: number < pages ? { continue: `cGFnZQ_${number + 1}` } : {},
    items: [
      {
        metadata: { name: `app-${number}`, namespace: 'more' },
        spec: { nodeName: 'w1' },
        status: { containerStatuses: [{ name: 'c', restartCount: number, state: { waiting } }] },
      },
    ],
  });
}

/** As a cluster with so many pages of pods answers; the second may be gone by then. */
function onNode(pages: number, isSecondGone = false) {
  const answers = Array.from({ length: pages }, (_, index) => index + 1).map((number) => {
    const pattern =
      number === 1 ? '/api/v1/pods?limit=500' : `/api/v1/pods?limit=500&continue=cGFnZQ_${number}`;
    return isSecondGone && number === 2
      ? `'${pattern}') echo 'Error from server (Expired): the continue token is too old' >&2; exit 1 ;;`
      : `'${pattern}') echo '${pageOf(number, pages)}' ;;`;
  });
  const kubectl = path.join(tree.root, 'usr/bin/kubectl');
  writeFileSync(
    kubectl,
    `#!/bin/sh\nfor path; do :; done\ncase $path in\n${answers.join('\n')}\n*) echo '{"items":[]}' ;;\nesac\n`,
  );
  chmodSync(kubectl, 0o755);
  return readerOnTree(tree.root).reader.query(clusterQuery).then(clusterViewOf);
}

function fromHere(pages: number) {
  const get: ApiGet = (asked) => {
    const token = /continue=cGFnZQ_(\d+)$/.exec(asked)?.[1];
    const text = asked.startsWith('/api/v1/pods?') ? pageOf(Number(token ?? 1), pages) : '{"items":[]}';
    return Promise.resolve({ status: 200, bytes: Buffer.from(text) } as Awaited<ReturnType<ApiGet>>);
  };
  return clusterViewFromHere(get);
}

test.each([
  ['by a node', onNode],
  ['from here', fromHere],
])('%s, each page is asked for', async (_, view) => {
  for (const pages of [1, 3]) {
    const { crashLoops, podsCutAt, unread } = await view(pages);
    expect(crashLoops.map(({ pod, restarts }) => [pod, restarts])).toEqual(
      Array.from({ length: pages }, (__, index) => [`app-${index + 1}`, index + 1]),
    );
    expect([podsCutAt, unread]).toEqual([undefined, []]);
  }
});

test.each([
  ['by a node', onNode],
  ['from here', fromHere],
])('%s, it ends somewhere, and says where', async (_, view) => {
  const { crashLoops, podsCutAt } = await view(mostPages + 1);
  expect(crashLoops).toHaveLength(mostPages);
  expect(podsCutAt).toBe(mostPages * 500);
});

test('a page that is gone by then is not read, and what was seen before it stays', async () => {
  const { crashLoops, unread } = await onNode(3, true);
  expect(crashLoops.map(({ pod }) => pod)).toEqual(['app-1']);
  expect(unread).toEqual([
    { what: 'pods', why: expect.stringContaining('continue token is too old') as string },
  ]);
});
