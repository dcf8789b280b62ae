/** What all connections of one run share: settings, known hosts, keys, the places at each sshd, bastions. */
import { display } from '../../model/display.ts';
import type { ReachOptions } from '../options.ts';
import { type Asking, startAsking } from './asking.ts';
import { type Gate, startGate } from './gate.ts';
import { type KnownKeys, noKnownKeys } from './identities.ts';
import { addToKnownHostsFile, readKnownHostsFile } from './known-hosts-files.ts';
import { type HostKeyLine, type KnownHosts, keyTypeOf, knownHosts } from './known-hosts.ts';
import type { Login } from './login.ts';
import { type Resolver, startResolver, type Whom } from './resolve.ts';
import { localUser, type Settings } from './settings.ts';

export interface Session {
  readonly options: ReachOptions;
  readonly asking: Asking;
  readonly gate: Gate;
  readonly keys: KnownKeys;
  /** New host keys that somebody said yes to. */
  readonly accepted: Set<string>;
  /** `target`: a node, for which flags count; a bastion is ssh_config's. */
  settingsOf(whom: Whom, as: 'target' | 'bastion'): Promise<Settings>;
  knownTo(settings: Settings): Promise<KnownHosts>;
  /** Remembers a key that was trusted just now, for this run and in the file. */
  trust(settings: Settings, name: string, key: Buffer): Promise<void>;
}

/** A login that several go through. */
export interface Bastion {
  readonly opening: Promise<Login>;
  users: number;
}

const bastions = new WeakMap<Session, Map<string, Bastion>>();

export function bastionsOf(session: Session): Map<string, Bastion> {
  const own = bastions.get(session) ?? new Map<string, Bastion>();
  bastions.set(session, own);
  return own;
}

const sessions = new WeakMap<ReachOptions, Session>();

/** One per options object, since they live as long as a run. */
export function sessionOf(options: ReachOptions): Session {
  const before = sessions.get(options);
  if (before) return before;
  const session = startSession(options);
  sessions.set(options, session);
  return session;
}

function startSession(options: ReachOptions): Session {
  const { home, env, sshConfigFile } = options;
  const resolver: Resolver = startResolver({
    ...(sshConfigFile !== undefined && { configFile: sshConfigFile }),
    place: { home, env, localUser: localUser() },
  });
  const said = new Set<string>();
  const sayOnce = (line: string): void => {
    if (said.has(line)) return;
    said.add(line);
    options.say(display(line));
  };
  const files = new Map<string, Promise<KnownHosts>>();
  const trusted: { readonly name: string; readonly key: Buffer }[] = [];
  const read = async (paths: readonly string[]): Promise<KnownHosts> => {
    const texts = await Promise.all(
      paths.map(async (file) => ({ file, text: await readKnownHostsFile(file) })),
    );
    const known = knownHosts(texts);
    for (const { file, line, fault } of known.faults.slice(0, 5)) {
      sayOnce(`${file} line ${line} is not understood and left out: ${fault}`);
    }
    return known;
  };
  return {
    options,
    asking: startAsking(options),
    gate: startGate(),
    keys: noKnownKeys(),
    accepted: new Set(),
    async settingsOf({ host, port, user, isNext = false }, as) {
      const asUser = user ?? (as === 'target' ? options.user : undefined);
      const found = await resolver.settingsOf({
        host,
        isNext,
        ...(port !== undefined && { port }),
        ...(asUser !== undefined && { user: asUser }),
      });
      for (const note of found.notes) sayOnce(note);
      return withFlags(found, options, as);
    },
    async knownTo({ userKnownHosts, globalKnownHosts }) {
      const paths = [...userKnownHosts, ...globalKnownHosts];
      const key = JSON.stringify(paths);
      const known = files.get(key) ?? read(paths);
      files.set(key, known);
      const inFiles = await known;
      return {
        faults: inFiles.faults,
        find: (host) => [...inFiles.find(host), ...trusted.filter(({ name }) => name === host).map(lineOf)],
      };
    },
    async trust({ userKnownHosts, hashKnownHosts }, name, key) {
      if (trusted.some((one) => one.name === name && one.key.equals(key))) return;
      trusted.push({ name, key });
      const [file] = userKnownHosts;
      try {
        if (file === undefined) throw new Error('no file is named for it');
        await addToKnownHostsFile(file, name, key, hashKnownHosts);
      } catch (error) {
        // As ssh does: the key was trusted, and will be asked for again.
        sayOnce(`the key of ${name} could not be added to known hosts: ${(error as Error).message}`);
      }
    },
  };
}

function lineOf({ name, key }: { readonly name: string; readonly key: Buffer }): HostKeyLine {
  return { file: 'this run', line: 0, hosts: name, type: keyTypeOf(key) ?? '', key };
}

/** Keys that a flag names are the only ones for nodes; for bastions they come after those of ssh_config. */
function withFlags(
  settings: Settings,
  { identityFiles, knownHostsFiles }: ReachOptions,
  as: 'target' | 'bastion',
): Settings {
  const named = identityFiles.map((path) => ({ path, isDefault: false }));
  const isOnly = as === 'target' && named.length > 0;
  return {
    ...settings,
    identityFiles: isOnly ? named : [...settings.identityFiles, ...named],
    identitiesOnly: settings.identitiesOnly || isOnly,
    ...(knownHostsFiles !== undefined && { userKnownHosts: knownHostsFiles }),
  };
}
