/** `--helper` for a user who is root already: the helper itself is run, and a node without sudo will do. */
import { expect, test } from 'vitest';
import { openLocal } from '../../src/reach/local.ts';
import { helperPath } from '../../src/reach/become.ts';
import { openOpenssh } from '../../src/reach/openssh/open.ts';
import { query } from '../../src/reach/reader.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import { makeHome, startFakeSshd } from '../support/fake-sshd.ts';
import { readerOf, troubleOf } from './contract.ts';

const asked = query('helper', 'say a 1');

test.each([
  ['ssh2', openSsh2],
  ['openssh', openOpenssh],
] as const)('%s', async (transport, open) => {
  using home = makeHome();
  const commands: string[] = [];
  await using sshd = await startFakeSshd({
    userKey: home.userKey.public,
    exec: (channel, command) => {
      commands.push(command);
      channel.stderr.write(`env: '${helperPath}': No such file or directory\n`);
      channel.exit(127);
      channel.end();
    },
  });
  home.write('known_hosts', `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
  const options = home.options({
    transport,
    user: 'root',
    env: { PATH: process.env['PATH'], HOME: home.folder },
  });
  await using opened = await open({ via: 'ssh', host: '127.0.0.1', port: sshd.port }, options);
  expect(await troubleOf(readerOf(opened, 'helper').query(asked))).toMatchObject({ code: 'no-program' });
  expect(commands).toEqual([`env LC_ALL=C ${helperPath}`]);
});

test.runIf(process.getuid?.() === 0)(
  'local: a helper that is not there is said to be missing, not sudo',
  async () => {
    await using opened = openLocal();
    expect(await troubleOf(readerOf(opened, 'helper').query(asked))).toMatchObject({
      code: 'no-program',
      message: `the helper is not on the node: ${helperPath}`,
    });
  },
);
