/** What happens on a node after a crash, and what has to be true then: the invariants, each with a sentence for where it is not. */
import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Ground } from './ground.ts';
import { canariesOf, hasCanary, leaksBelow } from './secrets.ts';
import { fileIsWhole, nodeFile, runs } from './sequences.ts';

/** What comes first: the dead-man switch, the unit that a restart of the node starts, or the next run. */
export type Rescue = 'switch' | 'boot' | 'next run';
export const rescues: readonly Rescue[] = ['switch', 'boot', 'next run'];

type Pair = readonly [certificate: string, key: string];

interface Known {
  readonly canaries: readonly string[];
  /** Before and after the wish. */
  readonly old: Pair;
  readonly new: Pair;
  readonly configurations: readonly string[];
  /** All else below /etc/kubernetes. */
  readonly others: string;
}

export function knownOf(ground: Ground): Known {
  const pairIn = (folder: string): Pair => [
    readFileSync(ground.at(folder, 'apiserver.crt'), 'utf8'),
    readFileSync(ground.at(folder, 'apiserver.key'), 'utf8'),
  ];
  const [old, next] = [pairIn('signed/a'), pairIn('signed/b')];
  const text = ground.clusterConfiguration();
  return {
    old,
    new: next,
    canaries: canariesOf([old[1], next[1], readFileSync(ground.at('etc/kubernetes/pki/ca.key'), 'utf8')]),
    configurations: [text, `${text}# new.example.com\n`],
    others: othersOf(ground),
  };
}

export function livePair(ground: Ground): Pair {
  const [crt = '', key = ''] = ['crt', 'key'].map((kind) => {
    const file = ground.at(`etc/kubernetes/pki/apiserver.${kind}`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  });
  return [crt, key];
}

function belongTogether([crt, key]: Pair): boolean {
  try {
    return new X509Certificate(crt).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Names, modes and contents, but for the pair itself and what a run may change there. */
function othersOf(ground: Ground): string {
  const folder = ground.at('etc/kubernetes');
  const rows = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .filter((name) => !/^pki\/apiserver\.(?:crt|key)$/.test(name) && !nodeFile.endsWith(`/${name}`))
    .map((name) => {
      const at = path.join(folder, name);
      const found = lstatSync(at);
      const where = found.isSymbolicLink() ? readlinkSync(at) : '';
      const text = found.isFile() ? readFileSync(at, 'hex') : where;
      return `${name} ${found.mode} ${found.uid} ${found.gid} ${text}`;
    });
  const modes = ['crt', 'key'].map(
    (kind) => lstatSync(path.join(folder, `pki/apiserver.${kind}`), { throwIfNoEntry: false })?.mode,
  );
  return createHash('sha256')
    .update(`${rows.join('\n')} ${modes.join(' ')}`)
    .digest('hex');
}

/** All that is private is the node's own, and nobody else may read it; nothing of it went anywhere else. */
function secretFaults(ground: Ground, { canaries }: Known): readonly string[] {
  const said = Buffer.concat(ground.channel);
  const frames = said
    .toString('latin1')
    .replaceAll(
      /^[A-Za-z0-9+/=]{4,76}$/gm,
      (line) => `${line} ${Buffer.from(line, 'base64').toString('latin1')}`,
    );
  ground.channel.length = 0;
  const readable = leaksBelow(ground.at(), canaries, (name) => {
    const { mode } = lstatSync(ground.at(name), { throwIfNoEntry: false }) ?? { mode: 0 };
    return (mode & 0o077) === 0;
  });
  const where = leaksBelow(ground.at(), canaries, (name) =>
    /^(?:etc\/kubernetes|var\/lib\/fix-sans|signed|kept|lost)\//.test(name),
  );
  return [
    ...(hasCanary(frames, canaries) ? ['a private key went over the channel'] : []),
    ...readable.map((name) => `others may read the private key in ${name}`),
    ...where.map((name) => `a private key lies in ${name}`),
    ...notesWithKeys(ground, canaries),
  ];
}

/** Of the state folder only the backup may hold one. */
function notesWithKeys(ground: Ground, canaries: readonly string[]): readonly string[] {
  if (!existsSync(ground.state)) return [];
  return leaksBelow(ground.state, canaries, (name) => name.endsWith('/old.key')).map(
    (name) => `${name} holds a private key`,
  );
}

function endOf(ground: Ground, run: string): string {
  const file = path.join(ground.state, run, 'ended');
  if (!existsSync(file)) return 'none';
  return readFileSync(file, 'utf8').trim().split('\n').at(-2)?.split(' ')[0] ?? 'none';
}

const exec = promisify(execFile);

/** The first to come to the node, as far as it has anything to do. */
async function rescue(ground: Ground, by: Rescue): Promise<readonly string[]> {
  const own = path.join(ground.state, runs.first);
  const isArmed = existsSync(path.join(own, 'watched'));
  // The mark of one that has ended long ago may lie there still, where a rollback is cut off before it has touched anything.
  if (by === 'switch' && isArmed && ground.hasService()) {
    writeFileSync(path.join(own, 'deadline'), '0\n');
    const until = Date.now() + 60_000;
    while (existsSync(path.join(own, 'journal')) && Date.now() < until) await sleep(50);
    if (existsSync(path.join(own, 'journal'))) return ['the switch did not end the run'];
  }
  ground.killServices();
  if (by === 'boot' && existsSync(path.join(own, 'journal')) && isArmed)
    await exec('/bin/sh', [path.join(own, 'undo.sh'), 'boot', runs.first, 'another-boot']).catch(
      () => undefined,
    );
  return by !== 'next run' && isArmed && !belongTogether(livePair(ground)) ? [`the ${by} left no pair`] : [];
}

/** As if its time were over, or the node had been started anew. */
function loseLock(ground: Ground, by: Rescue): void {
  const file = path.join(ground.state, 'lock');
  if (!existsSync(file)) return;
  const [run = '', boot = '', until = '', who = ''] = readFileSync(file, 'utf8').split('\n');
  const lines = by === 'boot' ? [run, 'another-boot', until, who] : [run, boot, '0', who];
  writeFileSync(file, `${lines.join('\n')}\n`);
}

interface Healing {
  readonly by: Rescue;
  readonly decides: string;
  /** False after a loss of power: the API server that stands by has seen nothing of it. */
  readonly isServing?: boolean;
  /** How that run has to end, where it was said already. */
  readonly mustBe?: 'done' | 'undone' | undefined;
}

/** The rescue, then the next run, then one that finds nothing to do. */
export async function healed(
  ground: Ground,
  known: Known,
  { by, decides, isServing = true, mustBe }: Healing,
): Promise<readonly string[]> {
  const faults = [...secretFaults(ground, known)];
  const isServed = (pair: Pair): boolean => !isServing || ground.node.api.served().trim() === pair[0].trim();
  if (!isServed(known.old) && !isServed(known.new)) faults.push('what is served is neither of both');
  faults.push(...(await rescue(ground, by)));
  loseLock(ground, by);
  const { runs: open = '', fault = '', lock } = await ground.ask(runs.healing, 'take-lock');
  if (lock !== 'taken') faults.push(`the next run gets no lock: ${fault}`);
  for (const line of linesOf(open)) {
    const answer = await ground.ask(runs.healing, 'undo', {
      of: line.split(' ')[0] ?? '',
      isBack: '',
      wait: '0',
    });
    if (answer['result'] !== 'back' && answer['result'] !== 'nothing')
      faults.push(`not healed: ${line}: ${answer['result'] ?? answer['fault']}`);
  }
  faults.push(...stateFaults(ground, known, decides));
  if (mustBe !== undefined && endOf(ground, decides) !== mustBe)
    faults.push(`it was said to be ${mustBe}, and is ${endOf(ground, decides)}`);
  const before = lastingState(ground);
  loseLock(ground, by);
  const again = await ground.ask(runs.afterwards, 'take-lock');
  if (again['runs'] !== '') faults.push(`the run after the next finds ${again['runs'] ?? again['fault']}`);
  if (lastingState(ground) !== before) faults.push('the run after the next changes something');
  const end = Date.now() + 15_000;
  while (!isServed(livePair(ground)) && Date.now() < end) await sleep(20);
  if (!isServed(livePair(ground))) faults.push('what lies on the disk is not served');
  return [...faults, ...secretFaults(ground, known)];
}

function stateFaults(ground: Ground, known: Known, decides: string): readonly string[] {
  const live = livePair(ground);
  const end = endOf(ground, decides);
  const wanted =
    end === 'done' && existsSync(path.join(ground.state, decides, 'paths')) ? known.new : known.old;
  const faults: string[] = [];
  if (!belongTogether(live)) faults.push('key and certificate do not belong together');
  if (live[0] !== wanted[0] || live[1] !== wanted[1])
    faults.push(`its run ended ${end}, and another pair is in use`);
  if (othersOf(ground) !== known.others)
    faults.push(`something else below /etc/kubernetes is another now: ${leftIn(ground).join(', ')}`);
  if (!known.configurations.includes(ground.clusterConfiguration()))
    faults.push('kubeadm-config is neither as it was nor as it was to be');
  if (existsSync(ground.at(nodeFile)) && !fileIsWhole(ground))
    faults.push('the node’s file is neither as it was nor as it was to be');
  const open = readdirSync(ground.state, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('/journal'),
  );
  return [...faults, ...open.map((file) => `not ended: ${file}`)];
}

function leftIn(ground: Ground): readonly string[] {
  return readdirSync(ground.at('etc/kubernetes'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('fix-sans'),
  );
}

/** All but the lock and the mutex, which every run writes. */
function lastingState(ground: Ground): string {
  const rows = readdirSync(ground.state, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^(?:lock|mutex)/.test(name))
    .toSorted()
    .map((name) => {
      const { mtimeMs, ino, size } = lstatSync(path.join(ground.state, name));
      return `${name} ${ino} ${size} ${mtimeMs}`;
    });
  return `${rows.join('\n')} ${livePair(ground).join()} ${othersOf(ground)}`;
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
