/** What either way of SSH tells to type can be typed as it stands: host, port and files are of this login, and it works. */
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOpenssh } from '../../src/reach/openssh/open.ts';
import type { ReachOptions } from '../../src/reach/options.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import { type FakeSshd, type Home, makeHome, makeKey, startFakeSshd } from '../support/fake-sshd.ts';
import { troubleOf } from './contract.ts';

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

const name = (): string => `[127.0.0.1]:${sshd.port}`;

describe.each([
  ['ssh2', openSsh2],
  ['openssh', openOpenssh],
] as const)('%s', (transport, open) => {
  async function logIn(changes: Partial<ReachOptions> = {}, port = sshd.port): Promise<void> {
    const options = home.options({
      transport,
      env: { PATH: process.env['PATH'], HOME: home.folder },
      ...changes,
    });
    await using opened = await open({ via: 'ssh', host: '127.0.0.1', port }, options);
    expect(opened.facts.user).toBe('ops');
  }

  test('an unknown key: its fingerprint, the file of its kind to compare with, and the line that adds it', async () => {
    const { code, message, hint } = await troubleOf(logIn());
    expect(code).toBe('host-key-unknown');
    expect(message).toMatch(/it shows ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}/);
    expect(hint).toContain('ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub on the host');
    const [scan = ''] = /ssh-keyscan [^;]+/.exec(hint) ?? [];
    expect(scan).toBe(`ssh-keyscan -t ed25519 -p ${sshd.port} 127.0.0.1 >>${home.knownHosts}`);
    await execa('sh', ['-c', scan]);
    await logIn();
  });

  test('a changed key: the line that forgets the old one, of this port and in this file', async () => {
    home.write('known_hosts', `other ${sshd.hostKey}\n${name()} ${makeKey().public.trim()}\n`);
    const { code, hint } = await troubleOf(logIn());
    expect(code).toBe('host-key-changed');
    const [forget = ''] = /ssh-keygen -R .+$/.exec(hint) ?? [];
    expect(forget).toBe(`ssh-keygen -R '${name()}' -f ${home.knownHosts}`);
    await execa('sh', ['-c', forget]);
    expect(readFileSync(home.knownHosts, 'utf8')).toBe(`other ${sshd.hostKey}\n`);
  });

  test('a port that accepts and says nothing is no dropped packet', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const limits = { ...home.options().limits, connectTimeoutMs: 1000 };
    try {
      const { code, message, hint } = await troubleOf(logIn({ limits }, port));
      expect(code).toBe('timeout');
      expect(message).toContain('accepted the connection and then said nothing');
      expect(hint).toMatch(/is it sshd that listens there\?.*overloaded/);
      expect(hint).not.toContain('dropped packet');
    } finally {
      silent.close();
    }
  });
});

test('openssh: no key is taken, and the login by hand that is named meets the same refusal', async () => {
  home.write('known_hosts', `${name()} ${sshd.hostKey}\n`);
  const stranger = home.write("a stranger's key", makeKey().private);
  const options = home.options({
    transport: 'openssh',
    identityFiles: [stranger],
    env: { PATH: process.env['PATH'], HOME: home.folder },
  });
  const { code, hint } = await troubleOf(
    openOpenssh({ via: 'ssh', host: '127.0.0.1', port: sshd.port }, options),
  );
  expect(code).toBe('authentication');
  const [byHand = ''] = /ssh -v [^;]+/.exec(hint) ?? [];
  expect(byHand).toContain(`-p ${sshd.port} ops@127.0.0.1 true`);
  writeFileSync(home.keyFile, '');
  const { exitCode, stderr } = await execa(
    'sh',
    ['-c', byHand.replace('ssh -v', 'ssh -v -o BatchMode=yes')],
    {
      reject: false,
    },
  );
  expect(exitCode).toBe(255);
  expect(stderr).toContain('ops@127.0.0.1: Permission denied (publickey)');
});

test('openssh: a key that others may read is named, and the command makes it usable', async () => {
  home.write('known_hosts', `${name()} ${sshd.hostKey}\n`);
  chmodSync(home.keyFile, 0o644);
  const options = home.options({
    transport: 'openssh',
    env: { PATH: process.env['PATH'], HOME: home.folder },
  });
  const target = { via: 'ssh', host: '127.0.0.1', port: sshd.port } as const;
  const { code, hint } = await troubleOf(openOpenssh(target, options));
  expect([code, hint]).toEqual(['key-file', `chmod 600 ${home.keyFile}`]);
  await execa('sh', ['-c', hint]);
  await using opened = await openOpenssh(target, options);
  expect(opened.facts.user).toBe('ops');
});
