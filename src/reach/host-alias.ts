/** Nodes that the API listed, by the name under which ssh_config knows them: their settings stand there, and not under an InternalIP. */
import { lookup } from 'node:dns/promises';
import { display } from '../model/display.ts';
import type { ClusterNode, Target } from '../model/node.ts';
import type { ReachOptions } from './options.ts';
import { type ConfigLine, readConfigFiles } from './ssh2/config-files.ts';
import { localUser } from './ssh2/settings.ts';
import { evaluate, isHost } from './ssh2/settings-subset.ts';

type SshTarget = Extract<Target, { via: 'ssh' }>;

export interface Aliased {
  readonly nodes: readonly ClusterNode[];
  readonly notes: readonly string[];
}

export async function withAliases(
  nodes: readonly ClusterNode[],
  options: Pick<ReachOptions, 'sshConfigFile' | 'home' | 'user'>,
  resolves: (name: string) => Promise<boolean> = isInDns,
): Promise<Aliased> {
  if (!nodes.some(isListed)) return { nodes, notes: [] };
  const { lines } = await readConfigFiles(options.sshConfigFile, options.home);
  const patterns = hostLines(lines);
  if (patterns.length === 0) return { nodes, notes: [] };
  const notes: string[] = [];
  const aliased = await Promise.all(
    nodes.map(async (node): Promise<ClusterNode> => {
      const { name, target } = node;
      if (!isListed(node) || target.via !== 'ssh') return node;
      // What is said of the address is meant for the address.
      if (isSpokenOf(patterns, target.host) || !isSpokenOf(patterns, name)) return node;
      if (!hasHostName(lines, name, target, options) && !(await resolves(name))) {
        notes.push(
          `ssh_config speaks of ${display(name, 80)}, but gives it no HostName, and DNS does not know it: it is reached by ${target.host}, for which those lines do not count`,
        );
        return node;
      }
      return { ...node, target: { ...target, host: name } };
    }),
  );
  return { nodes: aliased, notes };
}

/** A node that somebody named himself is reached as he named it. */
function isListed({ source, target }: ClusterNode): boolean {
  return source === 'kubeconfig' && target.via === 'ssh';
}

function hostLines(lines: readonly ConfigLine[]): readonly (readonly string[])[] {
  return lines.flatMap(({ keyword, words, included = [] }) => [
    ...(keyword === 'host' ? [words] : []),
    ...included.flatMap(hostLines),
  ]);
}

/** By another pattern than `*`, which speaks of everybody. */
function isSpokenOf(patterns: readonly (readonly string[])[], host: string): boolean {
  return patterns.some((words) =>
    isHost(
      words.filter((word) => word !== '*'),
      host,
    ),
  );
}

function hasHostName(
  lines: readonly ConfigLine[],
  name: string,
  { user, port }: SshTarget,
  options: Pick<ReachOptions, 'user'>,
): boolean {
  const asUser = user ?? options.user;
  const { values } = evaluate(lines, {
    host: name,
    localUser: localUser(),
    ...(port !== undefined && { port }),
    ...(asUser !== undefined && { user: asUser }),
  });
  return values.get('hostname')?.[0]?.[0] !== name;
}

async function isInDns(name: string): Promise<boolean> {
  try {
    await lookup(name);
    return true;
  } catch {
    return false;
  }
}
