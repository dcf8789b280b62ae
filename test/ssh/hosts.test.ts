/** Every variant of the SSH hosts is what its name says, as the system's own ssh and as a bare socket see it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { ssh } from '../support/ssh-client.ts';
import { startSshHosts, type SshHosts } from '../support/ssh-hosts.ts';

let hosts: SshHosts;

beforeAll(async () => {
  hosts = await startSshHosts(['plain', 'noisy', 'german', 'bastion', 'inner', 'busy']);
});

afterAll(() => hosts.stop());

test('each host has a key of its own, made for this run, and ssh knows it', async () => {
  const keys = ['plain', 'noisy'].map((name) => hosts.host(name as 'plain').hostKey);
  expect(new Set(keys).size).toBe(2);
  expect(readFileSync(hosts.knownHostsFile, 'utf8')).toContain(`plain ${keys[0]}\n`);
  const impostor = await ssh(hosts.configFile, ['-o', 'HostKeyAlias=noisy', 'plain', 'true']);
  expect(impostor).toMatchObject({ code: 255 });
  expect(impostor.stderr).toContain('Host key verification failed');
});

test('hosts are published on loopback only', async () => {
  const { stdout } = await execa('docker', ['port', hosts.host('plain').innerName]);
  expect(stdout).toBe(`22/tcp -> 127.0.0.1:${hosts.host('plain').port}`);
});

test('noisy shows a banner before the login and a MOTD on a terminal', async () => {
  const { stdout, stderr } = await ssh(hosts.configFile, ['-tt', 'ops@noisy'], 'exit\n');
  expect(stderr).toContain('AUTHORISED USE ONLY');
  expect(stdout).toContain('3 updates can be applied');
  expect(stdout).toContain('profile: last backup was 412 days ago');
});

test('noisy prints into the output of commands, without a newline, in bash, csh and fish', async () => {
  const bash = await ssh(hosts.configFile, ['ops@noisy', 'echo answer']);
  expect(bash.stdout).toBe(
    'bashrc: certificate is valid for 10.96.0.1, not 192.0.2.66\nbashrc: no newline at the endanswer\n',
  );
  expect(bash.stderr).toContain('AUTHORISED USE ONLY');
  expect((await ssh(hosts.configFile, ['csh@noisy', 'echo answer'])).stdout).toBe(
    'cshrc: good morning\nanswer\n',
  );
  expect((await ssh(hosts.configFile, ['fish@noisy', 'echo answer'])).stdout).toBe(
    'fish: good morning\nanswer\n',
  );
});

test('german speaks German, in sudo too', async () => {
  const { stderr } = await ssh(hosts.configFile, ['ops@german', 'ls /nowhere; sudo -n nothing']);
  expect(stderr).toContain('Datei oder Verzeichnis nicht gefunden');
  expect(stderr).toContain('sudo: nothing: Befehl nicht gefunden');
});

test('bastion lets nobody in and everybody through', async () => {
  const direct = await ssh(hosts.configFile, ['ops@bastion', 'id']);
  expect(direct).toMatchObject({ code: 1, stdout: 'This account is currently not available.\n' });
  const through = await ssh(hosts.configFile, ['inner', 'hostname; echo $SSH_CONNECTION']);
  expect(through).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inner\n/) });
  const { stdout: address } = await execa('docker', [
    'inspect',
    '--format',
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    hosts.host('bastion').innerName,
  ]);
  expect(through.stdout).toContain(`\n${address} `);
});

test('inner has no name outside, and no port', async () => {
  expect(hosts.host('inner').port).toBeUndefined();
  const { stderr } = await ssh(hosts.configFile, ['-o', 'ProxyJump=none', 'inner', 'true']);
  expect(stderr).toContain('Could not resolve hostname');
});

test('busy drops the third connection that has not logged in, and takes it once one has gone', async () => {
  const [first, second] = [await greeted('busy'), await greeted('busy')];
  const third = await ssh(hosts.configFile, ['busy', 'true']);
  expect(third.code).toBe(255);
  expect(third.stderr).toMatch(/kex_exchange_identification: (?:read: )?Connection (?:closed|reset)/);
  first.destroy();
  second.destroy();
  await expect.poll(async () => (await ssh(hosts.configFile, ['busy', 'true'])).code).toBe(0);
  expect(await hosts.host('busy').log()).toContain('MaxStartups');
});

test('a host behind the fault proxy goes on where the network came back', async () => {
  await using proxy = await startFaultProxy({ host: '127.0.0.1', port: hosts.host('plain').port ?? 0 });
  const running = ssh(hosts.configFile, ['-o', `Port=${proxy.port}`, 'plain', 'sleep 0.3; echo still here']);
  await new Promise((resolve) => void setTimeout(resolve, 200));
  proxy.set({ cut: { how: 'silence', after: 0 } });
  await new Promise((resolve) => void setTimeout(resolve, 500));
  proxy.set({});
  expect(await running).toMatchObject({ code: 0, stdout: 'still here\n' });
});

/** A connection that sshd has greeted and that will never log in. */
async function greeted(name: 'busy'): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: hosts.host(name).port ?? 0 });
  socket.on('error', () => undefined);
  await once(socket, 'data');
  return socket;
}
