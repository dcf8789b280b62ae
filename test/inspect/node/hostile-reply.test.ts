/** Replies of a node that means harm: they may be lies, but they must not keep this machine from the other nodes. */
import { expect, test } from 'vitest';
import { readReply } from '../../../src/inspect/node/read-node.ts';
import { parseTexts } from '../../../src/inspect/node/texts.ts';
import { processorTime } from '../../support/patience.ts';

function repeated(count: number, one: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => one(index)).join('');
}

function factsOf(frames: Readonly<Record<string, string>>) {
  const answer = {
    frames: Object.entries(frames).map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) })),
    talk: '',
  };
  return readReply('cp1', answer, { asked: 0, answered: 0 }).facts;
}

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const pod = `>manifest\t${manifest}\n|kind\tPod\n|metadata.name\tkube-apiserver\n`;
const system = `manifest\t${manifest}\n`;

test.each<[string, (index: number) => string]>([
  ['static pods of one name', (index) => `>manifest\t/m/${index}.yaml\n|kind\tPod\n|metadata.name\tx\n`],
  ['load balancers', (index) => `>haproxy\t/h/${index}\n|frontend f\n|bind :6443\n|default_backend b\n`],
])('more %s than the script ever sends are passed over', async (_, one) => {
  let seen = factsOf({});
  const spent = await processorTime(() => {
    seen = factsOf({ system, texts: pod + repeated(20_000, one) });
  });
  expect(spent).toBeLessThan(2000);
  expect(seen.apiserver?.manifest).toBe(manifest);
  expect(seen.unread.map(({ what }) => what)).toContain('files');
});

test('of a file, no more is read than the script would send', () => {
  const text = `>haproxy\t/h\n${repeated(100_000, (index) => `|server s${index} 10.0.0.1:6443\n`)}>nginx\t/n\n|}\n`;
  const [haproxy, nginx] = parseTexts(text, '');
  expect(haproxy?.lines.join('\n').length).toBeLessThanOrEqual(256 * 1024);
  expect(haproxy?.remarks).toEqual(['too-large']);
  expect(nginx).toEqual({ kind: 'nginx', path: '/n', lines: ['}'], remarks: [] });
});

test('words without end of the API server cost no time', async () => {
  const process = `kube-apiserver\n--v=4\n${repeated(200_000, () => '--secure-port=6443\n')}`;
  let seen = factsOf({});
  const spent = await processorTime(() => {
    seen = factsOf({ system, texts: pod, process });
  });
  expect(spent).toBeLessThan(2000);
  expect(seen.apiserver?.flags['v']).toEqual(['4']);
});
