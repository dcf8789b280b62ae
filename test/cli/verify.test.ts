/** What `fix-sans verify` says to what is typed wrong; verify.slow.test.ts runs it against simulated nodes. */
import { describe, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

describe('what is typed wrong is said before anything is contacted, exit 64', () => {
  test.each([
    [['--wait', '5'], 'did you mean --wait 5s?'],
    [['--pod', 'x'], 'write namespace/name'],
    [['--pod', 'a/b', '--without-pods'], 'do not go together'],
    [['--walk', '--without-pods'], 'leave one of them out'],
    [['--plan', '/nowhere'], 'cannot read --plan /nowhere: it is not there'],
    [['--plan', '/dev/zero'], '--plan /dev/zero is no file'],
    [['--report', 'prometheus=/nowhere/x'], 'there is no folder /nowhere'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await runCli(['verify', '--node', 'ops@192.0.2.1', ...args]);
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

test.each(['plan', 'verify'])('%s says that it understood nothing of --from-error', async (command) => {
  const argv = [command, '--from-error', '-', '--endpoint', '127.0.0.1:1'];
  const words = 'nothing in the text of --from-error was understood';
  expect((await runCli(argv, { stdin: 'hello\n' })).stderr).toContain(words);
  expect((await runCli([...argv, '--quiet'], { stdin: 'hello\n' })).stderr).not.toContain(words);
  const known = 'x509: certificate is valid for 10.96.0.1, not api.example.invalid';
  expect((await runCli(argv, { stdin: known })).stderr).not.toContain(words);
});
