/** ssh_config is obeyed as ssh obeys it, without running anything that stands in it. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/model/user-error.ts';
import { hopsOf, refuseHost } from '../../../src/reach/ssh2/names.ts';
import { startResolver } from '../../../src/reach/ssh2/resolve.ts';
import type { Settings } from '../../../src/reach/ssh2/settings.ts';
import { type Home, makeHome } from '../../support/fake-sshd.ts';

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => home[Symbol.dispose]());

function resolver(text: string, program = 'no-such-ssh') {
  const configFile = home.write('config', text);
  return startResolver({
    configFile,
    program,
    place: { home: home.folder, localUser: 'me', env: { SSH_AUTH_SOCK: '/run/agent' } },
  });
}

const subset = (text: string, host: string, more: { user?: string; port?: number } = {}): Promise<Settings> =>
  resolver(text).settingsOf({ host, ...more });

describe('without ssh', () => {
  test('nothing in the file leaves the usual', async () => {
    expect(await subset('', 'cp1')).toMatchObject({
      hostName: 'cp1',
      port: 22,
      user: 'me',
      agent: '/run/agent',
      jumps: [],
      needs: [],
      notes: [],
      identitiesOnly: false,
      userKnownHosts: [`${home.folder}/.ssh/known_hosts`, `${home.folder}/.ssh/known_hosts2`],
    });
  });

  test('the first value wins, and key files add up', async () => {
    const text = `
Host cp*
  User first
  IdentityFile ~/one
Host cp1 !cp2
  User second
  Port 2222
  IdentityFile "${home.folder}/with space"
Host *
  Port 1
  HostName %h.example.com
  IdentitiesOnly=yes
  IdentityAgent none
`;
    const settings = await subset(text, 'cp1');
    expect(settings).toMatchObject({
      hostName: 'cp1.example.com',
      user: 'first',
      port: 2222,
      identitiesOnly: true,
    });
    expect(settings.agent).toBeUndefined();
    expect(settings.identityFiles).toEqual([
      { path: `${home.folder}/one`, isDefault: false },
      { path: `${home.folder}/with space`, isDefault: false },
    ]);
    expect(await subset(text, 'cp2')).toMatchObject({ port: 1, user: 'first' });
  });

  test('what was asked for comes before the file', async () => {
    expect(await subset('Host *\n User ops\n Port 2222\n', 'cp1', { user: 'root', port: 22 })).toMatchObject({
      user: 'root',
      port: 22,
    });
  });

  test('includes are followed, in their block only, and not for ever', async () => {
    mkdirSync(path.join(home.folder, '.ssh', 'd'), { recursive: true });
    home.write('.ssh/d/a.conf', 'Host cp1\n  Port 1111\n');
    home.write('.ssh/d/b.conf', 'Port 2222\n');
    home.write('.ssh/d/.hidden.conf', 'Port 3333\n');
    home.write('.ssh/loop', 'Include loop\nUser looped\n');
    expect(await subset('Include d/*.conf\n', 'cp1')).toMatchObject({ port: 1111 });
    expect(await subset('Include d/*.conf\n', 'cp2')).toMatchObject({ port: 2222 });
    expect(await subset('Host other\n  Include d/*.conf\n', 'cp1')).toMatchObject({ port: 22 });
    const looped = await subset('Include loop\n', 'cp1');
    expect(looped.user).toBe('looped');
    expect(looped.notes.join()).toContain('includes itself');
  });

  test('Match is judged by names, and left out with a word where it cannot be', async () => {
    const text = `
Match originalhost cp1 user me
  Port 2222
Match !host cp1
  User others
Match tagged prod
  User tagged
`;
    const settings = await subset(text, 'cp1');
    expect(settings).toMatchObject({ port: 2222, user: 'me' });
    expect(settings.notes).toEqual([expect.stringContaining('Match tagged is not evaluated')]);
    expect(await subset(text, 'cp2')).toMatchObject({ port: 22, user: 'others' });
  });
});

test.each([
  'Match exec "touch MARK"\n  User evil\n',
  'match host cp1 EXEC="touch MARK"\n  User evil\n',
  'Host cp1\n  "Match" exec "touch MARK"\n',
  'Include included\n',
])('with ssh there, Match exec is never run: %j', async (text) => {
  const mark = path.join(home.folder, 'mark');
  mkdirSync(path.join(home.folder, '.ssh'));
  home.write('.ssh/included', `Match exec "touch ${mark}"\n  User evil\n`);
  const settings = await resolver(`Host cp1\n  Port 2222\n${text.replace('MARK', mark)}`, 'ssh').settingsOf({
    host: 'cp1',
  });
  expect(existsSync(mark)).toBe(false);
  expect(settings).toMatchObject({ port: 2222, user: 'me' });
  expect(settings.notes[0]).toMatch(/has Match exec, so ssh_config is read without ssh -G/);
});

test.each(['Include ${HOME}/x\n', 'Include d[a-z]\n', 'Include ~other/x\n'])(
  'an Include that only ssh can follow might hide one: %j',
  async (text) => {
    const settings = await resolver(text, 'ssh').settingsOf({ host: 'cp1' });
    expect(settings.notes[0]).toContain('which only ssh can follow');
  },
);

test.each([
  ['ProxyCommand nc %h %p', 'a ProxyCommand'],
  ['CertificateFile ~/cert.pub', 'a user certificate'],
  ['KnownHostsCommand /bin/true', 'a KnownHostsCommand'],
  ['RevokedHostKeys /etc/ssh/revoked', 'revoked host keys'],
  ['PubkeyAuthentication no', 'without a key'],
])('%s needs openssh', async (line, words) => {
  expect((await subset(`Host *\n  ${line}\n`, 'cp1')).needs.join()).toContain(words);
  expect((await subset(`Host other\n  ${line}\n`, 'cp1')).needs).toEqual([]);
});

describe('hosts, users and ports', () => {
  test.each(['cp1', 'cp-1.example.com', '10.0.0.1', '2001:db8::1', 'fe80::1%eth0', '_x'])(
    '%j is a host',
    (host) => {
      expect(() => refuseHost({ host }, 'target')).not.toThrow();
    },
  );

  test.each([
    '',
    '-oProxyCommand=id',
    'a b',
    'host@x',
    'host%00',
    'a;b',
    '$(id)',
    '`id`',
    'a\nb',
    'a/b',
    '..',
    'fe80::1%$(id)',
    'é.example',
    'x'.repeat(300),
  ])('%j is none', (host) => {
    expect(() => refuseHost({ host }, 'target')).toThrow(UserError);
  });

  test.each(['-l', 'a b', 'user;id', 'user@host', '$(id)', '', 'a\0b'])('%j is no user', (user) => {
    expect(() => refuseHost({ host: 'cp1', user }, 'target')).toThrow(UserError);
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])('%j is no port', (port) => {
    expect(() => refuseHost({ host: 'cp1', port }, 'target')).toThrow(UserError);
  });

  test('a file may name a user of a directory service, and no other oddity', async () => {
    expect(await subset('User first.last@corp.example\n', 'cp1')).toMatchObject({
      user: 'first.last@corp.example',
    });
    await expect(subset('User -oProxyCommand=id\n', 'cp1')).rejects.toThrow(UserError);
    await expect(subset('HostName -oProxyCommand=id\n', 'cp1')).rejects.toThrow(UserError);
  });
});

test('the hops of a ProxyJump', () => {
  expect(hopsOf('a,ops@b:2222,ssh://ops@[2001:db8::1]:22')).toEqual([
    { host: 'a' },
    { host: 'b', user: 'ops', port: 2222 },
    { host: '2001:db8::1', user: 'ops', port: 22 },
  ]);
  expect(hopsOf('none')).toEqual([]);
  expect(() => hopsOf('a,-oProxyCommand=id')).toThrow(UserError);
});
