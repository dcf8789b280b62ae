/** The in-process SSH transport against real sshds: every user and every host of the lab, host keys, bastions, limits. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execa } from 'execa';
import type { ReachOptions } from '../../src/reach/options.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import { ReachError, usualLimits } from '../../src/reach/transport.ts';
import { makeHome, makeKey } from '../support/fake-sshd.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startSshHosts, type SshHosts, type UserName } from '../support/ssh-hosts.ts';

let hosts: SshHosts;
beforeAll(async () => {
  hosts = await startSshHosts(['plain', 'noisy', 'german', 'bastion', 'inner', 'busy']);
});
afterAll(() => hosts.stop());

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** As a user has it: all in ssh_config. */
function options(changes: Partial<ReachOptions> = {}): ReachOptions {
  const { knownHostsFiles: _, user: __, ...usual } = home.options();
  return { ...usual, identityFiles: [], sshConfigFile: hosts.configFile, ...changes };
}

async function run(user: UserName | undefined, host: string, script: string, reach = options()) {
  const target = { via: 'ssh', host, ...(user !== undefined && { user }) } as const;
  await using transport = await openSsh2(target, reach);
  const ran = await transport.run(Buffer.from(script), 'login', { ...usualLimits, commandTimeoutMs: 20_000 });
  return { ...ran, stdout: Buffer.from(ran.stdout).toString(), facts: transport.facts };
}

async function troubleOf(attempt: Promise<unknown>) {
  const error = await attempt.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ReachError);
  return (error as ReachError).trouble;
}

test.each(['root', 'ops', 'asks', 'needtty', 'narrow', 'fish', 'csh'] as const)(
  'the script of %s runs in sh, whatever the login shell is',
  async (user) => {
    const ran = await run(user, 'plain', 'x=1; echo "$x $(id -un)" "${SSH_AUTH_SOCK-no agent}"; exit 3');
    expect(ran).toMatchObject({ exitCode: 3, stdout: `1 ${user} no agent\n` });
  },
);

test('nologin says so itself, with an exit status', async () => {
  expect(await run('nologin', 'plain', 'echo never')).toMatchObject({
    exitCode: 1,
    stdout: 'This account is currently not available.\n',
  });
});

test.each(['root', 'ops', 'fish', 'csh'] as const)('%s becomes root', async (user) => {
  await using transport = await openSsh2({ via: 'ssh', host: 'plain', user }, options());
  const ran = await transport.run(Buffer.from('id -u'), 'root', usualLimits);
  expect(Buffer.from(ran.stdout).toString()).toBe('0\n');
});

test('sudo gets the password when it asks, and only then', async () => {
  for (const user of ['asks', 'ops'] as const) {
    const reach = options({ becomePassword: () => Promise.resolve(hosts.sudoPassword) });
    await using transport = await openSsh2({ via: 'ssh', host: 'plain', user }, reach);
    const ran = await transport.run(Buffer.from('id -u; cat'), 'root', usualLimits);
    expect(Buffer.from(ran.stdout).toString()).toBe('0\n');
  }
});

test.each(['noisy', 'german'] as const)('%s answers at the end of all its noise', async (host) => {
  const ran = await run('ops', host, 'echo; echo answer');
  expect(ran.stdout.trim().split('\n').at(-1)).toBe('answer');
  expect(ran.exitCode).toBe(0);
});

describe('host keys', () => {
  test('the key that ssh knows by the alias is known', async () => {
    const { facts } = await run('ops', 'plain', 'true');
    expect(facts).toMatchObject({ user: 'ops', hostKey: { type: 'ssh-ed25519', trust: 'known' } });
  });

  test('what ssh-keyscan writes is believed, and what we write is believed by ssh', async () => {
    const { port } = hosts.host('plain');
    const scanned = home.write('scanned', '');
    const { stdout } = await execa('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), '127.0.0.1']);
    writeFileSync(scanned, `${stdout}\n`);
    const keyFile = home.write('lab-key', hosts.userKey);
    const reach = (file: string): ReachOptions =>
      options({
        sshConfigFile: 'none',
        identityFiles: [keyFile],
        knownHostsFiles: [file],
        acceptNewHostKeys: true,
      });
    const target = { via: 'ssh', host: '127.0.0.1', port: port ?? 0, user: 'ops' } as const;
    await using first = await openSsh2(target, reach(scanned));
    expect(first.facts.hostKey?.trust).toBe('known');
    const ours = home.write('ours', '');
    await using second = await openSsh2(target, reach(ours));
    expect(second.facts.hostKey?.trust).toBe('added');
    const { exitCode } = await execa('ssh', [
      '-F',
      'none',
      '-i',
      keyFile,
      '-o',
      `UserKnownHostsFile=${ours}`,
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      'BatchMode=yes',
      '-p',
      String(port),
      'ops@127.0.0.1',
      'true',
    ]);
    expect(exitCode).toBe(0);
  });

  test('a changed and a revoked key are refused, and sshd saw no user', async () => {
    const { port, hostKey } = hosts.host('german');
    const keyFile = home.write('lab-key', hosts.userKey);
    for (const [text, code] of [
      [`[127.0.0.1]:${port} ${makeKey().public.trim()}\n`, 'host-key-changed'],
      [`[127.0.0.1]:${port} ${hostKey}\n@revoked * ${hostKey}\n`, 'host-key-revoked'],
    ] as const) {
      const reach = options({
        sshConfigFile: 'none',
        user: 'somebody',
        identityFiles: [keyFile],
        knownHostsFiles: [home.write('bad', text)],
        acceptNewHostKeys: true,
      });
      const trouble = await troubleOf(openSsh2({ via: 'ssh', host: '127.0.0.1', port: port ?? 0 }, reach));
      expect(trouble.code).toBe(code);
    }
    expect(await hosts.host('german').log()).not.toContain('somebody');
  });
});

test('a key that the host does not take is refused once', async () => {
  const other = home.write('other', makeKey().private);
  const reach = options({ identityFiles: [other] });
  const trouble = await troubleOf(run('needtty', 'plain', 'true', reach));
  expect(trouble).toMatchObject({ code: 'authentication', retryable: false });
  expect(trouble.message).toContain('(it takes publickey)');
  const log = await hosts.host('plain').log();
  expect(log.match(/authenticating user needtty/g)?.length).toBe(1);
});

describe('an agent of OpenSSH', () => {
  test('signs for us', async () => {
    const socket = `${home.folder}/ssh-agent`;
    const agent = execa('ssh-agent', ['-D', '-a', socket], { reject: false });
    try {
      const keyFile = home.write('lab-key', hosts.userKey);
      await expect
        .poll(
          async () =>
            (await execa('ssh-add', ['-q', keyFile], { env: { SSH_AUTH_SOCK: socket }, reject: false }))
              .exitCode,
        )
        .toBe(0);
      const text = readFileSync(hosts.configFile, 'utf8').replace(/^ +Identit.*$/gm, '');
      const sshConfigFile = home.write('config', text);
      const reach = options({ sshConfigFile, env: { SSH_AUTH_SOCK: socket } });
      expect(await run('ops', 'plain', 'echo "${SSH_AUTH_SOCK-not forwarded}"', reach)).toMatchObject({
        stdout: 'not forwarded\n',
      });
    } finally {
      agent.kill();
      await agent;
    }
  });
});

describe('a bastion', () => {
  test('leads to a host that has no name outside, by one login for many', async () => {
    const reach = options();
    const before = logins(await hosts.host('bastion').log());
    const all = await Promise.all(Array.from({ length: 12 }, () => run('ops', 'inner', 'hostname', reach)));
    for (const { stdout, facts } of all) {
      expect(stdout).toBe('inner\n');
      expect(facts.through).toHaveLength(1);
    }
    expect(logins(await hosts.host('bastion').log()) - before).toBe(1);
  });

  test('that knows no such host', async () => {
    const { innerName } = hosts.host('inner');
    const text = readFileSync(hosts.configFile, 'utf8').replaceAll(innerName, 'nobody.invalid');
    const reach = options({ sshConfigFile: home.write('nobody', text) });
    expect((await troubleOf(run('ops', 'inner', 'true', reach))).code).toMatch(/^(?:dns|unreachable)$/);
  });

  test('dials for us', async () => {
    await using transport = await openSsh2({ via: 'ssh', host: 'inner', user: 'ops' }, options());
    const stream = await transport.dial?.('127.0.0.1', 22, 5000);
    const greeting = await new Promise((resolve) => stream?.once('data', resolve));
    expect(String(greeting)).toMatch(/^SSH-2\.0-OpenSSH/);
    stream?.destroy();
    expect((await troubleOf(transport.dial?.('127.0.0.1', 1, 5000) as Promise<unknown>)).code).toBe(
      'refused',
    );
  });
});

test('busy drops some of twenty at once, and all get in', async () => {
  const reach = options({ limits: { ...usualLimits, connectTimeoutMs: 20_000 } });
  const all = await Promise.all(Array.from({ length: 20 }, () => run('ops', 'busy', 'echo in', reach)));
  expect(all.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 20 }, () => 'in\n'));
});

test('a login and a command on a real sshd take at most nine round trips', async () => {
  await using proxy = await startFaultProxy(
    { host: '127.0.0.1', port: hosts.host('plain').port ?? 0 },
    { delayMs: 50 },
  );
  const text = readFileSync(hosts.configFile, 'utf8').replace(
    `Port ${hosts.host('plain').port}\n`,
    `Port ${proxy.port}\n`,
  );
  const reach = options({ sshConfigFile: home.write('slow', text) });
  let best = Infinity;
  for (let left = 5; left > 0; left -= 1) {
    const started = performance.now();
    await run('ops', 'plain', 'exit 0', reach);
    best = Math.min(best, performance.now() - started);
  }
  // What sshd itself takes, without the way: measured beside it.
  let own = Infinity;
  for (let left = 5; left > 0; left -= 1) {
    const started = performance.now();
    await run('ops', 'plain', 'exit 0', options());
    own = Math.min(own, performance.now() - started);
  }
  process.stdout.write(
    `round trips: ${((best - own) / 100).toFixed(1)} (${best.toFixed(0)} ms, ${own.toFixed(0)} ms without the way)\n`,
  );
  expect((best - own) / 100).toBeLessThanOrEqual(9);
});

function logins(log: string): number {
  return log.match(/Accepted publickey for/g)?.length ?? 0;
}
