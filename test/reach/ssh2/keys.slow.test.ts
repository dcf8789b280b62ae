/** Which keys are offered, in which order, and what is said about those that cannot be. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReachOptions } from '../../../src/reach/options.ts';
import { openSsh2 } from '../../../src/reach/ssh2/open.ts';
import { UserError } from '../../../src/model/user-error.ts';
import { refuseGivenFiles } from '../../../src/reach/given-files.ts';
import { ReachError } from '../../../src/reach/transport.ts';
import { type FakeSshd, type Home, makeHome, makeKey, startFakeSshd } from '../../support/fake-sshd.ts';

let home: Home;
let sshd: FakeSshd;
const closing: Server[] = [];

beforeEach(async () => {
  home = makeHome();
  sshd = await startFakeSshd({ userKey: home.userKey.public });
  home.write('known_hosts', `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
});

afterEach(async () => {
  for (const server of closing.splice(0)) server.close();
  await sshd[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

async function logIn(changes: Partial<ReachOptions> = {}): Promise<void> {
  const options = home.options(changes);
  await using transport = await openSsh2({ via: 'ssh', host: '127.0.0.1', port: sshd.port }, options);
  expect(transport.facts.user).toBe('ops');
}

async function refusal(changes: Partial<ReachOptions> = {}) {
  const error = await logIn(changes).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ReachError);
  return (error as ReachError).trouble;
}

const attempts = (): number => sshd.seen.filter((what) => what === 'auth publickey').length;
const encrypt = (passphrase: string): string =>
  ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 2 }).private;

/** An agent that holds these keys; ssh2's own protocol, so that both sides are not of our making. */
async function startAgent(keys: readonly string[], signs = true): Promise<string> {
  const socket = path.join(home.folder, `agent-${closing.length}`);
  const held = keys
    .map((text) => ssh2.utils.parseKey(text))
    .flatMap((key) => (key instanceof Error ? [] : key));
  const server = createServer((stream) => {
    const agent = new ssh2.AgentProtocol(false);
    agent.on('identities', (request) => agent.getIdentitiesReply(request, held));
    agent.on('sign', (request, key, data, { hash }) => {
      const wanted = ssh2.utils.parseKey(key);
      if (wanted instanceof Error) throw wanted;
      const one = held.find((each) => each.getPublicSSH().equals(wanted.getPublicSSH()));
      if (one && signs) agent.signReply(request, hash ? one.sign(data, hash) : one.sign(data));
      else agent.failureReply(request);
    });
    stream.on('error', () => undefined);
    stream.pipe(agent).pipe(stream);
  });
  closing.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return socket;
}

const withAgent = (socket: string): Partial<ReachOptions> => ({
  identityFiles: [],
  env: { SSH_AUTH_SOCK: socket },
});

describe('an agent', () => {
  test('signs', async () => {
    await logIn(withAgent(await startAgent([home.userKey.private])));
    expect(sshd.seen.at(3)).toBe('login');
  });

  test('signs with RSA by the new signatures', async () => {
    const rsa = makeKey('rsa');
    await using other = await startFakeSshd({ userKey: rsa.public });
    home.write('known_hosts', `[127.0.0.1]:${other.port} ${other.hostKey}\n`);
    const options = home.options(withAgent(await startAgent([rsa.private])));
    await using transport = await openSsh2({ via: 'ssh', host: '127.0.0.1', port: other.port }, options);
    expect(transport.facts.transport).toBe('ssh2');
  });

  test('with many keys shows only the first five, and says so', async () => {
    const many = Array.from({ length: 7 }, () => makeKey().private);
    const trouble = await refusal(withAgent(await startAgent([...many, home.userKey.private])));
    expect(attempts()).toBe(5);
    expect(trouble).toMatchObject({ code: 'authentication', retryable: false });
    expect(trouble.message).toContain('only 5 of 8 keys are tried');
  });

  test('is not asked for others where a key is named', async () => {
    const many = Array.from({ length: 7 }, () => makeKey().private);
    const socket = await startAgent([...many, home.userKey.private]);
    const named = home.write('named.pub', home.userKey.public, 0o644);
    await logIn({ identityFiles: [named], env: { SSH_AUTH_SOCK: socket } });
    expect(attempts()).toBe(2);
  });

  test('that does not sign leaves the turn to the next key', async () => {
    const socket = await startAgent([home.userKey.private], false);
    const trouble = await refusal(withAgent(socket));
    expect(trouble.code).toBe('authentication');
  });

  test('that is dead, empty or silent is named, and nobody is dialled', async () => {
    expect(await refusal(withAgent(path.join(home.folder, 'nowhere')))).toMatchObject({
      code: 'authentication',
      message: expect.stringContaining('no socket is there'),
    });
    expect((await refusal(withAgent(await startAgent([])))).message).toContain('the agent holds no key');
    const silent = path.join(home.folder, 'silent');
    const server = createServer(() => undefined);
    closing.push(server);
    await new Promise<void>((resolve) => server.listen(silent, resolve));
    expect((await refusal(withAgent(silent))).message).toContain('it does not answer');
    expect(sshd.seen).toEqual([]);
  }, 15_000);
});

describe('a key file', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('of type %s logs in', async (type) => {
    const key = makeKey(type);
    await using other = await startFakeSshd({ userKey: key.public });
    home.write('known_hosts', `[127.0.0.1]:${other.port} ${other.hostKey}\n`);
    const options = home.options({ identityFiles: [home.write(`key-${type}`, key.private)] });
    await using transport = await openSsh2({ via: 'ssh', host: '127.0.0.1', port: other.port }, options);
    expect(transport.facts.transport).toBe('ssh2');
  });

  test('that others can read is refused, with the command that mends it', async () => {
    chmodSync(home.keyFile, 0o644);
    expect(await refusal()).toMatchObject({ code: 'key-file', hint: `chmod 600 ${home.keyFile}` });
    expect(sshd.seen).toEqual([]);
  });

  test('that is missing, a folder, of PuTTY, of FIDO or of no known format is named as such', async () => {
    const folder = path.join(home.folder, 'keys');
    mkdirSync(folder);
    const blob = Buffer.concat([
      Buffer.from('openssh-key-v1\0'),
      ...['none', 'none', ''].map((text) => field(text)),
      Buffer.from([0, 0, 0, 1]),
      field(Buffer.concat([field('sk-ssh-ed25519@openssh.com'), Buffer.alloc(40)])),
    ]);
    const fido = `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    const cases: readonly (readonly [string, string, string])[] = [
      [path.join(home.folder, 'gone'), 'does not exist', 'key-file'],
      [folder, 'is a folder', 'key-file'],
      [home.write('putty.ppk', 'PuTTY-User-Key-File-3: ssh-ed25519\n'), 'is a key of PuTTY', 'key-file'],
      [home.write('fido', fido), 'is a FIDO key', 'needs-openssh'],
      [home.write('text', 'hello'), 'is not in a format', 'key-file'],
    ];
    for (const [file, words, code] of cases) {
      const trouble = await refusal({ identityFiles: [file] });
      expect(trouble.message).toContain(words);
      expect(trouble.code).toBe(code);
    }
    expect(sshd.seen).toEqual([]);
  });

  test('that is encrypted is not offered where nobody can be asked', async () => {
    const file = home.write('encrypted', encrypt('secret'));
    expect(await refusal({ identityFiles: [file] })).toMatchObject({
      code: 'key-file',
      message: expect.stringContaining('is encrypted, and there is no terminal'),
      hint: `ssh-add ${file}`,
    });
    expect(sshd.seen).toEqual([]);
  });
});

describe('a passphrase', () => {
  test('is asked for once in a run, and only when the host wants the key', async () => {
    const key = ssh2.utils.generateKeyPairSync('ed25519', {
      passphrase: 'secret',
      cipher: 'aes256-ctr',
      rounds: 2,
    });
    await using other = await startFakeSshd({ userKey: key.public });
    home.write(
      'known_hosts',
      `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n[127.0.0.1]:${other.port} ${other.hostKey}\n`,
    );
    const questions: string[] = [];
    const answers = ['wrong', 'secret'];
    const options = home.options({
      identityFiles: [home.write('encrypted', key.private)],
      isInteractive: true,
      ask: (question, asked) => {
        questions.push(`${question}${asked?.isSecret ? '(secret)' : ''}`);
        return Promise.resolve(answers.shift() ?? '');
      },
    });
    await expect(
      openSsh2({ via: 'ssh', host: '127.0.0.1', port: sshd.port }, options),
    ).rejects.toBeInstanceOf(ReachError);
    expect(questions).toEqual([]);
    const target = { via: 'ssh', host: '127.0.0.1', port: other.port } as const;
    const opened = await Promise.all([openSsh2(target, options), openSsh2(target, options)]);
    for (const transport of opened) await transport[Symbol.asyncDispose]();
    expect(questions).toEqual([
      `Passphrase of ${home.folder}/encrypted: (secret)`,
      `That is not the passphrase (2 tries left).\nPassphrase of ${home.folder}/encrypted: (secret)`,
    ]);
  });

  test('that is wrong three times is not asked for again, and the login says why it ended', async () => {
    const key = ssh2.utils.generateKeyPairSync('ed25519', {
      passphrase: 'secret',
      cipher: 'aes256-ctr',
      rounds: 2,
    });
    await using other = await startFakeSshd({ userKey: key.public });
    home.write('known_hosts', `[127.0.0.1]:${other.port} ${other.hostKey}\n`);
    const questions: string[] = [];
    const options = home.options({
      identityFiles: [home.write('encrypted', key.private)],
      isInteractive: true,
      ask: (question) => {
        questions.push(question);
        return Promise.resolve('wrong');
      },
    });
    const login = openSsh2({ via: 'ssh', host: '127.0.0.1', port: other.port }, options);
    await expect(login).rejects.toMatchObject({
      trouble: {
        code: 'authentication',
        message: expect.stringMatching(/3 wrong passphrases were given for .*encrypted/),
      },
    });
    expect(questions.map((question) => /[(](.*)[)]/.exec(question)?.[1])).toEqual([
      undefined,
      '2 tries left',
      'the last try',
    ]);
  });

  test('that is not given ends the login', async () => {
    const key = ssh2.utils.generateKeyPairSync('ed25519', {
      passphrase: 'secret',
      cipher: 'aes256-ctr',
      rounds: 2,
    });
    await using other = await startFakeSshd({ userKey: key.public });
    home.write('known_hosts', `[127.0.0.1]:${other.port} ${other.hostKey}\n`);
    const options = home.options({
      identityFiles: [home.write('encrypted', key.private)],
      isInteractive: true,
      ask: () => Promise.resolve(''),
    });
    await expect(
      openSsh2({ via: 'ssh', host: '127.0.0.1', port: other.port }, options),
    ).rejects.toMatchObject({ trouble: { code: 'authentication' } });
  });
});

test('a name that leads nowhere is told before a key that is missing', async () => {
  const options = home.options({ identityFiles: [], sshConfigFile: 'none', env: {} });
  await expect(
    openSsh2({ via: 'ssh', host: 'nosuch.invalid' }, { ...options, home: '/nonexistent' }),
  ).rejects.toMatchObject({
    trouble: { code: 'dns', message: expect.stringContaining('nosuch.invalid:22') },
  });
});

describe('a public key that is named', () => {
  test('is refused before anything is dialled, with the private key beside it as the hint', async () => {
    const key = makeKey();
    const file = home.write('id_named', key.private);
    home.write('id_named.pub', key.public);
    const options = home.options({ identityFiles: [`${file}.pub`], env: {} });
    const refused = refuseGivenFiles(options);
    await expect(refused).rejects.toBeInstanceOf(UserError);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/id_named\.pub is a public key, and no agent holds the private one/),
      hint: `name the private key: --identity ${file}`,
    });
    await expect(refuseGivenFiles({ ...options, identityFiles: [file] })).resolves.toBeUndefined();
  });

  test('is taken where ssh_config names an agent of its own', async () => {
    const key = makeKey();
    const config = home.write('agent_config', 'Host *\n  IdentityAgent ~/agent.sock\n');
    const options = home.options({
      identityFiles: [home.write('only.pub', key.public)],
      env: {},
      sshConfigFile: config,
    });
    await expect(refuseGivenFiles(options)).resolves.toBeUndefined();
  });
});

test('a refused login is told with the key that was tried, and is not tried again', async () => {
  const file = home.write('other', makeKey().private);
  const trouble = await refusal({ identityFiles: [file] });
  expect(trouble).toMatchObject({ code: 'authentication', retryable: false });
  expect(trouble.message).toMatch(/does not let ops in; tried: .*other \(SHA256:.*\(it takes publickey\)/);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(sshd.seen.filter((what) => what === 'connect')).toHaveLength(1);
  expect(attempts()).toBe(1);
});

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

test('a file that is no key of ours never gets its content into a message', async () => {
  const file = path.join(home.folder, 'secret.txt');
  writeFileSync(file, 'TOP SECRET', { mode: 0o600 });
  const { message, hint } = await refusal({ identityFiles: [file] });
  expect(`${message} ${hint}`).not.toContain('TOP SECRET');
});
