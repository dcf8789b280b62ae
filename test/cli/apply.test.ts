/** What `apply`, `rollback` and `runs` refuse before anything is contacted. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isConfirmedBy } from '../../src/cli/confirm.ts';
import type { Io } from '../../src/cli/io.ts';
import { auditFile, eventLog, whoRuns, writeAudit } from '../../src/cli/run-log.ts';
import { newRunName } from '../../src/cli/run-ports.ts';
import { isHostile } from '../../src/model/display.ts';
import { runCli } from '../support/run-cli.ts';
import { sampleRollouts } from '../support/sample-rollouts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-apply-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const node = '--node=ops@192.0.2.1';

test.each([
  [['apply', node], 'nobody sits at a terminal', 'say --yes; to see first what would be done: fix-sans plan'],
  [
    ['rollback', node],
    'nobody sits at a terminal',
    'say --yes; to see first which runs there are: fix-sans runs',
  ],
  [['apply', node, '--yes', '--helper'], '--helper can only inspect', 'a user with sudo'],
  [['rollback', node, '--yes', '--helper'], '--helper can only inspect', 'a user with sudo'],
  [['runs', node, '--helper'], '--helper can only inspect', 'a user with sudo'],
  [
    ['apply', node, '--yes', '--dead-man=2m'],
    '--dead-man 120s is too short: an API server may take 75 s to reload, 60 s to restart and 60 s to settle',
    'give more than 195s',
  ],
  [['apply', node, '--yes', '--settle=5'], '--settle 5 is no duration', 'did you mean --settle 5s?'],
  [
    ['apply', node, '--yes', '--plan=x.json', '--san=a.example'],
    '--plan and --san do not go together',
    'plan again',
  ],
  [
    ['apply', node, '--yes', '--csr-dir=/tmp', '--signed-cert=x'],
    '--csr-dir and --signed-cert do not go together',
    'first the requests are written',
  ],
  [['apply', node, '--yes', '--csr-dir=/nonexistent/x'], '--csr-dir: there is no folder', 'make it first'],
  [
    ['apply', node, '--yes', '--signed-cert=/etc/hostname'],
    '--signed-cert /etc/hostname is no certificate',
    'in PEM',
  ],
  [
    ['apply', node, '--yes', '--plan=/nonexistent/x.json'],
    'the plan /nonexistent/x.json cannot be read',
    'plan --out',
  ],
  [
    ['apply', node, '--yes', '--report=pdf=x'],
    '--report knows no format pdf',
    'formats: text, json, markdown, html',
  ],
  [
    ['rollback', 'a', 'b', node, '--yes'],
    'rollback takes one run, but was given b too',
    'one run at a time; fix-sans runs lists them',
  ],
  [
    ['apply', node, '--yes', '--pre-node=/nonexistent/hook'],
    '--pre-node /nonexistent/hook is no program that can be run',
    'nothing was contacted',
  ],
  [
    ['rollback', node, '--yes', '--on-failure=no-such-program'],
    '--on-failure no-such-program is no program that can be run in a folder of PATH',
    'chmod +x',
  ],
  [
    ['apply', node, '--dry-run', '--csr-dir=/tmp'],
    '--dry-run and --csr-dir do not go together',
    'leave --dry-run out',
  ],
  [['apply', node, '--dry-run', '--post-node=/dev/null'], '--post-node /dev/null is no program', 'chmod'],
  [
    ['apply', node, '--dry-run', '--plan=/nonexistent/x.json'],
    'the plan /nonexistent/x.json cannot be read',
    'plan --out',
  ],
  [['rollback', '../../etc', node, '--yes'], '../../etc is no name of a run', 'fix-sans runs lists them'],
] as const)('%j is a mistake at the keyboard', async (argv, sentence, hint) => {
  const { code, stdout, stderr } = await runCli(argv);
  expect(stderr).toContain(sentence);
  expect(stderr).toContain(hint);
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
});

test('a plan file that was changed on the way is refused, before any node is asked', async () => {
  const file = path.join(folder, 'plan.json');
  writeFileSync(file, '{"kind":"fix-sans plan","formatVersion":1,"digest":"0","plan":{}}\n');
  const { code, stderr } = await runCli(['apply', node, '--yes', `--plan=${file}`]);
  expect(stderr).toContain('it was changed by hand or on the way');
  expect(code).toBe(7);
});

test('the name of a run sorts by time, and nothing in it means anything to a shell', () => {
  expect(newRunName(new Date('2026-11-21T13:52:00.123Z'))).toMatch(/^20261121T135200Z-[0-9a-f]{8}$/);
});

test('who runs it is one line of printable text, whatever the environment says', () => {
  const who = whoRuns({ SUDO_USER: 'ops\u001b[2J\n', SSH_CONNECTION: '203.0.113.9 5 6 7' });
  expect(who).toMatch(/^ops\?\[2J\?@\S+ from 203\.0\.113\.9$/);
});

test('the audit file is where the state of a user’s programs is', () => {
  expect(auditFile({ XDG_STATE_HOME: '/s', HOME: '/h' })).toBe('/s/fix-sans/audit.ndjson');
  expect(auditFile({ XDG_STATE_HOME: 'relative', HOME: '/h' })).toBe('/h/.local/state/fix-sans/audit.ndjson');
});

test('what a node said stands in the files as it was said, and no terminal obeys it', async () => {
  const file = path.join(folder, 'events.ndjson');
  const log = await eventLog(file, '20261121T120000Z-1a2b3c4d');
  log({ at: '2026-11-21T12:00:00Z', node: 'cp1\u202e', event: 'failed', detail: 'a\u001b[2J\nb' });
  log({ at: '2026-11-21T12:00:01Z', event: 'ended' });
  const text = readFileSync(file, 'utf8');
  const [first = '', second = ''] = text.trim().split('\n');
  expect(JSON.parse(first)).toMatchObject({ node: 'cp1\u202e', detail: 'a\u001b[2J\nb' });
  expect(JSON.parse(second)).toMatchObject({ run: '20261121T120000Z-1a2b3c4d', event: 'ended' });
  expect(isHostile(text.replaceAll('\n', ''))).toBe(false);
});

test('the audit file gets one line a run, for its owner alone; where it cannot be written that is said', async () => {
  const poisoned = sampleRollouts('\u001b[2J').stuck;
  let said = '';
  const io = {
    stdin: Object.assign(Readable.from([]), {}),
    stdout: { write: () => true },
    stderr: { write: (words: string) => (said += words) },
    env: { XDG_STATE_HOME: folder },
  };
  await writeAudit(poisoned, io);
  await writeAudit(poisoned, io);
  const file = auditFile(io.env);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    exitCode: 9,
    nodes: [{ state: 'stuck' }, { state: 'untouched' }],
  });
  expect(isHostile(lines.join(''))).toBe(false);
  expect([statSync(file).mode & 0o777, statSync(path.dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(said).toBe('');
  await writeAudit(poisoned, { ...io, env: { XDG_STATE_HOME: path.join(file, 'no') } });
  expect(said).toContain('the audit line could not be written');
});

test.each([
  ['y\n', true],
  ['Yes\n', true],
  ['\n', false],
  ['n\n', false],
  ['yesterday\n', false],
])('%j means yes: %j', async (typed, isYes) => {
  expect(await isConfirmedBy(terminal(typed), 'Change it?', undefined)).toBe(isYes);
});

test('Ctrl-C at the question is no answer, and is not waited for', async () => {
  const stop = new AbortController();
  const asked = isConfirmedBy(terminal(), 'Change it?', stop.signal);
  stop.abort(new Error('stopped by SIGINT'));
  await expect(asked).rejects.toThrow('stopped by SIGINT');
});

/** Somebody who types this, or nothing at all. */
function terminal(typed?: string): Io {
  const stdin = new Readable({ read: () => undefined });
  if (typed !== undefined) stdin.push(typed);
  const output = { isTTY: true, write: () => true };
  return { stdin: Object.assign(stdin, { isTTY: true }), stdout: output, stderr: output, env: {} };
}
