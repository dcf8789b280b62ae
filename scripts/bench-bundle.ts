/** Makes each client of the benches one plain file, as what users install is: no loader of TypeScript is measured with it. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const benchFolder = path.join(root, '.cache', 'bench');

/** The path of the program. */
export async function bundleClient(name: 'client' | 'trips-client'): Promise<string> {
  mkdirSync(benchFolder, { recursive: true });
  const program = path.join(benchFolder, `${name}.cjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`scripts/bench-${name}.ts`],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    outfile: program,
    minifySyntax: true,
    minifyWhitespace: true,
    // ssh2 does without its compiled parts when they are not there, and in a bundle they never are.
    external: ['cpu-features', '*.node'],
    logLevel: 'error',
  });
  return program;
}
