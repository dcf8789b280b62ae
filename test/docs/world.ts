/**
 * A place where documented commands are typed as they stand: a simulated cluster, a folder with the files that they name, and the program at
 * `dist/fix-sans.js`. Addresses of the documentation lead to the simulation, and nothing is dialled that is not on loopback.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { clientProgram } from './client.ts';
import { simulate, type Simulation, type SimulationOptions } from '../simulator/simulate.ts';

export interface WorldOptions extends Pick<SimulationOptions, 'nodes' | 'certSans' | 'serviceSubnet'> {
  /** What the documentation calls the address before the control planes; the kubeconfig dials it where it is told. */
  readonly outside?: string;
  readonly dialsOutside?: boolean;
  /** Who answers on that address in place of a load balancer. */
  readonly answers?: (world: World) => Promise<() => Promise<void>>;
  readonly prepare?: (world: World) => void | Promise<void>;
}

export interface World extends AsyncDisposable {
  readonly simulation: Simulation;
  readonly folder: string;
  /** The outside address, really. */
  readonly outside: string;
  readonly write: (file: string, text: string, mode?: number) => void;
  readonly type: (script: string) => Promise<Typed>;
  readonly atEnd: (stop: () => Promise<void>) => void;
}

interface Typed {
  readonly code: number | undefined;
  /** With the addresses of the documentation. */
  readonly output: string;
}

const outsidePort = 6443;
const reaching = ['inspect', 'plan', 'apply', 'rollback', 'runs', 'verify'];

export async function openWorld(program: string, options: WorldOptions): Promise<World> {
  const { outside: called = '192.0.2.10', nodes, certSans, serviceSubnet } = options;
  const simulation = await simulate({
    nodes: nodes ?? 1,
    apiPort: outsidePort,
    ...(certSans && { certSans }),
    ...(serviceSubnet !== undefined && { serviceSubnet }),
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-docs-'));
  const outside = addressOf(simulation).replace(/\d+$/, '250');
  const names: readonly (readonly [string, string])[] = [
    [called, outside],
    ...simulation.nodes.map(({ ssh }, index) => [`10.0.0.${11 + index}`, ssh.host] as const),
  ];
  const write: World['write'] = (file, text, mode) => {
    const at = path.join(folder, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    if (mode !== undefined) chmodSync(at, mode);
  };
  const end: (() => Promise<void>)[] = [];
  const world: World = {
    simulation,
    folder,
    outside,
    write,
    atEnd: (stop) => void end.push(stop),
    type: async (script) => {
      const { exitCode, all } = await execa('bash', ['-o', 'pipefail', '-c', exchange(script, names)], {
        all: true,
        reject: false,
        extendEnv: false,
        cwd: folder,
        // On a terminal somebody would answer; here nobody waits for an answer.
        stdin: 'ignore',
        env: {
          PATH: `${folder}/bin:${path.dirname(process.execPath)}:/usr/bin:/bin`,
          HOME: folder,
          FIX_SANS_TEST_LOCAL: simulation.nodes[0]?.root ?? '',
        },
      });
      const said = all.replaceAll(` ${ownOptions(folder).join(' ')}`, '').replaceAll(`${folder}/`, '');
      return {
        code: exitCode,
        output: exchange(
          said,
          names.map(([one, other]) => [other, one]),
        ),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(end.map((stop) => stop()));
      await simulation.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  writeProgram(world, program);
  const kubeconfig = readFileSync(simulation.kubeconfig, 'utf8');
  const dialled = options.dialsOutside === true ? outside : addressOf(simulation);
  write('admin.conf', kubeconfig.replace(/(?<=server"?: ?"?https:\/\/)[\d.]+/, dialled), 0o600);
  end.push(await (options.answers ?? balancer)(world));
  await options.prepare?.(world);
  return world;
}

/** What the command cannot know. */
function ownOptions(folder: string): readonly string[] {
  return ['--ssh-config', path.join(folder, 'ssh_config')];
}

function exchange(text: string, names: readonly (readonly [string, string])[]): string {
  return names.reduce(
    (so, [one, other]) =>
      so.replaceAll(
        new RegExp(`(?<![\\d.])${one.replaceAll('.', String.raw`\.`)}(?![\\d]|\\.\\d)`, 'g'),
        other,
      ),
    text,
  );
}

function addressOf({ nodes }: Simulation): string {
  const [first] = nodes;
  if (first === undefined) throw new Error('no node');
  return first.api.host;
}

/** Told where the keys are and which port sshd has; and somebody says yes. */
function writeProgram({ simulation, folder, write }: World, program: string): void {
  const known = readFileSync(simulation.sshConfig, 'utf8');
  const hosts = simulation.nodes.map(({ ssh }) => `Host ${ssh.host}\n  Port ${ssh.port}\n`).join('');
  write('ssh_config', `${hosts}${known}`);
  write(
    'dist/fix-sans.js',
    `const { argv } = process;
const command = argv[2];
if (${JSON.stringify(reaching)}.includes(command) && !argv.includes('--help'))
  argv.push(...${JSON.stringify(ownOptions(folder))});
if (['apply', 'rollback'].includes(command) && !/ (?:--yes|-y|--show-commands|--dry-run|--help) /.test(argv.join(' ') + ' ')) argv.push('--yes');
require(${JSON.stringify(program)});
`,
  );
  write('bin/fix-sans', `#!/bin/sh\nexec node "$(dirname "$0")/../dist/fix-sans.js" "$@"\n`, 0o755);
  write('bin/kubectl', clientProgram, 0o755);
}

/** Hands each connection to the next control plane. */
async function balancer({ simulation: { nodes }, outside }: World): Promise<() => Promise<void>> {
  let turn = 0;
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const node = nodes[turn++ % nodes.length];
    if (node === undefined) return;
    const upstream = net.connect(node.api.port, node.api.host);
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy()).on('close', () => open.delete(one) && other.destroy());
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(outsidePort, outside, resolve);
  });
  return async () => {
    for (const one of open) one.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}
