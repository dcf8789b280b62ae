/** A fleet on a machine that lets a process open few files. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

test('200 nodes are read though only 64 files may be open (fault 62)', async () => {
  const program = `
    import { readAll } from './src/reach/pool.ts';
    import { openNode } from './src/reach/open.ts';
    import { query } from './src/reach/reader.ts';
    import { reachOptions } from './test/support/reach-options.ts';
    const options = reachOptions({ become: 'none' });
    const nodes = Array.from({ length: 200 }, (_, at) =>
      ({ name: 'n' + at, role: 'worker', target: { via: 'local' }, source: 'flag' }));
    const results = await readAll(nodes, {
      open: (node) => openNode(node, options),
      work: async (reader) => (await reader.query(query('one', 'say a 1'))).frames.length,
    });
    const count = {};
    for (const { result } of results) {
      const key = result.state === 'read' ? 'read' : result.trouble.code + ': ' + result.trouble.message;
      count[key] = (count[key] ?? 0) + 1;
    }
    console.log(JSON.stringify(count));`;
  // In one file, as it is installed: a loader of sources opens hundreds of them by itself.
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-few-files-'));
  const outfile = path.join(folder, 'program.mjs');
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    stdin: { contents: program, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['cpu-features', '*.node'],
    banner: { js: banner },
    outfile,
    logLevel: 'error',
  });
  try {
    const { stdout } = await execa('sh', ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, outfile]);
    expect(JSON.parse(stdout)).toEqual({ read: 200 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
