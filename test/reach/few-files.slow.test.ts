/** A fleet on a machine that lets a process open few files. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

test('200 nodes are read though only 64 files may be open (fault 62)', async () => {
  const program = `
    const { readAll } = await import('./src/reach/pool.ts');
    const { openNode } = await import('./src/reach/open.ts');
    const { query } = await import('./src/reach/reader.ts');
    const { reachOptions } = await import('./test/support/reach-options.ts');
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
  const { stdout } = await execa(
    'sh',
    [
      '-c',
      // The loader of TypeScript needs some itself.
      'ulimit -n 64; exec "$0" --import tsx --input-type=module --eval "$1"',
      process.execPath,
      program,
    ],
    { cwd: root },
  );
  expect(JSON.parse(stdout)).toEqual({ read: 200 });
}, 120_000);
