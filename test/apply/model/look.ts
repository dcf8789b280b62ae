/** All that lies on a node and is of any meaning to a run, at one moment. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readJournal } from '../../../src/inspect/runs/read-runs.ts';
import type { SimulatedNode } from '../../simulator/simulate.ts';
import { stateFolder, switchesOf } from './ground.ts';

export interface SeenRun {
  /** The last word of its journal. */
  readonly state: string;
  readonly isEnded: boolean;
  readonly isDone: boolean;
  /** Digests of both files before and after; empty where it never came so far. */
  readonly old: string;
  readonly made: string;
  readonly oldConfig: string;
  readonly newConfig: string;
}

export interface Leaf {
  readonly leaf: string;
  readonly names: readonly string[];
}

export interface SeenNode {
  readonly pair: string;
  readonly isWhole: boolean;
  readonly leaf: string;
  readonly names: readonly string[];
  readonly served: string;
  readonly servedNames: readonly string[];
  /** Of whose run it is, while it is anybody's. */
  readonly lock: string | undefined;
  readonly runs: Readonly<Record<string, SeenRun>>;
  /** Of the pairs that runs have made, by their digests. */
  readonly leaves: Readonly<Record<string, Leaf>>;
  /** What is in no folder of the beginning, and no run's. */
  readonly left: readonly string[];
  /** Runs over which a switch watches. */
  readonly switches: readonly string[];
  readonly readableKeys: readonly string[];
}

export function look(node: SimulatedNode): SeenNode {
  const pki = path.join(node.root, 'etc/kubernetes/pki');
  const [crt, key] = ['crt', 'key'].map((kind) => readFileSync(path.join(pki, `apiserver.${kind}`)));
  if (crt === undefined || key === undefined) throw new Error('no pair');
  const [leaf, served] = [new X509Certificate(crt), new X509Certificate(node.api.served())];
  const runs = runsOf(node);
  return {
    pair: `${sumOf(crt)} ${sumOf(key)}`,
    isWhole: leaf.checkPrivateKey(createPrivateKey(key)),
    leaf: leaf.fingerprint256,
    names: namesOf(leaf),
    served: served.fingerprint256,
    servedNames: namesOf(served),
    lock: lockOf(node),
    runs,
    leaves: leavesOf(node, runs),
    left: leftOn(node),
    switches: switchesOf(node)
      .map(({ run }) => run)
      .toSorted(),
    readableKeys: readableKeys(node),
  };
}

function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
    .toSorted();
}

function sumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** As the node itself sees it, but that its boot is this machine's. */
function lockOf(node: SimulatedNode): string | undefined {
  const text = textAt(stateFolder(node), 'lock');
  const [run = '', boot = '', end = ''] = text.split('\n');
  const up = Number(readFileSync('/proc/uptime', 'utf8').split('.')[0]);
  return text !== '' && boot !== otherBoot && up < Number(end) ? run : undefined;
}

export const otherBoot = 'another-boot';

function runsOf(node: SimulatedNode): SeenNode['runs'] {
  const state = stateFolder(node);
  const names = existsSync(state) ? readdirSync(state).filter((name) => /^\d{8}T/.test(name)) : [];
  return Object.fromEntries(
    names.toSorted().map((run) => {
      const folder = path.join(state, run);
      const isEnded = !existsSync(path.join(folder, 'journal'));
      const text = textAt(folder, isEnded ? 'ended' : 'journal');
      const { state: word, steps } = text === '' ? { state: 'none', steps: [] } : readJournal(text);
      const [oldCrt, oldKey, newCrt, newKey] = textAt(folder, 'sums').trim().split(' ');
      const hasSums = newKey !== undefined;
      return [
        run,
        {
          state: word,
          isEnded,
          isDone: steps.some(({ step }) => step === 'done'),
          old: hasSums ? `${oldCrt} ${oldKey}` : '',
          made: hasSums ? `${newCrt} ${newKey}` : '',
          oldConfig: textAt(folder, 'kubeadm-config.old'),
          newConfig: textAt(folder, 'kubeadm-config.new'),
        },
      ];
    }),
  );
}

function leavesOf(node: SimulatedNode, runs: SeenNode['runs']): SeenNode['leaves'] {
  return Object.fromEntries(
    Object.entries(runs).flatMap(([run, { made }]) => {
      const text = textAt(stateFolder(node), run, 'new.crt');
      if (made === '' || text === '') return [];
      const leaf = new X509Certificate(text);
      return [[made, { leaf: leaf.fingerprint256, names: namesOf(leaf) }]];
    }),
  );
}

function textAt(...parts: readonly string[]): string {
  const file = path.join(...parts);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Hidden ones of ours beside the pair, and what nobody has a name for. */
function leftOn(node: SimulatedNode): readonly string[] {
  const pki = readdirSync(path.join(node.root, 'etc/kubernetes'), { recursive: true, encoding: 'utf8' });
  const state = existsSync(stateFolder(node)) ? readdirSync(stateFolder(node)) : [];
  return [
    ...pki.filter((name) => /^(?:pki\/)?\.[^/]*$|\.back$/.test(name)),
    ...state.filter((name) => !/^(?:mutex|lock|\d{8}T.*)$/.test(name)),
  ];
}

function readableKeys({ root }: SimulatedNode): readonly string[] {
  return ['etc/kubernetes', 'var/lib/fix-sans', 'run', 'tmp', 'root'].flatMap((folder) => {
    if (!existsSync(path.join(root, folder))) return [];
    return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).flatMap((file) => {
      const at = path.join(root, folder, file);
      const found = lstatSync(at, { throwIfNoEntry: false });
      if (found?.isFile() !== true || (found.mode & 0o077) === 0 || file.endsWith('.conf')) return [];
      return readFileSync(at, 'latin1').includes('PRIVATE KEY') ? [`${folder}/${file}`] : [];
    });
  });
}
