/** What the documentation names is there: links, tests, scripts, projects, flags; and each command that is not typed is spoken of in the table. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { commands } from '../../src/cli/commands.ts';
import { runCli } from '../support/run-cli.ts';
import { type Command, inlineOf, pages, root, sectionsOf } from './pages.ts';
import { places, untypedAs } from './table.ts';

const blocks = pages.flatMap(sectionsOf).flatMap(({ steps }) => steps);
const inBlocks = blocks.flatMap((step) => step.commands);
const inline = pages.flatMap(inlineOf);

function where({ page, line, text }: Command): string {
  return `${page}:${line}: ${text}`;
}

function textOf(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

test('the documentation has commands, and most are typed', () => {
  expect(inBlocks.length).toBeGreaterThan(60);
  expect(inBlocks.filter((one) => untypedAs(one) === undefined).length).toBeGreaterThan(45);
});

test('the table of clusters holds no section that is gone', () => {
  const headings = pages.flatMap(sectionsOf).map(({ page, heading }) => `${page}: ${heading}`);
  expect(headings).toEqual(expect.arrayContaining(Object.keys(places)));
});

test('every block of commands is one for a shell', () => {
  for (const {
    script,
    commands: [first],
  } of blocks)
    expect(spawnSync('bash', ['-n', '-c', script]).stderr.toString(), first && where(first)).toBe('');
});

test.each(pages)('%s: every link within the repository leads somewhere', (page) => {
  const text = textOf(page);
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, one, other]) => one ?? other ?? '',
  );
  const nowhere = targets.filter((target) => {
    if (target.startsWith('https://')) return false;
    const [file = '', anchor] = target.split('#');
    const at = file === '' ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(root, at))) return true;
    return anchor !== undefined && !anchorsOf(at).includes(anchor);
  });
  expect(nowhere).toEqual([]);
});

function anchorsOf(page: string): readonly string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('each test that the page on security names is there, by its name', () => {
  const named = [...textOf('docs/security.md').matchAll(/\]\(\.\.\/(test\/[^)]+)\) “([^”]+)”/g)];
  expect(named.length).toBeGreaterThan(20);
  for (const [, file = '', name = ''] of named) {
    const text = textOf(file).replaceAll(String.raw`\'`, "'");
    expect(text.includes(name), `${file}: ${name}`).toBe(true);
  }
});

test.each(
  [...inBlocks, ...inline]
    .filter((one) => /^(?:fix-sans|node dist\/fix-sans\.c?js|kubectl fix-sans) /.test(one.text))
    .map((one) => [where(one), one] as const),
)('%s: command and flags are there', async (_, { text }) => {
  const [, name = '', rest = ''] = /fix-sans(?:\.c?js)? (?:COMMAND|(\S+))(.*)$/.exec(text) ?? [];
  if (name === '') return;
  expect([...commands.map((one) => one.name), '--version', '--help']).toContain(name);
  if (name.startsWith('-')) return;
  const { stdout: help } = await runCli([name, '--help']);
  const known = new Set(help.match(/(?<=[\s,])--?[a-zA-Z][\w-]*/g));
  for (const flag of rest.replaceAll(/"[^"]*"|'[^']*'/g, '').match(/(?<=\s)--?[a-zA-Z][\w-]*/g) ?? [])
    expect(known, `${text}: ${flag}`).toContain(flag);
});

describe('what is not typed', () => {
  const others = [...inBlocks, ...inline].flatMap((command) => {
    const untyped = untypedAs(command);
    return untyped === undefined ? [] : [{ command, untyped, what: where(command) }];
  });

  test('inline commands are the program’s own, or in the table', () => {
    for (const one of inline.filter(({ text }) => !/^(?:fix-sans|node dist\/fix-sans\.c?js) /.test(text)))
      expect(untypedAs(one), where(one)).toBeDefined();
  });

  const { scripts } = JSON.parse(textOf('package.json')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  test.each(others.filter(({ untyped }) => untyped.look === 'scripts-and-files'))(
    '$what: names what is there',
    ({ command: { text } }) => expect(absentOf(text)).toEqual([]),
  );

  /** Scripts of npm, parts of the bench, projects, files and flags that are named and not there. */
  function absentOf(text: string): readonly string[] {
    const [, script] = /^npm run (?:--silent )?(\S+)/.exec(text) ?? [];
    const [, parts = ''] = /^npm run bench -- (.*)$/.exec(text) ?? [];
    const [, project] = /--project (\S+)/.exec(text) ?? [];
    const files = text.match(/(?<=^|[ /=])(?:\.\/)?(?:scripts|test|docs|playbooks)\/[\w./-]+/g) ?? [];
    const flags = text.match(/(?<=^\.\/scripts\/(?:demo|test) .*)--[a-z-]+/g) ?? [];
    const own = text.startsWith('./scripts/test') ? 'scripts/all-tests.ts' : 'scripts/demo.ts';
    return [
      ...(script === undefined || script in scripts ? [] : [script]),
      ...parts.split(' ').filter((part) => !textOf('scripts/bench.ts').includes(part)),
      ...(project === undefined || textOf('test/vitest.config.ts').includes(`name: '${project}'`)
        ? []
        : [project]),
      ...files.filter((file) => !existsSync(path.join(root, file))),
      ...flags.filter((flag) => !textOf(own).includes(`'${flag}'`)),
    ];
  }

  test.each(others.filter(({ untyped }) => untyped.look === 'lab'))(
    '$what: the lab knows it',
    ({ command: { text } }) => {
      const [, verb = '', word = ''] = /^scripts\/lab (\S+)(?: (\S+))?/.exec(text) ?? [];
      expect(textOf('test/lab/cli.ts')).toMatch(new RegExp(String.raw`\b${verb}\b`));
      const isThere = word === 'simulated' || existsSync(path.join(root, `kind-configs/${word}.yaml`));
      expect(verb !== 'up' || isThere).toBe(true);
    },
  );

  test.each(others.filter(({ untyped }) => untyped.look === 'playbook'))(
    '$what: playbook and arguments are there',
    ({ command: { text } }) => {
      const [, playbook = ''] = /^ansible-playbook (\S+)/.exec(text) ?? [];
      expect(existsSync(path.join(root, playbook))).toBe(true);
      const specs = textOf('playbooks/roles/fix_sans/meta/argument_specs.yml');
      expect(parse(specs, { merge: true })).toHaveProperty('argument_specs');
      for (const [name] of text.matchAll(/fix_sans_[a-z_]+/g)) expect(specs).toContain(`${name}:`);
    },
  );
});

describe('what the program itself prints to be typed', () => {
  test('the examples below each help are for a shell, and have flags that are there', async () => {
    for (const { name } of commands) {
      const { stdout: help } = await runCli([name, '--help']);
      const known = new Set(help.match(/(?<=[\s,])--?[a-zA-Z][\w-]*/g));
      for (const [, typed = ''] of help.matchAll(/^ {2}(fix-sans \S.*)$/gm)) {
        expect(spawnSync('bash', ['-n', '-c', typed]).status, typed).toBe(0);
        const own = / fix-sans (\S+)/.exec(` ${typed}`)?.[1];
        if (own !== name) continue;
        for (const flag of typed.replaceAll(/"[^"]*"|'[^']*'/g, '').match(/(?<=\s)--[a-zA-Z][\w-]*/g) ?? [])
          expect(known, typed).toContain(flag);
      }
    }
  });

  test('the way by hand is a script for a shell', async () => {
    const { stdout } = await runCli(['help', 'by-hand']);
    const script = stdout
      .split('\n')
      .filter((line) => line.startsWith('     '))
      .map((line) => line.slice(5))
      .join('\n');
    expect(script).toContain('kubeadm init phase certs apiserver');
    expect(spawnSync('bash', ['-n', '-c', script]).stderr.toString()).toBe('');
  });
});
