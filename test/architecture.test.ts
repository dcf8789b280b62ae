import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Each room, the rooms it may import from, and what it may use from outside. docs/architecture.md shows the same table. */
const rooms: Readonly<Record<string, { readonly rooms: string; readonly outside: string }>> = {
  // pure: no clock, no disk, no network, no process
  model: { rooms: '', outside: 'node:crypto node:net node:url node-forge/lib/asn1.js yaml' },
  explain: { rooms: 'model', outside: 'node:util' },
  flavours: { rooms: 'model', outside: 'yaml' },
  diagnose: { rooms: 'model flavours', outside: '' },
  plan: { rooms: 'model flavours diagnose', outside: 'yaml' },
  verify: { rooms: 'model', outside: '' },
  report: { rooms: 'model', outside: 'zod' },
  // they look, and can change nothing
  nodes: {
    rooms: 'model',
    outside: 'execa yaml zod/mini node:fs node:fs/promises node:os node:path',
  },
  reach: {
    rooms: 'model',
    outside:
      'execa ssh2 node:crypto node:dns/promises node:events node:fs node:fs/promises node:net node:os node:path node:readline/promises node:stream node:timers/promises',
  },
  inspect: {
    rooms: 'model reach flavours',
    outside:
      'execa yaml node:crypto node:dns/promises node:events node:fs/promises node:http node:net node:os node:path node:stream node:tls',
  },
  // writes on a node, below one folder of its own that is gone afterwards
  rehearse: { rooms: 'model reach', outside: '' },
  // makes one pod in the cluster and takes it away
  'probe-pods': { rooms: 'model reach inspect', outside: 'node:timers/promises' },
  // changes nodes: one at a time, and puts back what does not hold
  apply: { rooms: 'model reach plan', outside: 'execa' },
  // the edge
  cli: {
    rooms: 'model explain flavours diagnose plan verify report nodes reach inspect rehearse probe-pods apply',
    outside:
      'commander node:crypto node:fs node:fs/promises node:os node:path node:stream node:timers/promises',
  },
};
const pure: ReadonlySet<string> = new Set([
  'model',
  'explain',
  'flavours',
  'diagnose',
  'plan',
  'verify',
  'report',
]);

const src = path.resolve(import.meta.dirname, '../src');
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const inRooms = sources.filter((file) => path.dirname(file) !== '.' && !file.endsWith('.d.ts'));

function textOf(file: string): string {
  return readFileSync(path.join(src, file), 'utf8');
}

test.each(inRooms)('%s imports only what its room may', (file) => {
  const [here = ''] = file.split(path.sep);
  const room = rooms[here];
  expect(room, `src/${here}/ is not a known room`).toBeDefined();
  // `from` is a word of prose too, so only what stands in a statement or a call counts.
  const statement = /^(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm;
  const call = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;
  const specifiers = [statement, call].flatMap((pattern) =>
    [...textOf(file).matchAll(pattern)].map(([, one, other]) => one ?? other ?? ''),
  );
  const strays = specifiers.filter((specifier) => {
    if (!specifier.startsWith('.')) return !room?.outside.split(' ').includes(specifier);
    const [there = ''] = path.relative(src, path.resolve(src, path.dirname(file), specifier)).split(path.sep);
    return there !== here && !room?.rooms.split(' ').includes(there);
  });
  expect(strays).toEqual([]);
});

test.each(inRooms.filter((file) => pure.has(file.split(path.sep)[0] ?? '')))(
  '%s uses no clock, chance, environment or network',
  (file) => {
    const uses = textOf(file)
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line))
      .filter((line) =>
        /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|\bprocess\.|\bfetch\(|\bsetTimeout\(|\bconsole\./.test(
          line,
        ),
      );
    expect(uses).toEqual([]);
  },
);

test('only the edge comes by what can write on a node or make a pod: whatever reads has no way to it', () => {
  const door =
    /from\s*'[^']*(?:\/(?:open-)?(?:rehearser|pod-maker)|\/(?:rehearse|probe-pods)\/[\w-]+)\.ts'|import\('[^']*rehears/;
  const through = sources.filter((file) => door.test(textOf(file))).toSorted();
  expect(through).toEqual(
    [
      'cli/io.ts',
      'cli/on-node.ts',
      'cli/probe-pods.ts',
      'cli/show-commands.ts',
      'probe-pods/remove.ts',
      'probe-pods/script.ts',
      'probe-pods/start.ts',
      'reach/open-pod-maker.ts',
      'reach/open-rehearser.ts',
      'rehearse/rehearse.ts',
      'rehearse/script.ts',
    ].map((file) => path.normalize(file)),
  );
});

test('only a run comes by what can change a node, and only its own part of the edge by the door to it', () => {
  const door = /from\s*'[^']*\/(?:changer|open-changer)\.ts'|import\('[^']*changer/;
  const through = sources.filter((file) => door.test(textOf(file)));
  expect(through.filter((file) => !file.startsWith(`apply${path.sep}`)).toSorted()).toEqual(
    ['cli/io.ts', 'cli/run-ports.ts', 'reach/open-changer.ts'].map((file) => path.normalize(file)),
  );
  const steps = /from\s*'[^']*\/apply\/(?!hooks|ports)[\w-]+\.ts'/;
  const users = sources.filter((file) => !file.startsWith('apply') && steps.test(textOf(file)));
  expect(users.toSorted()).toEqual(
    [
      'cli/apply-signed.ts',
      'cli/apply.ts',
      'cli/lock-and-heal.ts',
      'cli/rollback.ts',
      'cli/show-changes.ts',
    ].map((file) => path.normalize(file)),
  );
});

test.each(sources)('%s opens with what it is for, and fits on a few screens', (file) => {
  const text = textOf(file);
  expect(text).toMatch(/^\/\*\*\s/);
  expect(text.split('\n').length).toBeLessThanOrEqual(250);
});

test('nothing in src loads zod at run time: schemas are for documents and tests', () => {
  const loading = inRooms.filter(
    (file) => file !== path.join('report', 'schema.ts') && textOf(file).includes('report/schema'),
  );
  expect(loading).toEqual([]);
});

test('the page on the architecture shows the table of this test', () => {
  const page = readFileSync(path.resolve(src, '../docs/architecture.md'), 'utf8');
  for (const [room, { rooms: others, outside }] of Object.entries(rooms)) {
    const cells = [others, outside].map((cell) =>
      cell === ''
        ? '–'
        : cell
            .split(' ')
            .map((one) => `\`${one}\``)
            .join(' '),
    );
    expect(page.replaceAll(/ +/g, ' ')).toContain(`| \`${room}\` | ${cells.join(' | ')} |`);
  }
});
