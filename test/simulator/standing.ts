/** The simulated cluster that `scripts/lab` keeps in the background: started, found, stopped, and tidied up after a kill. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../lab/lock.ts';
import { checkout, inCache } from '../lab/places.ts';
import { Trouble } from '../lab/trouble.ts';
import { isSimulationFolder } from './simulate.ts';
import { nodeEnvironment } from './ssh-server.ts';

export interface Standing {
  readonly pid: number;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly sshConfig: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly root: string;
    readonly address: string;
    readonly apiPort: number;
    readonly sshPort: number;
  }[];
}

/** Beside the nodes' folders, whose path is short enough for a socket. */
export function controlOf(folder: string): string {
  return path.join(folder, 'control');
}

export function writeStanding(file: string, standing: Standing): void {
  writeFileSync(`${file}.unfinished`, JSON.stringify(standing));
  renameSync(`${file}.unfinished`, file);
}

function stateFile(): string {
  return path.join(inCache('simulated', checkout), 'state.json');
}

/** What is up; undefined when nothing is, or when it was killed. */
export async function findSimulated(): Promise<Standing | undefined> {
  const standing = remembered();
  return standing !== undefined && (await answers(standing)) ? standing : undefined;
}

export async function upSimulated(): Promise<{ readonly standing: Standing; readonly isNew: boolean }> {
  return locked(async () => {
    const there = await findSimulated();
    if (there !== undefined) return { standing: there, isNew: false };
    tidy();
    return { standing: await startInBackground(), isNew: true };
  });
}

/** False when there was none. */
export async function downSimulated(): Promise<boolean> {
  return locked(async () => {
    const standing = remembered();
    if (standing === undefined) return false;
    const socket = connect(controlOf(standing.folder));
    socket.on('error', () => {});
    socket.on('connect', () => socket.write('stop\n'));
    socket.resume();
    await once(socket, 'close');
    tidy();
    return true;
  });
}

function locked<T>(work: () => Promise<T>): Promise<T> {
  return withLock(`simulated-${checkout}`, work);
}

function remembered(): Standing | undefined {
  const file = stateFile();
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Standing) : undefined;
}

async function answers({ folder }: Standing): Promise<boolean> {
  const socket = connect(controlOf(folder));
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
  }).then((isThere) => {
    socket.destroy();
    return isThere === true;
  });
}

/** What a process that was killed has left. */
function tidy(): void {
  const standing = remembered();
  if (standing !== undefined && isSimulationFolder(standing.folder)) {
    rmSync(standing.folder, { recursive: true, force: true });
  }
  rmSync(stateFile(), { force: true });
}

async function startInBackground(): Promise<Standing> {
  const file = stateFile();
  const log = path.join(inCache('simulated', checkout), 'log');
  const output = openSync(log, 'w');
  const child = spawn(
    process.execPath,
    [...process.execArgv, path.join(import.meta.dirname, 'background.ts'), file],
    { detached: true, stdio: ['ignore', output, output] },
  );
  closeSync(output);
  child.unref();
  const ended = once(child, 'exit').then(() => true);
  const isOver = async (): Promise<boolean> => Promise.race([ended, sleep(50, false)]);
  while (!existsSync(file)) {
    if (!(await isOver())) continue;
    const said = readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n    ');
    throw new Trouble(`the simulated cluster did not start: ${said}`, `look at ${log}, and run this again`);
  }
  return remembered() ?? (await startInBackground());
}

/** The simulated one as `scripts/lab list` shows it. */
export function listing({ kubeconfig, nodes }: Standing): string {
  const lines = nodes.map(
    ({ name, address, sshPort, apiPort, root }) =>
      `  ${name.padEnd(8)} ${address.padEnd(15)} ssh ${sshPort}, API ${apiPort}, / is ${root}\n`,
  );
  return `simulated  no containers, nothing real  kubeconfig ${kubeconfig}\n${lines.join('')}`;
}

/** What a program needs to run as on a simulated node: its folder and its environment. */
export function onNode({ nodes }: Standing, alias: string): { cwd: string; env: NodeJS.ProcessEnv } {
  const node = nodes.find(({ name }) => name === alias);
  if (node === undefined) {
    const names = nodes.map(({ name }) => name).join(', ');
    throw new Trouble(`simulated has no node ${alias}, but ${names}`, 'scripts/lab list');
  }
  const { TERM } = process.env;
  return {
    cwd: path.join(node.root, 'root'),
    env: {
      ...nodeEnvironment(node.root, 'root'),
      ...(TERM === undefined ? {} : { TERM }),
      PS1: `${alias} (simulated)# `,
    },
  };
}
