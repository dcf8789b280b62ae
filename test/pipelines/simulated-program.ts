/** Makes a `fix-sans` of simulated-main.ts that a shell can start, and says how the simulated nodes are reached. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Simulation } from '../simulator/simulate.ts';

const source = path.join(import.meta.dirname, '../../src');
/** As the edge names them. */
const doors: ReadonlySet<string> = new Set(['../reach/open.ts', '../reach/open-changer.ts']);

const simulatedDoors: Plugin = {
  name: 'simulated-doors',
  setup: (building) => {
    building.onResolve({ filter: /\/open(?:-changer)?\.ts$/ }, ({ path: asked, resolveDir }) =>
      resolveDir === path.join(source, 'cli') && doors.has(asked)
        ? { path: path.join(import.meta.dirname, 'simulated-open.ts') }
        : undefined,
    );
  },
};

/** The path of the command. `isReal`: of src/main.ts itself, signals and all, where only the doors to the nodes are others. */
export async function simulatedProgram(folder: string, { isReal = false } = {}): Promise<string> {
  const program = path.join(folder, 'fix-sans.cjs');
  await build({
    entryPoints: [
      isReal ? path.join(source, 'main.ts') : path.join(import.meta.dirname, 'simulated-main.ts'),
    ],
    ...(isReal ? { plugins: [simulatedDoors] } : {}),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    outfile: program,
    // ssh2 does without its compiled parts when they are not there, and in a bundle they never are.
    external: ['cpu-features', '*.node'],
    logLevel: 'error',
  });
  const command = path.join(folder, 'fix-sans');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(command, 0o755);
  return command;
}

/** ssh://root@127.64.0.11:2222 */
export function targetsOf({ nodes }: Simulation): readonly string[] {
  return nodes.map(({ ssh }) => `ssh://${ssh.user}@${ssh.host}:${ssh.port}`);
}

/** Each is one word, and nothing of whoever runs the tests decides how nodes are reached. */
export function loginFlags({ nodes: [first] }: Simulation): readonly string[] {
  if (first === undefined) throw new Error('no node');
  return [
    `--identity=${first.ssh.privateKeyFile}`,
    `--known-hosts=${first.ssh.knownHostsFile}`,
    '--ssh-config=none',
    '--connect-timeout=2s',
  ];
}
