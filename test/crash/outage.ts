/** Loses the power of a simulated node at each moment of a run, and lets the next run find what is left. */
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { record } from './cases.ts';
import { type Asking, type Ground } from './ground.ts';
import { healed, knownOf, rescues } from './heal.ts';
import { type After, digestOf, type Disk, diskOf, inode, play, statesAfter } from './power-loss.ts';
import type { Sequence } from './sequences.ts';
import { chance, sample, seed } from './sweep.ts';
import type { Call } from './trace.ts';

interface Outage {
  readonly sequence: Sequence;
  readonly moment: string;
  readonly after: After;
  /** Whether the run's last step had been answered by then, and with what. */
  readonly mustBe: 'done' | 'undone' | undefined;
}

const folders = ['etc/kubernetes/pki', 'signed/a', 'signed/b'];
const known = folders.flatMap((folder) => ['crt', 'key'].map((kind) => `${folder}/apiserver.${kind}`));

/** Every state that the disk may be in after a loss of power, once each. Paths are below the node's root. */
async function outagesOf(ground: Ground, sequence: Sequence, plant: Asking = {}): Promise<readonly Outage[]> {
  const disk = beginning(ground);
  const random = chance(seed);
  const seen = new Set<string>();
  const outages: Outage[] = [];
  const before = await record(
    ground,
    { ...sequence, before: [], steps: sequence.before.length === 0 ? [] : sequence.before },
    plant,
  );
  for (const call of before.flat()) play(disk, below(ground, call));
  // What was done long ago lasts.
  const old = settled(disk);
  const calls = await record(ground, sequence, plant);
  for (const [at, inStep] of calls.entries()) {
    for (const [index, call] of inStep.entries()) {
      if (!play(old, below(ground, call))) continue;
      const isOver = at === calls.length - 1 && index === inStep.length - 1;
      for (const after of statesAfter(old, random, 3)) {
        const digest = digestOf(after);
        if (seen.has(digest) && !isOver) continue;
        seen.add(digest);
        const moment = `${sequence.name}/${sequence.steps[at]?.name}: after ${call.syscall} ${path.relative(ground.at(), call.path)}`;
        const end = sequence.name === 'apply' ? 'done' : 'undone';
        const mustBe = isOver ? end : undefined;
        outages.push({ sequence, moment, after, mustBe });
      }
    }
  }
  return outages;
}

function beginning(ground: Ground): Disk {
  ground.reset();
  return diskOf(
    new Map(known.map((name) => [`/${name}`, inode('file', readFileSync(ground.at(name), 'latin1'))])),
  );
}

function settled({ names, made }: Disk): Disk {
  for (const node of names.values()) node.lasting = node.content;
  return { ...diskOf(names), made };
}

/** As the node sees it, so that it may be played on any of them. */
function below(ground: Ground, call: Call): Call {
  const cut = (name: string): string =>
    name.startsWith(`${ground.node.root}/`) ? name.slice(ground.node.root.length) : name;
  return {
    ...call,
    path: cut(call.path),
    to: cut(call.to),
    text: call.text.replaceAll(ground.node.root, '@ROOT@'),
    size: call.text.length || call.size,
  };
}

/** The disk of a node as it is found. */
function putOn(ground: Ground, after: After): void {
  for (const name of readdirSync(ground.at('etc/kubernetes/pki')))
    if (name.startsWith('.') || name.startsWith('apiserver.'))
      rmSync(ground.at('etc/kubernetes/pki', name), { recursive: true });
  rmSync(ground.state, { recursive: true, force: true });
  const written = new Map<number, string>();
  // A folder comes before what lies in it.
  for (const [name, { inode: node, content }] of [...after].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (name.startsWith('/signed/')) continue;
    const at = ground.at(name);
    const other = written.get(node.id);
    if (node.kind === 'folder') mkdirSync(at, { recursive: true, mode: 0o700 });
    else if (node.kind === 'link') symlinkSync(ground.at(content), at);
    else if (other !== undefined) linkSync(other, at);
    else {
      const text = content.replaceAll('@ROOT@', ground.node.root);
      writeFileSync(at, text, { encoding: 'latin1', mode: name.endsWith('.crt') ? 0o644 : 0o600 });
    }
    written.set(node.id, at);
  }
}

interface Found {
  readonly moment: string;
  readonly faults: readonly string[];
}

/** A sample of them: each node loses its own power, in a run of its own. */
export async function loseThePower(
  grounds: readonly Ground[],
  sequence: Sequence,
  {
    count,
    plant = {},
    during = '',
  }: { readonly count: number; readonly plant?: Asking; readonly during?: string },
): Promise<{ readonly found: readonly Found[]; readonly of: number }> {
  const all = await Promise.all(
    grounds.map(async (ground, own) => {
      const outages = (await outagesOf(ground, sequence, plant)).filter(({ moment }) =>
        moment.includes(`/${during}`),
      );
      ground.reset();
      const before = knownOf(ground);
      const found: Found[] = [];
      for (const [index, one] of sample(
        outages,
        Math.ceil(count / grounds.length),
        chance(seed + own),
      ).entries()) {
        const { moment, after, mustBe } = one;
        const by = rescues[1 + (index % 2)] ?? 'next run';
        putOn(ground, after);
        const how = { by, decides: sequence.decides, isServing: false, mustBe };
        const faults = await healed(ground, before, how).catch((error: unknown) => [String(error)]);
        found.push({ moment: `${moment}, then ${by}`, faults });
      }
      return { found, of: outages.length };
    }),
  );
  return { found: all.flatMap(({ found }) => found), of: all[0]?.of ?? 0 };
}
