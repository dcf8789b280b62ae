/** Faults that need a real sudo, a real bastion or a real network to be broken; which test is for which row stands in docs/robustness.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import { openOpenssh } from '../../src/reach/openssh/open.ts';
import type { ReachOptions } from '../../src/reach/options.ts';
import { query } from '../../src/reach/reader.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import { type Transport, usualLimits } from '../../src/reach/transport.ts';
import { codeOf, readerOf, textsOf, told, troubleOf } from '../reach/contract.ts';
import { reachOptions, sshTarget } from '../support/reach-options.ts';
import { runCli } from '../support/run-cli.ts';
import { type HostName, startSshHosts, type SshHosts } from '../support/ssh-hosts.ts';

let hosts: SshHosts;

beforeAll(async () => {
  hosts = await startSshHosts(['plain', 'german']);
});

afterAll(() => hosts.stop());

const adapters = { ssh2: openSsh2, openssh: openOpenssh } as const;

describe.each(['ssh2', 'openssh'] as const)('%s', (name) => {
  const open = (host: HostName, user: string, some: Partial<ReachOptions> = {}): Promise<Transport> =>
    adapters[name](
      sshTarget(host, user),
      reachOptions({ transport: name, sshConfigFile: hosts.configFile, ...some }),
    );

  test('a locale that the client sends changes no reply (fault 12)', async () => {
    const sshConfigFile = path.join(path.dirname(hosts.configFile), 'sends-locale');
    const text = readFileSync(hosts.configFile, 'utf8');
    writeFileSync(sshConfigFile, text.replace('Host *\n', 'Host *\n  SetEnv LC_ALL=de_DE.UTF-8\n'));
    await using transport = await open('german', 'ops', { sshConfigFile });
    // As the shell has it before our prelude: the host's own language is German as well.
    const { stdout } = await transport.run(
      Buffer.from('ls /nowhere 2>&1; echo "[$LC_ALL]"'),
      'login',
      usualLimits,
    );
    expect(Buffer.from(stdout).toString()).toContain('Datei oder Verzeichnis nicht gefunden');
    // ssh2 sends none.
    const sent = { ssh2: '[', openssh: '[de_DE.UTF-8]' }[name];
    expect(Buffer.from(stdout).toString()).toContain(sent);
    expect(await told(transport, 'ls /nowhere 2>&1 | frame a', { as: 'root' })).toEqual({
      a: "ls: cannot access '/nowhere': No such file or directory\n",
    });
  });

  describe('a sudo that lectures and insults (fault 14)', () => {
    beforeAll(async () => {
      await inside(
        'plain',
        `echo 'With great power comes #fix-sans responsibility' >/etc/sudo-lecture
         printf 'Defaults lecture=always, lecture_file=/etc/sudo-lecture, insults, timestamp_timeout=0\\n' >/etc/sudoers.d/lecture
         chmod 0440 /etc/sudoers.d/lecture && visudo -c`,
      );
    });
    afterAll(() => inside('plain', 'rm /etc/sudoers.d/lecture'));

    test('the lecture is read before the password, and is no part of the reply', async () => {
      for (const user of ['ops', 'asks'] as const) {
        await using transport = await open('plain', user, {
          becomePassword: () => Promise.resolve(hosts.sudoPassword),
        });
        const reply = await readerOf(transport, 'root').query(
          query('lectured', 'say uid "$(id -u)"; echo own >&2'),
        );
        expect([textsOf(reply), reply.talk]).toEqual([{ uid: '0' }, 'own\n']);
      }
    });

    test('it does lecture, and an insult is a wrong password', async () => {
      await using transport = await open('plain', 'asks', { becomePassword: () => Promise.resolve('wrong') });
      expect(await troubleOf(told(transport, 'say a 1', { as: 'root' }))).toMatchObject({
        code: 'sudo-password',
        message: expect.stringContaining('did not take'),
        retryable: false,
      });
      const said = await inside('plain', "echo wrong | su asks -c 'sudo -S -k true' 2>&1 || :");
      expect(said).toContain('With great power');
      expect(said).not.toContain('Sorry, try again');
    });
  });

  test('every fifth packet is lost at random, both ways: slower, and all get through (fault 37)', async () => {
    const fifth = '-m statistic --mode random --probability 0.2 -j DROP';
    const rules = [`INPUT -p tcp --dport 22 ${fifth}`, `OUTPUT -p tcp --sport 22 ${fifth}`].map((rule) =>
      rule.split(' '),
    );
    for (const rule of rules) await inNetworkOf('plain', ['iptables', '-A', ...rule]);
    try {
      const patient = { ...usualLimits, connectTimeoutMs: 60_000 };
      const sizes = await Promise.all(
        Array.from({ length: 5 }, async () => {
          await using transport = await open('plain', 'ops', { limits: patient });
          return (await told(transport, 'head -c 20000 /dev/zero | frame a', { as: 'root' }))['a']?.length;
        }),
      );
      expect(sizes).toEqual(Array.from({ length: 5 }, () => 20_000));
      const counted = await inNetworkOf('plain', ['iptables', '-L', '-v', '-x', '-n']);
      const dropped = [...counted.matchAll(/^ *(\d+) +\d+ DROP/gm)].map(([, count]) => Number(count));
      expect(dropped).toHaveLength(2);
      for (const count of dropped) expect(count).toBeGreaterThan(5);
    } finally {
      for (const rule of rules) await inNetworkOf('plain', ['iptables', '-D', ...rule]);
    }
  }, 180_000);

  test('a bastion that is killed loses the link, and is then told as what it is (fault 8)', async () => {
    await using own = await startSshHosts(['bastion', 'inner']);
    const options = reachOptions({ transport: name, sshConfigFile: own.configFile });
    await using transport = await adapters[name](sshTarget('inner', 'ops'), options);
    const running = codeOf(told(transport, 'sleep 30; say a 1'));
    await sleep(500);
    await execa('docker', ['kill', own.host('bastion').innerName]);
    expect(await running).toBe('link-lost');
    const again = await troubleOf(adapters[name](sshTarget('inner', 'ops'), options));
    expect(['bastion', 'refused', 'reset', 'link-lost']).toContain(again.code);
  }, 120_000);

  test('who cannot be reached is a row, and the others are read all the same (faults 1, 5 and 7)', async () => {
    const folder = path.dirname(hosts.configFile);
    const config = path.join(folder, `rows-${name}`);
    const { port } = hosts.host('plain');
    const like = `  HostName 127.0.0.1\n  HostKeyAlias`;
    writeFileSync(
      config,
      [
        `Host closed\n${like} plain\n  Port 1`,
        `Host stranger\n${like} stranger\n  Port ${port}`,
        readFileSync(hosts.configFile, 'utf8'),
      ].join('\n'),
    );
    const inspect = async (...nodes: readonly string[]) => {
      const { code, stdout } = await runCli(
        [
          'inspect',
          '--format',
          'json',
          '--quiet',
          '--transport',
          name,
          '--ssh-config',
          config,
          ...nodes.flatMap((node) => ['--node', node]),
        ],
        { env: { ...process.env, HOME: folder } },
      );
      const { facts } = JSON.parse(stdout) as { facts: Pick<ClusterFacts, 'nodes'> };
      const rows = facts.nodes.map(({ result }) => (result.state === 'read' ? 'read' : result.trouble.code));
      return [code, ...rows];
    };
    expect(await inspect('ops@closed', 'ops@plain', 'ops@german')).toEqual([3, 'refused', 'read', 'read']);
    expect(await inspect('ops@closed')).toEqual([75, 'refused']);
    expect(await inspect('ops@stranger')).toEqual([4, 'host-key-unknown']);
    expect(await inspect('nobody-there@plain')).toEqual([4, 'authentication']);
  }, 240_000);
});

async function inside(host: HostName, script: string): Promise<string> {
  const { stdout } = await execa(
    'docker',
    ['exec', '--interactive', hosts.host(host).innerName, 'sh', '-es'],
    { input: script },
  );
  return stdout;
}

/** A program of this machine in the network of that host, and of no other. */
async function inNetworkOf(host: HostName, command: readonly string[]): Promise<string> {
  const { stdout: pid } = await execa('docker', [
    'inspect',
    '--format',
    '{{.State.Pid}}',
    hosts.host(host).innerName,
  ]);
  const { stdout } = await execa('nsenter', [`--net=/proc/${pid}/ns/net`, ...command], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  return stdout;
}
