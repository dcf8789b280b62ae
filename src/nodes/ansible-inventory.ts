/** Has ansible-inventory read an inventory: static kinds only, without the configuration that is around, so that no program is run unasked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
  if (options.runInventory) return ask(file, options, options.env);
  // An empty configuration has to be a file of that name; without one, ansible.cfg of the working folder or the home is
  // read, which may name plugin folders, and plugins are code. Ansible's own temporary files go there as well.
  const folder = await mkdtemp(path.join(tmpdir(), 'fix-sans-ansible-'));
  try {
    const configuration = path.join(folder, 'ansible.cfg');
    await writeFile(configuration, '');
    const kept = Object.entries(options.env).filter(([name]) => !name.startsWith('ANSIBLE_'));
    const closed = {
      ...Object.fromEntries(kept),
      ANSIBLE_CONFIG: configuration,
      ANSIBLE_HOME: folder,
      ANSIBLE_INVENTORY_ENABLED: 'yaml,ini',
      ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true',
      ANSIBLE_VARS_ENABLED: 'host_group_vars',
    };
    return await ask(file, options, closed, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ask(
  file: string,
  { timeoutMs = 60_000 }: AnsibleOptions,
  env: Env,
  cwd?: string,
): Promise<AnsibleReading> {
  const result = await execa('ansible-inventory', ['--inventory', path.resolve(file), '--list'], {
    env: { ...env, ANSIBLE_NOCOLOR: '1', LC_ALL: 'C.UTF-8' },
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: 'ignore',
    timeout: timeoutMs,
    forceKillAfterDelay: 2000,
    maxBuffer: 64 * 1024 * 1024,
    reject: false,
  });
  if (result.code === 'ENOENT' || result.code === 'EACCES') return { state: 'absent' };
  if (result.timedOut)
    return { state: 'failed', why: `ansible-inventory took longer than ${timeoutMs / 1000} s` };
  if (result.failed)
    return {
      state: 'failed',
      why: lastLine(result.stderr) ?? `ansible-inventory ended with exit status ${result.exitCode}`,
    };
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
