/** Making a pod and taking it away, against a control plane that is played: what is said, and what counts as made. */
import { describe, expect, test } from 'vitest';
import type { ClusterNode } from '../../src/model/node.ts';
import type { ProbePod } from '../../src/model/probe-pod.ts';
import { probePod, probePodName } from '../../src/probe-pods/manifest.ts';
import { removeProbePod } from '../../src/probe-pods/remove.ts';
import { type StartAsk, startProbePod } from '../../src/probe-pods/start.ts';
import type { PodMaker } from '../../src/reach/pod-maker.ts';
import type { Frame } from '../../src/reach/reader.ts';
import { ReachError } from '../../src/reach/transport.ts';

const id = '0123456789abcdef';
const name = probePodName(id);
const node = { name: 'cp1' } as ClusterNode;
const ask: StartAsk = {
  id,
  image: 'registry.k8s.io/pause:3.10',
  nodeName: 'cp1',
  node: 'cp1',
  deadlineSeconds: 60,
  startMs: 100,
  doubtMs: 300,
};

type Said = Readonly<Record<string, string>> | Error;

/** Of each act the answers in turn, the last of them again and again. */
function played(acts: Readonly<Record<string, readonly Said[]>>): PodMaker & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    node,
    asked,
    act: ({ name: act }, data) => {
      const turn = asked.filter((one) => one === act).length;
      asked.push(act);
      expect(data['name']).toBe(name);
      const all = acts[act] ?? [];
      const said = all[Math.min(turn, all.length - 1)];
      if (said === undefined || said instanceof Error) return Promise.reject(said ?? new Error(`no ${act}`));
      const frames = Object.entries(said).map(([frame, text]): Frame => ({
        name: frame,
        bytes: Buffer.from(text),
      }));
      return Promise.resolve({ frames, talk: '' });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const made = { api: '{"kind":"Pod"}\n#made\t0\tWarning: something\n' };
const lost = new ReachError({ code: 'link-lost', message: 'the link is gone', hint: '', retryable: true });

function status(value: object): Said {
  return { api: `${JSON.stringify({ status: value })}\n#pod\t0\t\n` };
}

const pending = status({ phase: 'Pending' });
const running = status({ phase: 'Running', containerStatuses: [{ state: { running: {} } }] });

function warning(at: string, message: string): object {
  return { type: 'Warning', reason: 'FailedCreatePodSandBox', message, lastTimestamp: at };
}

describe('making one', () => {
  test('waits until it runs', async () => {
    const maker = played({ 'make-pod': [made], 'watch-pod': [pending, pending, running] });
    const pod = await startProbePod(maker, { ...ask, startMs: 30_000 });
    expect(pod).toMatchObject({ node: 'cp1', namespace: 'kube-system', pod: name, end: 'running' });
    expect(pod.why).toBeUndefined();
    expect(maker.asked).toEqual(['make-pod', 'watch-pod', 'watch-pod', 'watch-pod']);
  });

  test.each([
    [
      'Warning: x Error from server (Forbidden): pods "x" is forbidden: violates PodSecurity',
      /^the API server refuses the pod: pods "x" is forbidden: violates PodSecurity$/,
    ],
    [
      'Error from server (BadRequest): admission webhook "policy.example" denied the request: \u001b[2J no',
      /^the API server refuses the pod: admission webhook "policy\.example" denied the request: [^\u001b]* no$/,
    ],
    ['The connection to the server 10.0.0.1:6443 was refused - did you', /^the API server refuses/],
  ])('was never made where %j', async (said, words) => {
    const maker = played({ 'make-pod': [{ api: `\n#made\t1\t${said}\n` }] });
    const pod = await startProbePod(maker, ask);
    expect(pod.end).toBe('never-made');
    expect(pod.why).toMatch(words);
  });

  test('a node that cannot ask is not the one through which it was made: another may be asked', async () => {
    const maker = played({ 'make-pod': [{ unread: 'kubelet\tx\napi\tno admin.conf is there\n' }] });
    const pod = await startProbePod(maker, ask);
    expect(pod).toMatchObject({ why: 'no admin.conf is there', end: 'never-made' });
    expect(pod).not.toHaveProperty('through');
  });

  test.each([
    ['the link is lost', lost, /the link is gone/],
    ['kubectl did not end', { api: '\n#made\t137\tkubectl did not end in time\n' }, /did not end in time/],
    ['the server is not sure', { api: '\n#made\t1\tError from server (Timeout): x\n' }, /Timeout/],
  ])('where %s it counts as made, once no late one can come', { timeout: 30_000 }, async (_, said, words) => {
    const begun = performance.now();
    const pod = await startProbePod(played({ 'make-pod': [said] }), ask);
    expect(pod).toMatchObject({ through: 'cp1', end: 'running' });
    expect(pod.why).toMatch(words);
    expect(performance.now() - begun).toBeGreaterThan(290);
  });

  test('that nobody starts it is said with the last warning', async () => {
    const items = [warning('2026-01-01T00:00:09Z', 'no CNI'), warning('2026-01-01T00:00:01Z', 'older')];
    const seen = {
      api: `${JSON.stringify({ status: { phase: 'Pending' } })}\n#pod\t0\t\n`,
      events: `${JSON.stringify({ items })}\n#events\t0\t\n`,
    };
    const pod = await startProbePod(played({ 'make-pod': [made], 'watch-pod': [seen] }), {
      ...ask,
      startMs: 1000,
    });
    expect(pod).toMatchObject({
      why: 'kubelet did not start the pod in 1 s: FailedCreatePodSandBox: no CNI',
      end: 'running',
    });
  });

  test('one that somebody deleted is not waited for', async () => {
    const gone = { api: `\n#pod\t1\tError from server (NotFound): pods "${name}" not found\n` };
    const pod = await startProbePod(played({ 'make-pod': [made], 'watch-pod': [gone] }), ask);
    expect(pod.why).toBe('somebody deleted the pod before it ran');
  });

  test('stops waiting when it is told to, and not before it is known whether there is one', async () => {
    const stopper = new AbortController();
    const maker = played({ 'make-pod': [made], 'watch-pod': [pending] });
    const stopped = startProbePod(maker, { ...ask, startMs: 60_000, signal: stopper.signal });
    stopper.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    expect(maker.asked).toContain('make-pod');
  });
});

describe('taking it away', () => {
  const pod: ProbePod = { node: 'cp1', namespace: 'kube-system', pod: name, image: 'x', end: 'running' };

  test.each<[string, Said, string]>([
    ['gone', { api: `\n#pod\t1\tError from server (NotFound): pods "${name}" not found\n` }, 'gone'],
    ['there', { api: '\n#pod\t0\t\n' }, 'there'],
    [
      'unknown where another is not there',
      { api: '\n#pod\t1\tError from server (NotFound): pods "x" not found\n' },
      'unknown',
    ],
    [
      'unknown where nothing answers',
      { api: '\n#pod\t1\tUnable to connect to the server: EOF\n' },
      'unknown',
    ],
    ['unknown where the node cannot ask', { unread: 'api\tno admin.conf is there\n' }, 'unknown'],
    ['unknown where the link is lost', lost, 'unknown'],
  ])('%s', async (_, said, end) => {
    expect(await removeProbePod(played({ 'remove-pod': [said] }), pod)).toBe(end);
  });

  test('only ours: a name of anything else is a fault', async () => {
    await expect(removeProbePod(played({}), { ...pod, pod: 'coredns' })).rejects.toThrow('only pods of ours');
    expect(() => probePodName('0123; rm -rf /')).toThrow('hexadecimal');
  });
});

test('the pod asks for no right that the restricted standard does not grant', () => {
  const { spec } = probePod(ask) as { spec: Record<string, unknown> };
  expect(Object.keys(spec)).not.toEqual(
    expect.arrayContaining(['hostNetwork', 'hostPID', 'hostIPC', 'volumes', 'serviceAccountName']),
  );
  expect(spec).toMatchObject({ activeDeadlineSeconds: 60, automountServiceAccountToken: true });
});
