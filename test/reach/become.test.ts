/** The commands that a node is given are constants, and a refusal there is told with the line that lifts it. */
import { describe, expect, test } from 'vitest';
import { remoteCommand, whyNotStarted } from '../../src/reach/become.ts';
import type { Ran } from '../../src/reach/transport.ts';

function ran(stderr: string, stdout = ''): Ran {
  return { exitCode: 1, stdout: Buffer.from(stdout), stderr };
}

test('there are five commands, and nothing in them comes from outside', () => {
  const all = (['login', 'root', 'helper'] as const).flatMap((as) =>
    [true, false].flatMap((isRoot) =>
      [true, false].map((hasPassword) => remoteCommand(as, { isRoot, hasPassword }).line),
    ),
  );
  expect([...new Set(all)].sort()).toEqual([
    '/bin/sh -s',
    'env LC_ALL=C /usr/local/libexec/fix-sans-inspect',
    'env LC_ALL=C sudo -S -p fix-sans-asks-for-the-sudo-password: -- /bin/sh -c ' +
      "'echo fix-sans-has-a-shell >&2; exec /bin/sh -s'",
    'env LC_ALL=C sudo -n -- /bin/sh -s',
    'env LC_ALL=C sudo -n -- /usr/local/libexec/fix-sans-inspect',
  ]);
  expect(remoteCommand('root', { isRoot: true, hasPassword: true }).line).toBe('/bin/sh -s');
  for (const hasPassword of [true, false])
    expect(remoteCommand('helper', { isRoot: true, hasPassword }).line).not.toContain('sudo');
});

describe('why no shell came of it', () => {
  test.each([
    ['sudo: a password is required\n', 'sudo-password', '--ask-become-pass'],
    ['sudo: interactive authentication is required\n', 'sudo-password', 'NOPASSWD: ALL'],
    [
      'Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n',
      'sudo-password',
      'by hand',
    ],
    [
      'sudo: Authentication failed, try again.\nsudo: maximum 3 incorrect authentication attempts\n',
      'sudo-password',
      'by hand',
    ],
    ['sudo: sorry, you must have a tty to run sudo\n', 'sudo-tty', 'Defaults:ops !requiretty'],
    ['sudo: sorry, user ops is not allowed to execute', 'sudo-refused', 'ops ALL=(root) NOPASSWD: ALL'],
    ['ops is not in the sudoers file.\n', 'sudo-refused', 'ops ALL=(root) NOPASSWD: ALL'],
    ['Sorry, user ops may not run sudo on n1.\n', 'sudo-refused', 'ops ALL=(root) NOPASSWD: ALL'],
    ["sudo: I'm sorry ops. I'm afraid I can't do that\n", 'sudo-refused', 'NOPASSWD'],
    ["env: 'sudo': No such file or directory\n", 'sudo-refused', 'install sudo'],
    ["env: can't execute 'sudo': No such file or directory\n", 'sudo-refused', 'install sudo'],
    ['sudo: ein Passwort ist notwendig\n', 'sudo-refused', 'NOPASSWD'],
    ['sudo: 抱歉，您必须拥有一个终端来执行 sudo\n', 'sudo-refused', 'NOPASSWD'],
  ])('%s', (stderr, code, hint) => {
    const trouble = whyNotStarted(ran(`banner: sudo is not allowed here\n${stderr}`), 'root', 'ops');
    expect(trouble).toMatchObject({ code, hint: expect.stringContaining(hint), retryable: false });
  });

  test.each([
    ['This account is currently not available.\n', 'This account is currently not available.'],
    ['', 'no word why'],
    ["rbash: line 1: /bin/sh: restricted: cannot specify '/' in command names", 'restricted'],
  ])('a login that runs nothing: %s', (stdout, message) => {
    expect(whyNotStarted(ran('', stdout), 'root', 'ops')).toMatchObject({
      code: 'no-shell',
      message: expect.stringContaining(message),
    });
  });

  test('the helper is missing', () => {
    const text = 'sudo: /usr/local/libexec/fix-sans-inspect: command not found\n';
    expect(whyNotStarted(ran(text), 'helper', 'ops')).toMatchObject({
      code: 'sudo-refused',
      hint: expect.stringContaining('--print-helper'),
    });
  });

  test.each([
    ["env: '/usr/local/libexec/fix-sans-inspect': No such file or directory", 127, '--print-helper'],
    ["env: '/usr/local/libexec/fix-sans-inspect': Permission denied", 126, 'chmod 755'],
  ])('the helper for root, who needs no sudo: %s', (words, exitCode, hint) => {
    const noisy = { ...ran(`motd: please use sudo here\n${words}\n`), exitCode };
    expect(whyNotStarted(noisy, 'helper', 'root')).toMatchObject({
      code: 'no-program',
      message: expect.stringMatching(/^the helper/),
      hint: expect.stringContaining(hint),
    });
  });

  test('a name that is none never stands in a line to paste', () => {
    const { hint } = whyNotStarted(ran('sudo: a password is required\n'), 'root', "x'; reboot; '");
    expect(hint).toContain('USER ALL=(root)');
    expect(hint).not.toContain('reboot');
  });

  test('a signal before the script began may pass', () => {
    expect(whyNotStarted({ ...ran(''), exitCode: undefined, signal: 'KILL' }, 'root')).toMatchObject({
      code: 'failed',
      retryable: true,
    });
  });
});
