/** Asks `ssh -G` for the settings of a host, unless that would run something or no ssh is there; then our own subset answers. */
import { isIPv6 } from 'node:net';
import { execa } from 'execa';
import { ReachError } from '../transport.ts';
import { type ConfigFiles, type ConfigLine, readConfigFiles } from './config-files.ts';
import { type Hop, nameOf, refuseHost } from './names.ts';
import { type Place, type Settings, settingsFrom } from './settings.ts';
import { evaluate, isHost, type RawSettings } from './settings-subset.ts';

export interface Resolver {
  settingsOf(target: Whom): Promise<Settings>;
}

/** `isNext`: a later hop of a ProxyJump, which the hops before it lead to, whatever its own settings say. */
export type Whom = Hop & { readonly isNext?: boolean };

export interface ResolverOptions {
  /** What ssh takes after -F; the user's and the system's when undefined; `none` is none. */
  readonly configFile?: string;
  readonly place: Place;
  /** `ssh`, or another name for it in tests. */
  readonly program?: string;
}

/** For one run: the files are read once, and hosts that no line tells apart share one `ssh -G`. */
export function startResolver({ configFile, place, program = 'ssh' }: ResolverOptions): Resolver {
  let files: Promise<Config> | undefined;
  const asked = new Map<string, Promise<RawSettings | 'no ssh'>>();

  const ask = (target: Whom, { blocksOf }: Config): Promise<RawSettings | 'no ssh'> => {
    const key = sharedKey(target, blocksOf);
    const before = asked.get(key);
    if (before) return before;
    const answer = askSsh(program, target, configFile);
    asked.set(key, answer);
    return answer;
  };

  return {
    async settingsOf(target) {
      refuseHost(target, 'target');
      files ??= readConfig(configFile, place.home);
      const config = await files;
      const subset = (why: readonly string[]): Settings => {
        const raw = evaluate(config.lines, { ...target, localUser: place.localUser });
        return settingsFrom(target.host, { ...raw, notes: [...why, ...raw.notes] }, place);
      };
      if (config.doubts.length > 0) {
        return subset(config.doubts.map((doubt) => `${doubt}, so ssh_config is read without ssh -G`));
      }
      const answer = await ask(target, config);
      if (answer === 'no ssh') return subset([]);
      return settingsFrom(target.host, forHost(answer, target.host), place);
    },
  };
}

/** In a shared answer, a host that was not renamed is called by this. */
const hostItself = '\0';

function forHost({ values, notes }: RawSettings, host: string): RawSettings {
  const isShared = values.get('hostname')?.[0]?.[0] === hostItself;
  return { values: isShared ? new Map([...values, ['hostname', [[host.toLowerCase()]]]]) : values, notes };
}

interface Config extends ConfigFiles {
  /** Which Host lines speak of a host; undefined where these alone do not decide what ssh says about it. */
  readonly blocksOf: ((host: string) => readonly number[]) | undefined;
}

async function readConfig(configFile: string | undefined, home: string): Promise<Config> {
  const config = await readConfigFiles(configFile, home);
  return { ...config, blocksOf: blockFinder(config.lines) };
}

/** Looked up, not tried one after the other: files of fleets have a line for each host. */
function blockFinder(lines: readonly ConfigLine[]): Config['blocksOf'] {
  const flat = (some: readonly ConfigLine[]): readonly ConfigLine[] =>
    some.flatMap((line) => [line, ...flat((line.included ?? []).flat())]);
  const all = flat(lines);
  const isPlain = all.every(
    ({ keyword, words }) =>
      keyword !== 'match' &&
      !keyword.startsWith('canonical') &&
      !(/^(?:hostname|hostkeyalias|proxy|user$)/.test(keyword) && words.some((word) => word.includes('%'))),
  );
  if (!isPlain) return undefined;
  const named = new Map<string, number[]>();
  const patterned: (readonly [block: number, words: readonly string[]])[] = [];
  for (const [block, { words }] of all.filter(({ keyword }) => keyword === 'host').entries()) {
    if (words.some((word) => /[*?!]/.test(word))) patterned.push([block, words]);
    else
      for (const word of new Set(words)) {
        const blocks = named.get(word);
        if (blocks) blocks.push(block);
        else named.set(word, [block]);
      }
  }
  return (host) => [
    ...(named.get(host) ?? []),
    ...patterned.filter(([, words]) => isHost(words, host)).map(([block]) => block),
  ];
}

/** The same for hosts about which ssh must say the same; 8 ms each are much for a fleet. */
function sharedKey({ host, port, user, isNext }: Whom, blocks: Config['blocksOf']): string {
  // Addresses have many spellings, and ssh may write another one.
  if (blocks === undefined || isIPv6(host.split('%')[0] ?? ''))
    return JSON.stringify([host, port, user, isNext]);
  return JSON.stringify([blocks(host), port, user, isNext]);
}

async function askSsh(
  program: string,
  target: Whom,
  configFile: string | undefined,
): Promise<RawSettings | 'no ssh'> {
  const { host, port, user, isNext = false } = target;
  const result = await execa(
    program,
    [
      '-G',
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(isNext ? ['-o', 'ProxyJump=none'] : []),
      '--',
      host,
    ],
    { stdin: 'ignore', reject: false, timeout: 10_000, env: { LC_ALL: 'C' }, maxBuffer: 1024 * 1024 },
  );
  if (result.code === 'ENOENT') return 'no ssh';
  if (result.failed) {
    const said = result.stderr.trim().split('\n').at(-1) ?? '';
    throw new ReachError({
      code: 'failed',
      message: `ssh -G ${nameOf(target)} failed: ${said === '' ? result.shortMessage : said}`,
      hint: 'mend the SSH configuration, or name another one (none: without any)',
      retryable: false,
    });
  }
  return { values: valuesOf(result.stdout, host), notes: [] };
}

function valuesOf(stdout: string, host: string): RawSettings['values'] {
  const values = new Map<string, (readonly string[])[]>();
  for (const line of stdout.split('\n')) {
    const [, keyword, rest = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (keyword === undefined) continue;
    // One path on a line, which may have spaces in it.
    const isPath = /^(?:identityfile|certificatefile|identityagent)$/.test(keyword);
    const words = isPath ? [rest] : rest.split(' ');
    values.set(keyword, [...(values.get(keyword) ?? []), words]);
  }
  const isNamed = values.get('hostname')?.[0]?.[0]?.toLowerCase() === host.toLowerCase();
  if (isNamed) values.set('hostname', [[hostItself]]);
  return values;
}
