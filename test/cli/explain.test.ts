import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

const error = 'x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56';
const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-'));
const log = path.join(folder, 'kubelet.log');
writeFileSync(log, `${error}\n${error}\n`);
afterAll(() => rmSync(folder, { recursive: true }));

function counts(stdout: string): Record<string, number> {
  const { names } = JSON.parse(stdout) as { names: { value: string; count: number }[] };
  return Object.fromEntries(names.map(({ value, count }) => [value, count]));
}

describe('where the text comes from', () => {
  test.each([
    { title: 'an argument', argv: [error], counts: { '10.220.70.56': 1 } },
    { title: 'an argument without quotes', argv: error.split(' '), counts: { '10.220.70.56': 1 } },
    { title: 'a file', argv: [log], counts: { '10.220.70.56': 2 } },
    { title: 'two files', argv: [log, log], counts: { '10.220.70.56': 4 } },
    { title: 'a file and a text', argv: [log, error], counts: { '10.220.70.56': 3 } },
    { title: 'stdin when no argument is given', argv: [], stdin: error, counts: { '10.220.70.56': 1 } },
    { title: 'stdin when the argument is -', argv: ['-'], stdin: error, counts: { '10.220.70.56': 1 } },
    { title: 'stdin and a file', argv: ['-', log], stdin: error, counts: { '10.220.70.56': 3 } },
  ])('$title', async ({ argv, stdin, counts: expected }) => {
    const result = await runCli(
      ['explain', '--format', 'json', ...argv],
      stdin === undefined ? {} : { stdin },
    );
    expect(result.code).toBe(2);
    expect(counts(result.stdout)).toEqual(expected);
    expect(result.stderr).toBe('');
  });

  test('two texts do not run into one another', async () => {
    const result = await runCli(['explain', '-f', 'json', log, '-'], { stdin: 'not 10.0.0.1' });
    expect(counts(result.stdout)).toEqual({ '10.220.70.56': 2 });
  });

  test('an empty stdin, and a terminal without a text, are usage errors', async () => {
    for (const given of [{ stdin: '' }, { stdin: '\n \n' }, { terminal: true }]) {
      const { code, stdout } = await runCli(['explain'], given);
      expect([code, stdout]).toEqual([64, '']);
    }
  });

  test('a pasted text is asked for on stderr, unless --quiet', async () => {
    const loud = await runCli(['explain', '-'], { terminal: true, stdin: error });
    expect(loud.stderr).toContain('Ctrl-D');
    const quiet = await runCli(['explain', '-', '--quiet'], { terminal: true, stdin: error });
    expect(quiet.stderr).toBe('');
  });
});

describe('exit codes', () => {
  test.each([
    { text: error, code: 2 },
    { text: `${error}\nx509: certificate signed by unknown authority`, code: 2 },
    { text: 'x509: certificate signed by unknown authority', code: 8 },
    { text: 'x509: something that nobody ever said', code: 1 },
    { text: 'hello', code: 1 },
  ])('$code for $text', async ({ text, code }) => {
    for (const format of ['text', 'json', 'markdown']) {
      const result = await runCli(['explain', '--format', format, text]);
      expect(result.code).toBe(code);
      expect(result.stdout).not.toBe('');
    }
  });

  test('the JSON says the exit code too', async () => {
    const { stdout, code } = await runCli(['explain', '--format', 'json', error]);
    expect(JSON.parse(stdout)).toMatchObject({ formatVersion: '1.0', command: 'explain', exitCode: code });
  });
});

describe('colour', () => {
  const escape = '\u001b[';
  test.each([
    { title: 'a terminal', terminal: true, env: {}, colour: true },
    { title: 'a pipe', terminal: false, env: {}, colour: false },
    { title: 'NO_COLOR', terminal: true, env: { NO_COLOR: '1' }, colour: false },
    { title: 'an empty NO_COLOR', terminal: true, env: { NO_COLOR: '' }, colour: true },
    { title: 'a dumb terminal', terminal: true, env: { TERM: 'dumb' }, colour: false },
    { title: 'CLICOLOR_FORCE in a pipe', terminal: false, env: { CLICOLOR_FORCE: '1' }, colour: true },
    { title: 'CLICOLOR_FORCE=0 in a pipe', terminal: false, env: { CLICOLOR_FORCE: '0' }, colour: false },
    {
      title: 'NO_COLOR against CLICOLOR_FORCE',
      terminal: true,
      env: { NO_COLOR: '1', CLICOLOR_FORCE: '1' },
      colour: false,
    },
  ])('$title', async ({ terminal, env, colour }) => {
    const { stdout } = await runCli(['explain', error], { terminal, env });
    expect(stdout.includes(escape)).toBe(colour);
  });
});

describe('hostile text', () => {
  const names = [
    'evil.ex\u202eample.com',
    'a\u200bb.example.com',
    'a\u0007b.example.com',
    'a\u009bb.example.com',
    '`id`.example.com',
  ];
  test.each(names)('%j reaches no terminal as it is, and is never suggested', async (name) => {
    for (const format of ['text', 'markdown']) {
      const { stdout } = await runCli([
        'explain',
        '--format',
        format,
        `x509: certificate is valid for a, not ${name}`,
      ]);
      expect(stdout).not.toMatch(
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/,
      );
    }
    const { stdout } = await runCli([
      'explain',
      '--format',
      'json',
      `x509: certificate is valid for a, not ${name}`,
    ]);
    const found = JSON.parse(stdout) as { names: { verdict: string }[] };
    expect(found.names.filter(({ verdict }) => verdict === 'add')).toEqual([]);
  });

  test('a carriage return cannot overwrite what was printed', async () => {
    const { stdout } = await runCli([
      'explain',
      'x509: certificate is valid for a, not b.example\rx509: fine',
    ]);
    expect(stdout).not.toContain('\r');
  });

  test('Markdown cells and code spans cannot be left', async () => {
    const text =
      'Get "https://x`|<b>.example:6443/api": x509: certificate is valid for kubernetes, not x`|<b>.example';
    const { stdout } = await runCli(['explain', '--format', 'markdown', text]);
    for (const line of stdout.split('\n').filter((one) => one.startsWith('| '))) {
      expect(line.replace(/`+[^`]*`+|\\\|/g, '')).not.toMatch(/</);
    }
  });

  test('20,000 different names are counted, and the first thousand listed', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, index) => `x509: certificate is valid for kubernetes, not h${index}.example.com`,
    );
    const { stdout, code } = await runCli(['explain', '--format', 'json'], { stdin: lines.join('\n') });
    const found = JSON.parse(stdout) as {
      names: unknown[];
      causes: { count: number }[];
      notes: { code: string }[];
    };
    expect(code).toBe(2);
    expect(found.names).toHaveLength(1000);
    expect(found.causes[0]?.count).toBe(20_000);
    expect(found.notes.map((note) => note.code)).toContain('too-many-names');
  });
});
