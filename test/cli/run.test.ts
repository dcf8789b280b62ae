import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { exitCodes, worstExit } from '../../src/model/exit-code.ts';
import { type ExitUser, exitUses, exitUsesOf } from '../../src/model/exit-uses.ts';
import { runCli } from '../support/run-cli.ts';

test.each([
  { argv: ['explan', 'x'], says: "unknown command 'explan'", hint: 'Did you mean explain?' },
  {
    argv: ['explain', '--fromat', 'json', 'x'],
    says: "unknown option '--fromat'",
    hint: 'Did you mean --format?',
  },
  {
    argv: ['explain', '--format', 'xml', 'x'],
    says: 'Allowed choices are text, json, markdown',
    hint: 'see fix-sans explain --help',
  },
  {
    argv: ['explain', '--format'],
    says: "option '-f, --format <format>' argument missing",
    hint: 'see fix-sans explain --help',
  },
  { argv: ['--bogus'], says: "unknown option '--bogus'", hint: 'options of a command come after its name' },
  {
    argv: ['--node', 'ops@cp1', '-i', 'key'],
    says: "unknown option '--node'",
    hint: 'did you mean fix-sans inspect --node ops@cp1 -i key?',
  },
  {
    argv: ['--node=cp1', 'inspect'],
    says: 'unknown option',
    hint: 'did you mean fix-sans inspect --node=cp1?',
  },
  {
    argv: ['--node', 'cp1; reboot'],
    says: "unknown option '--node'",
    hint: 'did you mean fix-sans inspect --node …?',
  },
  { argv: ['--format', 'json'], says: 'unknown option', hint: 'options of a command come after its name' },
  {
    argv: ['inspect', '--endpoint', '127.0.0.1:1', '--report', 'json=-'],
    says: '--report json=- does not write to stdout: it would make a file called -',
    hint: 'for stdout: --format json; for a file of this name: --report json=./-',
  },
  { argv: ['version'], says: "unknown command 'version'", hint: 'fix-sans --version' },
  { argv: ['x509: not 10.0.0.1'], says: 'unknown command', hint: 'fix-sans explain "the text"' },
  { argv: ['explain', '-o', 'json', 'x'], says: "unknown option '-o'", hint: '--format json' },
  { argv: ['explain', 'curl', '-k', 'https://x'], says: "unknown option '-k'", hint: 'quote the text' },
  { argv: ['explain', '-bash: kubectl: x509'], says: 'unknown option', hint: 'put -- before' },
  {
    argv: ['help', 'nonsense'],
    says: 'there is no help on "nonsense"',
    hint: 'topics are by-hand, config, environment, exit-codes, explain, inspect, plan, apply, rollback, runs, show, verify, help, completion',
  },
  { argv: ['explain', ''], says: 'the text is empty', hint: 'give the error as text' },
  {
    argv: ['explain', '/no/such/file.log'],
    says: 'cannot read the file /no/such/file.log',
    hint: 'give the error as text',
  },
  { argv: ['explain', 'src'], says: 'src is a folder', hint: 'give the error as text' },
])('$argv is a usage error with one sentence and a hint', async ({ argv, says, hint }) => {
  const { code, stdout, stderr } = await runCli(argv);
  expect(code).toBe(64);
  expect(stdout).toBe('');
  expect(stderr).toContain(says);
  expect(stderr).toContain(hint);
  expect(stderr.trim().split('\n')).toHaveLength(2);
});

test('no arguments: help on stderr and 64', async () => {
  const { code, stdout, stderr } = await runCli([]);
  expect(code).toBe(64);
  expect(stdout).toBe('');
  expect(stderr).toContain('Usage: fix-sans');
});

test.each([[['--help']], [['help']], [['explain', '--help']], [['help', 'explain']]])(
  '%s prints help on stdout and exits 0',
  async (argv) => {
    const { code, stdout, stderr } = await runCli(argv);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: fix-sans');
    expect(stderr).toBe('');
  },
);

test('help on a command is the same either way', async () => {
  const [flag, topic] = await Promise.all([runCli(['explain', '--help']), runCli(['help', 'explain'])]);
  expect(topic.stdout).toBe(flag.stdout);
});

test('help exit-codes prints every code, and docs/exit-codes.md has the same table', async () => {
  const { stdout } = await runCli(['help', 'exit-codes']);
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/exit-codes.md'), 'utf8');
  for (const { code, meaning } of Object.values(exitCodes)) {
    expect(stdout).toMatch(new RegExp(`^ +${code}  ${meaning.replace(/[()]/g, '\\$&')}$`, 'm'));
    expect(page).toContain(`| ${code} | ${meaning} |`);
  }
});

test('what each command means by its exit codes is in its help, in the topic and in docs/exit-codes.md', async () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/exit-codes.md'), 'utf8');
  const { stdout: topic } = await runCli(['help', 'exit-codes']);
  const users = Object.keys(exitUses) as ExitUser[];
  expect(users).toEqual(
    commands.map(({ name }) => name).filter((name) => name !== 'help' && name !== 'completion'),
  );
  for (const command of users) {
    const uses = exitUsesOf(command);
    const codes = uses.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].toSorted((one, other) => one - other));
    expect(page).toContain(
      `| \`${command}\` | ${uses.map(({ code, meaning }) => `${code} ${meaning}`).join('; ')} |\n`,
    );
    const lines = (width: number) =>
      uses.map(({ code, meaning }) => `  ${String(code).padStart(width)}  ${meaning}\n`).join('');
    expect(topic).toContain(`\n${command}\n${lines(3)}`);
    const { stdout: help } = await runCli([command, '--help']);
    expect(help).toContain(`\nExit codes:\n${lines(2)}\n`);
  }
});

test.each([
  [['ok'], 0],
  [['ok', 'temporary'], 75],
  [['temporary', 'failed'], 1],
  [['changesNeeded', 'failed'], 2],
  [['notSan', 'changesNeeded'], 8],
  [['partial', 'notSan'], 3],
  [['locked', 'partial'], 6],
  [['refused', 'locked'], 7],
  [['authentication', 'refused'], 4],
  [['interrupted', 'authentication'], 130],
  [['rolledBack', 'interrupted'], 5],
  [['needsHuman', 'rolledBack', 'terminated'], 9],
  [[], 0],
] as const)('of %j the exit code is %i', (names, code) => {
  expect(worstExit(names)).toBe(code);
});
