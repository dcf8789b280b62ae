import path from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { progressLine } from '../../src/cli/progress.ts';
import { reachOptionsOf } from '../../src/cli/reach-options.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { Resolved } from '../../src/nodes/resolve.ts';
import { usualLimits } from '../../src/reach/transport.ts';

function ioWith(isTTY: boolean, env: Io['env'] = { HOME: '/home/ops' }) {
  const written: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const io: Io = {
    stdin,
    stdout: { write: () => true },
    stderr: { isTTY, write: (text) => written.push(text) },
    env,
  };
  return { io, stdin, written };
}

const none: Resolved['ssh'] = {};
const nobody = ioWith(false).io;

test('with nothing said it is ssh2, sudo, and checked host keys', () => {
  expect(reachOptionsOf({}, none, nobody)).toMatchObject({
    transport: 'ssh2',
    become: 'sudo',
    identityFiles: [],
    acceptNewHostKeys: false,
    isInteractive: false,
    limits: usualLimits,
    home: '/home/ops',
  });
  const given = reachOptionsOf({}, none, nobody);
  expect(
    ['user', 'knownHostsFiles', 'sshConfigFile', 'becomePassword'].filter((key) => key in given),
  ).toEqual([]);
});

describe('a flag goes before the file', () => {
  const file: Resolved['ssh'] = {
    user: 'file',
    identityFiles: ['/file/key'],
    knownHostsFiles: ['/file/known'],
    configFile: '/file/config',
    transport: 'openssh',
    become: 'none',
  };

  test('which counts where no flag is', () => {
    expect(reachOptionsOf({}, file, nobody)).toMatchObject({
      user: 'file',
      identityFiles: ['/file/key'],
      knownHostsFiles: ['/file/known'],
      sshConfigFile: '/file/config',
      transport: 'openssh',
      become: 'none',
    });
  });

  test('and is not mixed with it', () => {
    const flags = {
      user: 'flag',
      identity: ['/flag/key'],
      knownHosts: ['/flag/known'],
      sshConfig: 'none',
      transport: 'ssh2',
      helper: true,
      acceptNewHostKeys: true,
      connectTimeout: '2s',
      timeout: '90s',
    };
    expect(reachOptionsOf(flags, file, nobody)).toMatchObject({
      user: 'flag',
      identityFiles: ['/flag/key'],
      knownHostsFiles: ['/flag/known'],
      sshConfigFile: 'none',
      transport: 'ssh2',
      become: 'helper',
      acceptNewHostKeys: true,
      limits: { ...usualLimits, connectTimeoutMs: 2000, commandTimeoutMs: 90_000 },
    });
  });
});

test('the default of a flag, which commander fills in, does not go before the file', async () => {
  const { buildProgram } = await import('../../src/cli/program.ts');
  let options = {};
  buildProgram('fix-sans', ({ invocation }) => {
    options = invocation.options;
  }).parse(['inspect', '--node', 'cp1'], { from: 'user' });
  expect(reachOptionsOf(options, { transport: 'openssh' }, nobody).transport).toBe('openssh');
});

test.each(['ssh2', 'openssh'])(
  'files beside the user are named whole, whatever folder %s stands in',
  (transport) => {
    const flags = {
      transport,
      identity: ['etc/id', '~/id'],
      knownHosts: ['kh', '../kh'],
      sshConfig: './conf',
    };
    expect(reachOptionsOf(flags, none, nobody)).toMatchObject({
      identityFiles: [path.resolve('etc/id'), '/home/ops/id'],
      knownHostsFiles: [path.resolve('kh'), path.resolve('../kh')],
      sshConfigFile: path.resolve('conf'),
    });
    expect(reachOptionsOf({ transport, sshConfig: 'none', identity: [''] }, none, nobody)).toMatchObject({
      sshConfigFile: 'none',
      identityFiles: [''],
    });
  },
);

describe('--ask-become-pass', () => {
  test('without a terminal is a user error before anything is contacted', () => {
    expect(() => reachOptionsOf({ askBecomePass: true }, none, nobody)).toThrow(UserError);
    expect(() => reachOptionsOf({ askBecomePass: true }, none, nobody)).toThrow(/needs a terminal/);
  });

  test('asks once for all nodes, and not before a node needs it', async () => {
    const { io, stdin, written } = ioWith(true);
    const { becomePassword } = reachOptionsOf({ askBecomePass: true }, none, io);
    expect(written).toEqual([]);
    if (becomePassword === undefined) throw new Error('there is nothing to ask');
    const answers = [becomePassword(), becomePassword()];
    stdin.write('geheim\n');
    expect(await Promise.all(answers)).toEqual(['geheim', 'geheim']);
    expect(written.filter((text) => text.includes('password'))).toHaveLength(1);
  });
});

test('a question and what is said begin on a line of their own, and the progress waits for the answer', async () => {
  const { io, stdin, written } = ioWith(true, { HOME: '/home/ops', TERM: 'xterm' });
  const line = progressLine(io, false);
  const { ask, say } = reachOptionsOf({}, none, io, line);
  line.show({ done: 0, running: 2, failed: 0, total: 2 });
  const answer = ask('Passphrase of key: ', { isSecret: true });
  await sleep(5);
  line.show({ done: 1, running: 1, failed: 0, total: 2 });
  say('a note');
  expect(written.join('').split('\r\u001b[K').at(-1)).toBe('Passphrase of key: ');
  stdin.write('geheim\n');
  expect(await answer).toBe('geheim');
  expect(written.slice(-3)).toEqual([
    '\n',
    'fix-sans: a note\n',
    '\r\u001b[Kreading nodes: 1 of 2 done, 1 running, 0 failed',
  ]);
});

test('what is said while nodes are reached goes to stderr, with our name before it', () => {
  const { io, written } = ioWith(false);
  reachOptionsOf({}, none, io).say('added a host key');
  expect(written).toEqual(['fix-sans: added a host key\n']);
});

test('without HOME the home of the account is taken', () => {
  expect(reachOptionsOf({}, none, ioWith(false, {}).io).home).toMatch(/^\//);
});
