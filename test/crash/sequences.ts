/** The ways of a run through a node's scripts, each step as it is asked for by the controller. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Answers } from '../support/steps.ts';
import { type Asking, type Ground, wished } from './ground.ts';

export const runs = {
  first: '20261121T120000Z-aaaaaaaa',
  second: '20261121T130000Z-bbbbbbbb',
  healing: '20261121T140000Z-cccccccc',
  afterwards: '20261121T150000Z-dddddddd',
} as const;

interface Step {
  readonly run: string;
  readonly name: string;
  readonly data?: (ground: Ground, earlier: Answers) => Readonly<Record<string, string>>;
}

export interface Sequence {
  readonly name: string;
  /** What has been done before, undisturbed. */
  readonly before: readonly Step[];
  readonly steps: readonly Step[];
  /** Whose end says which of both pairs has to be in use. */
  readonly decides: string;
}

const take = (run: string): Step => ({ run, name: 'take-lock' });
const release = (run: string): Step => ({ run, name: 'release', data: () => ({ seconds: '' }) });
const stage: Step = { run: runs.first, name: 'stage' };
const swap: Step = { run: runs.first, name: 'swap', data: (_, { sums = '' }) => ({ sums }) };
const shortFinish: Step = { run: runs.first, name: 'finish', data: () => ({ patch: '' }) };

export const nodeFile = 'etc/kubernetes/kubeadm-config.yaml';
const fileText = 'kind: ClusterConfiguration\napiServer:\n  certSANs:\n  - "kubernetes"\n';
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const writeFile: Step = {
  run: runs.first,
  name: 'write-file',
  data: (ground) => {
    writeFileSync(ground.at(nodeFile), fileText, { mode: 0o640 });
    return {
      sum: sumOf(fileText),
      at: String(fileText.length),
      drop: '0',
      gone: sumOf(''),
      insert: `  - "${wished}"\n`,
      release: '1',
    };
  },
};

export const sequences: readonly Sequence[] = [
  {
    name: 'apply',
    before: [],
    steps: [
      take(runs.first),
      stage,
      swap,
      { run: runs.first, name: 'prove' },
      { run: runs.first, name: 'finish' },
    ],
    decides: runs.first,
  },
  {
    name: 'put back',
    before: [take(runs.first), stage, swap],
    steps: [
      { run: runs.first, name: 'undo', data: () => ({ of: runs.first, isBack: '' }) },
      release(runs.first),
    ],
    decides: runs.first,
  },
  {
    name: 'rollback',
    before: [take(runs.first), stage, swap, shortFinish],
    steps: [
      take(runs.second),
      { run: runs.second, name: 'undo', data: () => ({ of: runs.first, isBack: '1' }) },
      release(runs.second),
    ],
    decides: runs.first,
  },
  { name: 'file', before: [take(runs.first)], steps: [writeFile], decides: runs.first },
  {
    name: 'file back',
    before: [take(runs.first), writeFile],
    steps: [take(runs.second), { run: runs.second, name: 'put-file-back', data: () => ({ of: runs.first }) }],
    decides: runs.first,
  },
];

/** The steps with what happens around each; ends where one is cut off or says that it may not go on. */
export async function walk(
  ground: Ground,
  { before, steps }: Pick<Sequence, 'before' | 'steps'>,
  around: (at: number) => { readonly how: Asking; readonly after?: () => void } = () => ({ how: {} }),
): Promise<{ readonly end: 'whole' | 'killed' | 'fault'; readonly at: number; readonly fault: string }> {
  let earlier: Answers = {};
  for (const { run, name, data } of before) {
    earlier = await ground.ask(run, name, data?.(ground, earlier), around(-1).how);
    if (earlier['fault'] !== undefined) throw new Error(`${name} before the sweep: ${earlier['fault']}`);
  }
  for (const [at, { run, name, data }] of steps.entries()) {
    const { how, after } = around(at);
    const asked = await ground.ask(run, name, data?.(ground, earlier), how).catch(() => undefined);
    after?.();
    if (asked === undefined) return { end: 'killed', at, fault: '' };
    if (asked['fault'] !== undefined) return { end: 'fault', at, fault: asked['fault'] };
    earlier = asked;
  }
  return { end: 'whole', at: steps.length, fault: '' };
}

export function fileIsWhole(ground: Ground): boolean {
  const text = readFileSync(ground.at(nodeFile), 'utf8');
  return text === fileText || text === `${fileText}  - "${wished}"\n`;
}
