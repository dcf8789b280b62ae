/** What we make of an ssh_config is what `ssh -G` makes of it, and many hosts need few of its answers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { startResolver } from '../../src/reach/ssh2/resolve.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-ssh-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { homedir: home, username: localUser } = userInfo();

function both(text: string) {
  const configFile = path.join(folder, 'config');
  writeFileSync(configFile, text);
  const place = { home, localUser, env: {} };
  return {
    ssh: startResolver({ configFile, place }),
    subset: startResolver({ configFile, place, program: 'no-such-ssh' }),
  };
}

const pattern = fc.constantFrom('*', 'cp*', 'cp1', 'cp?', '!cp2', '*.example.com', '!*.example.com', 'CP1');
const value = fc.constantFrom(
  'User ops',
  'User root',
  'Port 2222',
  'Port=22',
  'HostName 10.0.0.1',
  'HostName %h.example.com',
  'IdentityFile ~/.ssh/one',
  'IdentityFile "/tmp/with space"',
  'IdentityFile /tmp/%r@%h:%p',
  'IdentitiesOnly yes',
  'ProxyJump ops@bastion:2222,other',
  'ProxyJump none',
  'UserKnownHostsFile /tmp/a /tmp/b',
  'UserKnownHostsFile "/tmp/a b"',
  'GlobalKnownHostsFile /dev/null',
  'HostKeyAlias alias',
  'HashKnownHosts yes',
  'IdentityAgent none',
  'AddressFamily inet6',
  '# a comment',
);
const match = fc.constantFrom(
  'Match all',
  'Match host cp1',
  'Match originalhost cp*,!cp2',
  'Match user ops',
  'Match !user ops host cp*',
);
const block = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(pattern, { minLength: 1, maxLength: 3 }).map((some) => `Host ${some.join(' ')}`),
  },
  { weight: 1, arbitrary: match },
);
const config = fc
  .array(fc.tuple(block, fc.array(value, { maxLength: 4 })), { maxLength: 4 })
  .map((blocks) =>
    blocks.map(([head, lines]) => [head, ...lines.map((line) => `  ${line}`), ''].join('\n')).join('\n'),
  );

test('the subset says what ssh -G says', async () => {
  await fc.assert(
    fc.asyncProperty(config, fc.constantFrom('cp1', 'cp2', 'cp1.example.com', 'x'), async (text, host) => {
      const { ssh, subset } = both(text);
      const [theirs, ours] = await Promise.all([ssh.settingsOf({ host }), subset.settingsOf({ host })]);
      expect(ours).toEqual(theirs);
    }),
    { numRuns: 150 },
  );
}, 120_000);

test('hosts that share an answer get what they would get alone', async () => {
  await fc.assert(
    fc.asyncProperty(config, async (text) => {
      const { ssh } = both(text);
      for (const host of ['cp1', 'cp2', 'cp3', 'CP4', 'cp1.example.com', '10.0.0.2']) {
        expect(await ssh.settingsOf({ host })).toEqual(await both(text).ssh.settingsOf({ host }));
      }
    }),
    { numRuns: 30 },
  );
}, 120_000);

test('two hundred hosts of one kind cost one ssh -G', async () => {
  const { ssh } = both('Host 127.*\n  User ops\n');
  const start = performance.now();
  const all = await Promise.all(
    Array.from({ length: 200 }, (_, at) => ssh.settingsOf({ host: `127.0.1.${at + 1}` })),
  );
  expect(new Set(all.map(({ hostName }) => hostName)).size).toBe(200);
  expect(performance.now() - start).toBeLessThan(1000);
});
