/** Every user of the SSH hosts is what its name says, as the system's own ssh sees it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ssh, type SshResult } from '../support/ssh-client.ts';
import { startSshHosts, type SshHosts, type UserName } from '../support/ssh-hosts.ts';

let hosts: SshHosts;

beforeAll(async () => {
  hosts = await startSshHosts(['plain']);
});

afterAll(() => hosts.stop());

function plain(user: UserName, command: string, input?: string): Promise<SshResult> {
  return ssh(hosts.configFile, [`${user}@plain`, command], input);
}

test('root logs in with the key and hears nothing but the answer', async () => {
  expect(await plain('root', 'id -u')).toEqual({ code: 0, stdout: '0\n', stderr: '' });
});

test('nobody logs in with a password or without a key', async () => {
  const { stderr } = await ssh(hosts.configFile, [
    '-o',
    'PubkeyAuthentication=no',
    '-o',
    'BatchMode=no',
    '-o',
    'NumberOfPasswordPrompts=1',
    'asks@plain',
    'true',
  ]);
  expect(stderr).toContain('Permission denied (publickey)');
});

describe('sudo', () => {
  test('ops becomes root without a password', async () => {
    expect(await plain('ops', 'id -u; sudo -n id -u')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[1-9]\d*\n0\n$/),
    });
  });

  test('asks becomes root with the password and only with that', async () => {
    const without = await plain('asks', 'sudo -n id -u');
    expect(without).toMatchObject({ code: 1, stdout: '', stderr: 'sudo: a password is required\n' });
    const wrong = await plain('asks', "sudo -S -p '' id -u", 'wrong\n');
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    const right = await plain('asks', "sudo -S -p '' id -u", `${hosts.sudoPassword}\n`);
    expect(right).toMatchObject({ code: 0, stdout: '0\n' });
  });

  test('needtty becomes root on a terminal only', async () => {
    const without = await plain('needtty', 'sudo -n id -u');
    expect(without).toMatchObject({ code: 1, stderr: 'sudo: sorry, you must have a tty to run sudo\n' });
    const withTerminal = await ssh(hosts.configFile, ['-tt', 'needtty@plain', 'sudo -n id -u']);
    expect(withTerminal).toMatchObject({ code: 0, stdout: '0\r\n' });
  });

  test('narrow does not find as root what it finds as itself', async () => {
    expect(await plain('narrow', 'site-tool')).toMatchObject({ code: 0, stdout: 'found\n' });
    const asRoot = await plain('narrow', 'sudo -n site-tool');
    expect(asRoot).toMatchObject({ code: 1, stderr: 'sudo: site-tool: command not found\n' });
    expect(await plain('ops', 'sudo -n site-tool')).toMatchObject({ code: 0, stdout: 'found\n' });
  });
});

describe('login shells', () => {
  test('fish does not understand sh, and runs it when told to', async () => {
    const asSh = await plain('fish', 'x=1; echo $x');
    expect(asSh.stdout).toBe('');
    expect(asSh.stderr).toContain('fish: Unsupported use of');
    expect(await plain('fish', 'exec sh -s', 'x=1; echo $x\n')).toMatchObject({ code: 0, stdout: '1\n' });
  });

  test('csh does not understand sh, and runs it when told to', async () => {
    const asSh = await plain('csh', 'x=1; echo $x');
    expect(asSh).toMatchObject({ code: 1, stderr: 'x=1: Command not found.\nx: Undefined variable.\n' });
    expect(await plain('csh', 'exec sh -s', 'x=1; echo $x\n')).toMatchObject({ code: 0, stdout: '1\n' });
  });

  test('nologin authenticates and then runs nothing', async () => {
    expect(await plain('nologin', 'id -u')).toEqual({
      code: 1,
      stdout: 'This account is currently not available.\n',
      stderr: '',
    });
  });
});
