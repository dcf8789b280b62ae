/** Its own project: starting a thousand nodes takes some seconds. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { handshake, runOn } from './client.ts';
import type { Simulation } from './simulate.ts';

type Told = Pick<Simulation, 'folder' | 'ca' | 'nodes'> & {
  readonly seconds: number;
};

test('a thousand nodes in one process need at most 400 MB, after each was asked', async () => {
  const child = execa(
    process.execPath,
    ['--import', 'tsx', path.join(import.meta.dirname, 'many.ts'), '1000'],
    { buffer: false, stderr: 'inherit' },
  );
  const lines = child.iterable({ from: 'stdout' })[Symbol.asyncIterator]();
  const read = async () => String((await lines.next()).value);
  const told = JSON.parse(await read()) as Told;
  expect(told.nodes).toHaveLength(1000);
  const serials = new Set<string>();
  for (let first = 0; first < told.nodes.length; first += 50) {
    const some = told.nodes.slice(first, first + 50);
    const seen = await Promise.all(some.map((node) => handshake(node, told.ca)));
    for (const { serialNumber } of seen) serials.add(serialNumber);
    const ran = await Promise.all(some.map((node) => runOn(node, 'hostname')));
    expect(ran.map(({ stdout }) => stdout)).toEqual(some.map(({ name }) => `${name}\n`));
  }
  expect(serials.size).toBe(1000);
  child.stdin.write('memory\n');
  const megabytes = Number(await read());
  // eslint-disable-next-line no-console -- a figure that is to be seen
  console.log(
    `1,000 simulated nodes: up in ${told.seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB at most`,
  );
  expect(megabytes).toBeLessThan(400);
  child.stdin.end();
  await child;
  expect(existsSync(told.folder)).toBe(false);
});
