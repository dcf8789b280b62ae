/** The part of ssh_config that is understood where `ssh -G` cannot be asked; what is left out is said. */
import type { ConfigLine } from './config-files.ts';
import { matchesPattern } from './known-hosts.ts';

export interface Asked {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly isNext?: boolean;
  readonly localUser: string;
}

/** Values of each keyword, in lower case, as `ssh -G` prints them; the first wins, but files of keys add up. */
export interface RawSettings {
  readonly values: ReadonlyMap<string, readonly (readonly string[])[]>;
  readonly notes: readonly string[];
}

const collecting: ReadonlySet<string> = new Set(['identityfile', 'certificatefile']);

interface Evaluation {
  readonly asked: Asked;
  readonly values: Map<string, (readonly string[])[]>;
  readonly notes: string[];
}

export function evaluate(lines: readonly ConfigLine[], asked: Asked): RawSettings {
  const evaluation: Evaluation = { asked, values: new Map(), notes: [] };
  if (asked.user !== undefined) evaluation.values.set('user', [[asked.user]]);
  if (asked.port !== undefined) evaluation.values.set('port', [[String(asked.port)]]);
  if (asked.isNext === true) evaluation.values.set('proxyjump', [['none']]);
  walk(lines, true, evaluation);
  if (!evaluation.values.has('hostname')) evaluation.values.set('hostname', [[asked.host]]);
  evaluation.values.set('hostname', [[hostNameOf(evaluation)]]);
  return evaluation;
}

/** As far as it is known: `Match host` asks for it in between. */
function hostNameOf({ asked, values }: Evaluation): string {
  const [[name = asked.host] = []] = values.get('hostname') ?? [];
  return name.replaceAll(/%[%h]/g, (token) => (token === '%h' ? asked.host : '%'));
}

function walk(lines: readonly ConfigLine[], isActiveAbove: boolean, evaluation: Evaluation): void {
  let isActive = isActiveAbove;
  for (const { keyword, words, where, included } of lines) {
    if (keyword === 'host') isActive = isActiveAbove && isHost(words, evaluation.asked.host);
    else if (keyword === 'match') isActive = isActiveAbove && isMatch(words, where, evaluation);
    else if (included) included.forEach((file) => walk(file, isActive, evaluation));
    else if (isActive) take(keyword, words, evaluation.values);
  }
}

function take(keyword: string, words: readonly string[], values: Evaluation['values']): void {
  const before = values.get(keyword);
  if (before === undefined) values.set(keyword, [words]);
  else if (collecting.has(keyword)) before.push(words);
}

/** Whether a Host line speaks of this host. */
export function isHost(patterns: readonly string[], host: string): boolean {
  if (patterns.some((one) => one.startsWith('!') && matchesPattern(one.slice(1), host))) return false;
  return patterns.some((one) => !one.startsWith('!') && matchesPattern(one, host));
}

/** Only what needs no program and no other host. A block that cannot be judged is left out, and that is said. */
function isMatch(words: readonly string[], where: string, evaluation: Evaluation): boolean {
  const { asked, values, notes } = evaluation;
  const [[user = asked.localUser] = []] = values.get('user') ?? [];
  const subjects: Readonly<Record<string, string>> = {
    host: hostNameOf(evaluation),
    originalhost: asked.host,
    user,
    localuser: asked.localUser,
  };
  let matches = true;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]?.toLowerCase() ?? '';
    if (word === 'all') continue;
    const isNegated = word.startsWith('!');
    const subject = subjects[isNegated ? word.slice(1) : word];
    at += 1;
    if (subject === undefined) {
      notes.push(
        `${where}: Match ${word} is not evaluated and its settings are left out; --transport openssh applies them`,
      );
      return false;
    }
    if (isHost((words[at] ?? '').split(','), subject) === isNegated) matches = false;
  }
  return matches;
}
