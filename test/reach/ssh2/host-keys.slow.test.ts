/** Nothing of ours is sent to a host before its key is verified, and every other outcome says what to do. */
import { chmodSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReachOptions } from '../../../src/reach/options.ts';
import { fingerprintOf } from '../../../src/reach/ssh2/known-hosts.ts';
import { openSsh2 } from '../../../src/reach/ssh2/open.ts';
import { ReachError } from '../../../src/reach/transport.ts';
import { type FakeSshd, type Home, makeHome, makeKey, startFakeSshd } from '../../support/fake-sshd.ts';

let home: Home;
let sshd: FakeSshd;

beforeEach(async () => {
  home = makeHome();
  sshd = await startFakeSshd({ userKey: home.userKey.public });
});

afterEach(async () => {
  await sshd[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

async function trust(changes: Partial<ReachOptions> = {}, options = home.options(changes)) {
  await using transport = await openSsh2({ via: 'ssh', host: '127.0.0.1', port: sshd.port }, options);
  return transport.facts.hostKey?.trust;
}

async function refusal(changes: Partial<ReachOptions> = {}) {
  const error = await trust(changes).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ReachError);
  // Whatever the reason: no user name and no key were sent.
  expect(sshd.seen.filter((what) => what !== 'connect' && what !== 'close')).toEqual([]);
  return (error as ReachError).trouble;
}

const name = (): string => `[127.0.0.1]:${sshd.port}`;
const shown = (key: string): string => fingerprintOf(Buffer.from(key.split(' ')[1] ?? '', 'base64'));
const know = (text: string): string => home.write('known_hosts', text);

test('a known host is logged in to', async () => {
  know(`${name()} ${sshd.hostKey}\n`);
  expect(await trust()).toBe('known');
});

test('an unknown host is refused with its fingerprint and the commands that add it', async () => {
  const trouble = await refusal();
  expect(trouble).toMatchObject({ code: 'host-key-unknown', retryable: false });
  expect(trouble.message).toContain(shown(sshd.hostKey));
  expect(trouble.hint).toContain(
    `ssh-keyscan -t ed25519 -p ${sshd.port} 127.0.0.1 >>${home.knownHosts}; or trust every new host: --accept-new-host-keys`,
  );
});

test('--accept-new-host-keys adds the key once, and knows it from then on', async () => {
  const options = home.options({ acceptNewHostKeys: true });
  expect(await trust({}, options)).toBe('added');
  expect(readFileSync(home.knownHosts, 'utf8')).toBe(`${name()} ${sshd.hostKey}\n`);
  expect(await trust({}, options)).toBe('known');
  expect(await trust()).toBe('known');
});

test('--accept-new-host-keys takes no changed and no revoked key', async () => {
  const other = makeKey().public.trim();
  know(`${name()} ${other}\n`);
  const changed = await refusal({ acceptNewHostKeys: true });
  expect(changed).toMatchObject({ code: 'host-key-changed', retryable: false });
  expect(changed.message).toContain(shown(sshd.hostKey));
  expect(changed.message).toContain(shown(other));
  expect(changed.hint).toContain(`ssh-keygen -R '${name()}' -f ${home.knownHosts}`);
  know(`${name()} ${sshd.hostKey}\n@revoked * ${sshd.hostKey}\n`);
  expect((await refusal({ acceptNewHostKeys: true })).code).toBe('host-key-revoked');
});

test('a key of another type than the known one is a changed key', async () => {
  know(`${name()} ${makeKey('rsa').public.trim()}\n`);
  const { code, message } = await refusal({ acceptNewHostKeys: true });
  expect(code).toBe('host-key-changed');
  expect(message).toContain(shown(sshd.hostKey));
});

test('of several keys of a host the known one is asked for', async () => {
  await using both = await startFakeSshd({ userKey: home.userKey.public, hostKeyType: 'ecdsa' });
  know(`[127.0.0.1]:${both.port} ${both.hostKey}\n`);
  await using transport = await openSsh2({ via: 'ssh', host: '127.0.0.1', port: both.port }, home.options());
  expect(transport.facts.hostKey).toMatchObject({ type: 'ecdsa-sha2-nistp256', trust: 'known' });
});

test('an authority does not vouch for a host here, and openssh is named', async () => {
  know(`@cert-authority * ${makeKey().public.trim()}\n`);
  const { code, hint } = await refusal({ acceptNewHostKeys: true });
  expect(code).toBe('needs-openssh');
  expect(hint).toContain('--transport openssh');
  expect(sshd.seen).toEqual([]);
});

test('known hosts that cannot be read let nobody in', async () => {
  const folder = home.write('folder', '').replace(/folder$/, '');
  expect((await refusal({ knownHostsFiles: [folder] })).code).toBe('host-key-unknown');
  expect(sshd.seen).toEqual([]);
});

test('garbage in known hosts is said once, and the rest counts', async () => {
  know(`garbage\n${name()} ${sshd.hostKey}\n`);
  const options = home.options();
  await trust({}, options);
  await trust({}, options);
  expect(home.said).toEqual([
    `${home.knownHosts} line 1 is not understood and left out: no host, type and key`,
  ]);
});

const asking = (answer: string, questions: string[] = []): Partial<ReachOptions> => ({
  isInteractive: true,
  ask: (question) => {
    questions.push(question);
    // The host has to wait, and gets nothing meanwhile.
    return new Promise((resolve) => setTimeout(() => resolve(answer), 100));
  },
});

describe('on a terminal', () => {
  test.each(['yes', 'YES', 'fingerprint'])('%s adds the key', async (answer) => {
    const questions: string[] = [];
    expect(await trust(asking(answer === 'fingerprint' ? shown(sshd.hostKey) : answer, questions))).toBe(
      'added',
    );
    expect(questions).toHaveLength(1);
    expect(questions[0]).toContain(shown(sshd.hostKey));
    expect(readFileSync(home.knownHosts, 'utf8')).toContain(sshd.hostKey);
  });

  test.each(['', 'no', 'y', 'SHA256:abc'])('"%s" does not', async (answer) => {
    expect((await refusal(asking(answer))).code).toBe('host-key-unknown');
    expect(readFileSync(home.knownHosts, 'utf8')).toBe('');
  });

  test('a changed key is refused without a question', async () => {
    know(`${name()} ${makeKey().public.trim()}\n`);
    const questions: string[] = [];
    expect((await refusal(asking('yes', questions))).code).toBe('host-key-changed');
    expect(questions).toEqual([]);
  });

  test('thinking longer than the connection may take is allowed', async () => {
    const slow = home.options({
      ...asking('yes'),
      limits: { ...home.options().limits, connectTimeoutMs: 50 },
    });
    expect(await trust({}, slow)).toBe('added');
  });

  test('two connections to the same new host ask once', async () => {
    const questions: string[] = [];
    const options = home.options(asking('yes', questions));
    await Promise.all([trust({}, options), trust({}, options)]);
    expect(readFileSync(home.knownHosts, 'utf8').trim().split('\n')).toHaveLength(1);
    expect(questions).toHaveLength(1);
  });
});

test('a key that cannot be written down is trusted for this run, and that is said', async () => {
  const blocked = home.write('no-folder', '');
  const options = home.options({ acceptNewHostKeys: true, knownHostsFiles: [`${blocked}/known_hosts`] });
  expect(await trust({}, options)).toBe('added');
  expect(home.said.join()).toContain('could not be added to known hosts');
  expect(await trust({}, options)).toBe('known');
  chmodSync(blocked, 0o600);
});
