/** What `fix-sans verify` says to what is typed wrong; verify.slow.test.ts runs it against simulated nodes. */
import { describe, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

describe('what is typed wrong is said before anything is contacted, exit 64', () => {
  test.each([
    [['--wait', '5'], 'did you mean --wait 5s?'],
    [['--pod', 'x'], 'write namespace/name'],
    [['--pod', 'a/b', '--without-pods'], 'do not go together'],
    [['--walk', '--without-pods'], 'leave one of them out'],
    [['--probe-image', 'pause:3.10', '--without-pods'], 'do not go together'],
    [['--probe-image', 'pause:3.10', '--pod', 'a/b'], 'do not go together'],
    [['--probe-image', 'pause;id'], '--probe-image pause;id is no name of an image'],
    [['--probe-image', 'https://registry.k8s.io/pause'], 'is no name of an image'],
    [['--plan', '/nowhere'], 'the plan /nowhere cannot be read'],
    [['--plan', '/dev/zero'], 'is not a regular file'],
    [['--report', 'prometheus=/nowhere/x'], 'there is no folder /nowhere'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await runCli(['verify', '--node', 'ops@192.0.2.1', ...args]);
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});
