/** Each way to a node, against real sshd hosts with all their noise, shells, languages and rules of sudo. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDocker } from '../../src/reach/docker.ts';
import { helperFor } from '../../src/reach/helper.ts';
import { openOpenssh } from '../../src/reach/openssh/open.ts';
import type { ReachOptions } from '../../src/reach/options.ts';
import { query } from '../../src/reach/reader.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import type { Transport } from '../../src/reach/transport.ts';
import { codeOf, readerOf, textsOf, told, transportContract, troubleOf } from '../reach/contract.ts';
import { reachOptions, sshTarget } from '../support/reach-options.ts';
import { startSshHosts, type HostName, type SshHosts } from '../support/ssh-hosts.ts';

let hosts: SshHosts;

beforeAll(async () => {
  hosts = await startSshHosts(['plain', 'noisy', 'german', 'bastion', 'inner']);
});

afterAll(() => hosts.stop());

const adapters = { ssh2: openSsh2, openssh: openOpenssh } as const;

function openerOf(name: keyof typeof adapters) {
  return (host: HostName, user: string, some: Partial<ReachOptions> = {}): Promise<Transport> =>
    adapters[name](
      sshTarget(host, user),
      reachOptions({ transport: name, sshConfigFile: hosts.configFile, ...some }),
    );
}

transportContract('docker', () =>
  Promise.resolve(openDocker(hosts.host('plain').innerName, { env: process.env })),
);

describe.each(['ssh2', 'openssh'] as const)('%s', (name) => {
  const open = openerOf(name);

  transportContract(`${name} as root on plain`, () => open('plain', 'root'));
  transportContract(`${name} as ops on noisy`, () => open('noisy', 'ops'));
  transportContract(`${name} as fish on noisy`, () => open('noisy', 'fish'));
  transportContract(`${name} as csh on noisy`, () => open('noisy', 'csh'));
  transportContract(`${name} as ops on german`, () => open('german', 'ops'));
  transportContract(`${name} as ops on inner, through the bastion`, () => open('inner', 'ops'));

  test('banner, MOTD and profiles change nothing: the replies of all hosts are the same (fault 9)', async () => {
    const replies = await Promise.all(
      (['plain', 'noisy', 'german', 'inner'] as const).flatMap((host) =>
        ['ops', 'fish', 'csh'].map(async (user) => {
          await using transport = await open(host, user);
          const reply = await readerOf(transport, 'root').query(
            query('same', 'say a "$(id -u) $(umask)"; ls /nowhere; frame_file passwd /etc/hostname.none'),
          );
          return { ...textsOf(reply), talk: reply.talk };
        }),
      ),
    );
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(replies[0]).toMatchObject({
      a: expect.stringMatching(/^0 0?077$/),
      talk: expect.stringMatching(/^ls: /),
    });
  });

  test('what is known of the connection is told', async () => {
    await using transport = await open('plain', 'ops');
    const { stdout } = await execa('ssh-keygen', ['-lf', '-'], { input: hosts.host('plain').hostKey });
    expect(transport.facts).toMatchObject({
      transport: name,
      user: 'ops',
      hostKey: { type: 'ssh-ed25519', fingerprint: stdout.split(' ')[1] },
    });
    expect(transport.label).toMatch(/^ssh:\/\/ops@/);
  });

  test('kubeadm’s usual places are searched though sudo’s secure_path lacks them (fault 15)', async () => {
    await using transport = await open('plain', 'narrow');
    expect(await told(transport, 'say tool "$(site-tool)"', { as: 'root' })).toEqual({ tool: 'found' });
  });

  test('nologin is a clear refusal (fault 10)', async () => {
    await using transport = await open('plain', 'nologin');
    for (const as of ['login', 'root'] as const) {
      expect(await troubleOf(told(transport, 'say a 1', { as }))).toMatchObject({
        code: 'no-shell',
        message: expect.stringContaining('This account is currently not available'),
        hint: expect.stringContaining('chsh -s /bin/bash nologin'),
        retryable: false,
      });
    }
  });

  test.each(['plain', 'german'] as const)(
    'sudo’s refusals on %s each have the line to add (fault 13)',
    async (host) => {
      await using asks = await open(host, 'asks');
      expect(await troubleOf(told(asks, 'say a 1', { as: 'root' }))).toMatchObject({
        code: 'sudo-password',
        message: 'sudo wants a password from asks',
        hint: expect.stringContaining('--ask-become-pass'),
      });
      expect((await troubleOf(told(asks, 'say a 1', { as: 'root' }))).hint).toContain(
        'asks ALL=(root) NOPASSWD: ALL',
      );
      await using needtty = await open(host, 'needtty');
      expect(await troubleOf(told(needtty, 'say a 1', { as: 'root' }))).toMatchObject({
        code: 'sudo-tty',
        hint: expect.stringContaining('Defaults:needtty !requiretty'),
      });
      await inside(hosts.host(host).innerName, 'rm -f /usr/local/libexec/fix-sans-inspect');
      await using helper = await open(host, 'ops');
      expect(await codeOf(told(helper, 'say a 1', { as: 'helper' }))).toBe('sudo-refused');
    },
  );

  test('a user whom sudo does not know, and a host without sudo', async () => {
    const { innerName } = hosts.host('german');
    await inside(
      innerName,
      'id stranger >/dev/null 2>&1 || { useradd -m -s /bin/bash stranger; usermod -p "*" stranger; }',
    );
    await using stranger = await open('german', 'stranger');
    expect(await codeOf(told(stranger, 'say a 1', { as: 'root' }))).toBe('sudo-password');
    expect(await troubleOf(told(stranger, 'say a 1', { as: 'root' }))).toMatchObject({ retryable: false });
    await inside(innerName, 'mv /usr/bin/sudo /usr/bin/sudo.away');
    try {
      for (const user of ['ops', 'fish', 'csh']) {
        await using transport = await open('german', user);
        expect(await troubleOf(told(transport, 'say a 1', { as: 'root' }))).toMatchObject({
          code: 'sudo-refused',
          message: 'there is no sudo on the node',
        });
      }
    } finally {
      await inside(innerName, 'mv /usr/bin/sudo.away /usr/bin/sudo');
    }
  });

  describe('--ask-become-pass', () => {
    test('the password is asked for once, and serves every node', async () => {
      let asked = 0;
      const becomePassword = (): Promise<string> => {
        asked += 1;
        return Promise.resolve(hosts.sudoPassword);
      };
      const uids = await Promise.all(
        (['plain', 'german', 'noisy'] as const).map(async (host) => {
          await using transport = await open(host, 'asks', { becomePassword });
          return (await told(transport, 'say uid "$(id -u)"; cat', { as: 'root' }))['uid'];
        }),
      );
      expect([uids, asked]).toEqual([['0', '0', '0'], 1]);
    });

    test('a sudo that does not ask never sees it, and neither does the shell', async () => {
      for (const user of ['ops', 'fish', 'csh', 'root']) {
        await using transport = await open('noisy', user, { becomePassword: nobody });
        expect(await told(transport, 'say uid "$(id -u)"', { as: 'root' })).toEqual({ uid: '0' });
      }
    });

    test('a wrong password fails once, on one node, and is nowhere to be read', async () => {
      // As a command it would leave a file; as an argument it would be seen in /proc.
      const secret = 'touch /tmp/fix-sans-pwned-7f3a';
      let asked = 0;
      const becomePassword = (): Promise<string> => {
        asked += 1;
        return Promise.resolve(secret);
      };
      const troubles = await Promise.all(
        (['plain', 'german', 'noisy'] as const).map(async (host) => {
          await using transport = await open(host, 'asks', { becomePassword });
          // Not returned as a promise: the connection would end first.
          const trouble = await troubleOf(told(transport, 'say a 1', { as: 'root' }));
          return trouble;
        }),
      );
      expect(troubles.map(({ code }) => code)).toEqual(['sudo-password', 'sudo-password', 'sudo-password']);
      expect(troubles.filter(({ message }) => message.includes('did not take'))).toHaveLength(1);
      expect(troubles.filter(({ message }) => message.includes('on another node'))).toHaveLength(2);
      expect(asked).toBe(1);
      expect(JSON.stringify(troubles)).not.toContain('7f3a');
      for (const host of ['plain', 'german', 'noisy'] as const) {
        expect(await inside(hosts.host(host).innerName, 'ls /tmp')).not.toContain('7f3a');
        expect(await hosts.host(host).log()).not.toContain('7f3a');
      }
    });
  });

  test('the helper gives its one reply to a user who may nothing else', async () => {
    const { innerName } = hosts.host('plain');
    const asked = query(
      'helper',
      'say uid "$(id -u)"; say root "[$ROOT]"; frame_file shadow "$ROOT/etc/shadow"',
    );
    const helper = helperFor(asked, 'reader');
    await inside(
      innerName,
      `id reader >/dev/null 2>&1 || { useradd -m -s /bin/bash reader; usermod -p '*' reader; }
       mkdir -p /usr/local/libexec
       cat >${helper.path} <<'FIX_SANS_EOF'
${helper.script}FIX_SANS_EOF
       chmod 0755 ${helper.path}
       cat >/etc/sudoers.d/reader <<'FIX_SANS_EOF'
${helper.sudoers}FIX_SANS_EOF
       chmod 0440 /etc/sudoers.d/reader
       visudo -cf /etc/sudoers.d/reader && visudo -c`,
    );
    await using transport = await open('plain', 'reader');
    const reader = readerOf(transport, 'helper');
    const frames = textsOf(await reader.query(asked));
    expect(frames).toMatchObject({ uid: '0', root: '[]', shadow: expect.stringContaining('reader:') });
    // Another question than the one it was made for.
    expect(await troubleOf(reader.query(query('other', 'say a 1')))).toMatchObject({
      code: 'failed',
      hint: expect.stringContaining('--print-helper'),
    });
    // And nothing else: no shell, no argument.
    expect(await codeOf(told(transport, 'say a 1', { as: 'root' }))).toBe('sudo-password');
    const log = await transport.run(
      Buffer.from(`sudo -n ${helper.path} --more; echo status $?\n`),
      'login',
      reachOptions().limits,
    );
    expect(Buffer.from(log.stdout).toString()).toContain('status 1');
    await inside(innerName, `rm ${helper.path} /etc/sudoers.d/reader`);
  });

  test('what the node can dial, we can', async () => {
    await using transport = await open('plain', 'ops');
    const socket = await transport.dial?.('127.0.0.1', 22, 5000);
    const [greeting] =
      (await socket?.iterator({ destroyOnReturn: true }).next())?.value?.toString().split('\r\n') ?? [];
    expect(greeting).toMatch(/^SSH-2\.0-OpenSSH/);
    socket?.destroy();
  });

  test('a host key that is unknown, changed or revoked is refused before anything is sent (faults 4 to 6)', async () => {
    const folder = path.dirname(hosts.configFile);
    const known = path.join(folder, `known-${name}`);
    const other = hosts.host('noisy').hostKey;
    const right = hosts.host('plain').hostKey;
    const cases = [
      ['host-key-unknown', ''],
      ['host-key-changed', `plain ${other}\n`],
      ['host-key-revoked', `plain ${right}\n@revoked * ${right}\n`],
    ] as const;
    for (const [code, text] of cases) {
      for (const acceptNewHostKeys of code === 'host-key-unknown' ? [false] : [false, true]) {
        writeFileSync(known, text);
        const attempt = open('plain', 'ops', { knownHostsFiles: [known], acceptNewHostKeys });
        expect([acceptNewHostKeys, await codeOf(attempt)]).toEqual([acceptNewHostKeys, code]);
      }
    }
    writeFileSync(known, '');
    await using transport = await open('plain', 'ops', { knownHostsFiles: [known], acceptNewHostKeys: true });
    expect(transport.facts.hostKey?.trust).toBe('added');
    expect(readFileSync(known, 'utf8')).toContain(right.split(' ')[1]);
  });

  test('a key that the host does not take is tried once (fault 7)', async () => {
    const folder = path.dirname(hosts.configFile);
    const key = path.join(folder, `stranger-${name}`);
    await execa('sh', ['-c', `test -e ${key} || ssh-keygen -q -t ed25519 -N '' -f ${key}`]);
    const before = (await hosts.host('plain').log()).split('Connection closed by authenticating').length;
    const config = path.join(folder, `config-${name}`);
    writeFileSync(
      config,
      readFileSync(hosts.configFile, 'utf8').replace(/IdentityFile .*/, `IdentityFile "${key}"`),
    );
    expect(await troubleOf(open('plain', 'ops', { sshConfigFile: config }))).toMatchObject({
      code: 'authentication',
      retryable: false,
    });
    const after = (await hosts.host('plain').log()).split('Connection closed by authenticating').length;
    expect(after - before).toBeLessThanOrEqual(1);
  });
});

async function inside(container: string, script: string): Promise<string> {
  const { stdout } = await execa('docker', ['exec', '--interactive', container, 'sh', '-es'], {
    input: script,
  });
  return stdout;
}

function nobody(): Promise<string> {
  return Promise.reject(new Error('nobody wants it'));
}
