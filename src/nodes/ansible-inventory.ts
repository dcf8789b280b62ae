/** Has ansible-inventory read an inventory: static kinds only, with no configuration of its own, so that no program is run unasked. */
import path from 'node:path';
import { execa } from 'execa';
import type { Env } from './kubeconfig-files.ts';

export type AnsibleReading =
  | { readonly state: 'read'; readonly list: AnsibleList }
  | { readonly state: 'absent' }
  | { readonly state: 'failed'; readonly why: string };

/** What `--list` prints. */
export interface AnsibleList {
  readonly groups: ReadonlyMap<string, AnsibleGroup>;
  /** What is in effect for each host. */
  readonly hosts: ReadonlyMap<string, AnsibleHost>;
}

interface AnsibleGroup {
  readonly hosts: readonly string[];
  readonly children: readonly string[];
}

type AnsibleHost = Readonly<Record<string, unknown>>;

export interface AnsibleOptions {
  readonly env: Env;
  /** --run-inventory: scripts and plugins may run, with the user's own configuration. */
  readonly runInventory: boolean;
  readonly timeoutMs?: number;
}

export async function askAnsible(file: string, options: AnsibleOptions): Promise<AnsibleReading> {
  const { env, runInventory, timeoutMs = 60_000 } = options;
  // An ansible.cfg in the working folder may name plugin folders, and plugins are code.
  const closed: Record<string, string> = {
    ANSIBLE_CONFIG: '/dev/null',
    ANSIBLE_INVENTORY_ENABLED: 'yaml,ini',
    ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true',
    ANSIBLE_VARS_ENABLED: 'host_group_vars',
    ANSIBLE_INVENTORY_CACHE: 'false',
  };
  const kept = Object.entries(env).filter(([name]) => runInventory || !name.startsWith('ANSIBLE_'));
  const result = await execa('ansible-inventory', ['--inventory', path.resolve(file), '--list'], {
    env: {
      ...Object.fromEntries(kept),
      ...(runInventory ? {} : closed),
      ANSIBLE_NOCOLOR: '1',
      LC_ALL: 'C.UTF-8',
    },
    extendEnv: false,
    cwd: runInventory ? path.dirname(path.resolve(file)) : '/',
    stdin: 'ignore',
    timeout: timeoutMs,
    killSignal: 'SIGTERM',
    forceKillAfterDelay: 2000,
    maxBuffer: 64 * 1024 * 1024,
    reject: false,
  });
  if (result.code === 'ENOENT' || result.code === 'EACCES') return { state: 'absent' };
  if (result.timedOut) return { state: 'failed', why: `it took longer than ${timeoutMs / 1000} s` };
  if (result.failed)
    return { state: 'failed', why: lastLine(result.stderr) ?? `exit status ${result.exitCode}` };
  return readList(result.stdout);
}

function lastLine(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => line.startsWith('ERROR')) ?? lines.at(-1))?.slice(0, 300);
}

/** The format of inventory scripts: https://docs.ansible.com/ansible/latest/dev_guide/developing_inventory.html#inventory-script-conventions */
export function readList(text: string): AnsibleReading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { state: 'failed', why: 'its output is not JSON' };
  }
  if (!isMap(parsed)) return { state: 'failed', why: 'its output is no inventory' };
  const groups = new Map<string, AnsibleGroup>();
  for (const [name, group] of Object.entries(parsed)) {
    if (name === '_meta' || !isMap(group)) continue;
    groups.set(name, { hosts: texts(group['hosts']), children: texts(group['children']) });
  }
  const meta = parsed['_meta'];
  const variables = isMap(meta) ? meta['hostvars'] : undefined;
  const hosts = new Map<string, AnsibleHost>();
  for (const [name, values] of Object.entries(isMap(variables) ? variables : {}))
    hosts.set(name, isMap(values) ? values : {});
  return { state: 'read', list: { groups, hosts } };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
