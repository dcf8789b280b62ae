import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { configKeys } from '../../src/cli/help-config.ts';
import { environmentGroups } from '../../src/cli/help-environment.ts';
import { manPage } from '../../src/cli/man-page.ts';
import { commands } from '../../src/cli/commands.ts';
import { run } from '../../src/cli/run.ts';
import { topicNames } from '../../src/cli/topic-names.ts';

const root = path.resolve(import.meta.dirname, '../..');

async function help(topic: string): Promise<string> {
  let printed = '';
  const io = {
    stdin: Readable.from([]),
    stdout: { write: (text: string) => (printed += text) },
    stderr: { write: (text: string) => (printed += text) },
    env: {},
  };
  expect(await run(['help', topic], io)).toBe(0);
  return printed;
}

test.each(topicNames)('help %s is a page for a terminal', async (topic) => {
  const page = await help(topic);
  expect(page.length).toBeGreaterThan(500);
  expect(page.split('\n').filter((line) => line.length > 132)).toEqual([]);
});

describe('help environment', () => {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('report'))
    .map((file) => ({ file, text: readFileSync(path.join(root, 'src', file), 'utf8') }));
  const listed = environmentGroups.flatMap(({ variables }) => variables.flatMap(({ names }) => names));

  test('lists every variable that the code reads, and no other', () => {
    const read = sources.flatMap(({ file, text }) => [
      ...[...text.matchAll(/\benv\??\.?\[['"](\w+)['"]\]/g)].map(([, name = '']) => name),
      // `{ COLUMNS = '' }: Io['env']`
      ...[...text.matchAll(/\{([^{}]+)\}: (?:Io\['env'\]|Env\b|Variables\b)/g)].flatMap(([, names = '']) =>
        names.split(',').map((name) => name.replace(/[:=].*/s, '').trim()),
      ),
      // Those that are gone through by a list.
      ...(/^inspect\/(?:environment|environment-trust|probe\/proxy-env)\.ts$/.test(file.replaceAll('\\', '/'))
        ? [...text.matchAll(/'((?!E[A-Z]+')[A-Z][A-Z_]+|[a-z]+_proxy)'/g)].map(([, name = '']) => name)
        : []),
    ]);
    expect([...new Set(read)].toSorted()).toEqual(listed.toSorted());
  });

  test('nothing but main.ts reads the process itself', () => {
    const readers = sources.filter(({ text }) => /process\.env\b/.test(text)).map(({ file }) => file);
    expect(readers).toEqual(['main.ts']);
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
}

test('help config has every key of the schema, and no other', () => {
  const schema = JSON.parse(
    readFileSync(path.join(root, 'docs/schema/config.schema.json'), 'utf8'),
  ) as Schema;
  const keys = (of: Schema | undefined): readonly string[] =>
    Object.keys(of?.properties ?? {}).filter((key) => key !== '$schema');
  const ofCluster = schema.properties?.['clusters']?.additionalProperties;
  expect(
    Object.fromEntries(Object.entries(configKeys).map(([at, all]) => [at, all.map(({ key }) => key)])),
  ).toEqual({
    top: keys(schema),
    ssh: keys(schema.properties?.['ssh']),
    policy: keys(schema.properties?.['policy']),
    cluster: keys(typeof ofCluster === 'object' ? ofCluster : undefined),
  });
});

describe('the man page', () => {
  const page = manPage('1.2.3', '2026-11-21');

  test('has every command with every flag, every exit code and variable', () => {
    const plain = page.replaceAll(String.raw`\-`, '-');
    for (const { name, options } of commands) {
      expect(plain).toContain(`.SS fix-sans ${name}`);
      for (const { flags } of options) expect(plain).toContain(`.B ${flags}`);
    }
    for (const { variables } of environmentGroups)
      for (const { names } of variables) expect(plain).toContain(`.B ${names.join(', ')}`);
    expect(plain).toMatch(/^\.SH EXIT STATUS\n\.TP\n\.B 0\n/m);
  });

  test('has no line that roff would take for a request of its own', () => {
    const requests = new Set(page.split('\n').flatMap((line) => /^[.'](\S*)/.exec(line)?.[1] ?? []));
    const known = new Set(['TH', 'SH', 'SS', 'B', 'RI', 'BR', 'br', 'TP', 'I', 'PP', 'nf', 'fi']);
    expect([...requests].filter((request) => !known.has(request))).toEqual([]);
  });
});
