/** Files that flags name beside the user: both ways of SSH read and write the very same, wherever their programs stand. */
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reachOptionsOf } from '../../src/cli/reach-options.ts';
import { openNode } from '../../src/reach/open.ts';
import { refuseGivenFiles } from '../../src/reach/given-files.ts';
import { type FakeSshd, type Home, makeHome, makeKey, startFakeSshd } from '../support/fake-sshd.ts';
import { codeOf } from './contract.ts';

let home: Home;
let sshd: FakeSshd;

beforeEach(async () => {
  home = makeHome();
  sshd = await startFakeSshd({ userKey: home.userKey.public });
  mkdirSync(path.join(home.folder, 'etc'));
  writeFileSync(path.join(home.folder, 'etc/fix-sans-id'), home.userKey.private, { mode: 0o600 });
  writeFileSync(
    path.join(home.folder, 'etc/fix-sans-conf'),
    `Host cp1\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ops\n`,
  );
  vi.spyOn(process, 'cwd').mockReturnValue(realpathSync(home.folder));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await sshd[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

const knownHosts = (): string => path.join(home.folder, 'etc/fix-sans-kh');

describe.each(['ssh2', 'openssh'])('%s', (transport) => {
  async function trust(flags: Readonly<Record<string, unknown>> = {}) {
    const options = reachOptionsOf(
      {
        transport,
        sshConfig: 'etc/fix-sans-conf',
        identity: ['etc/fix-sans-id'],
        knownHosts: ['etc/fix-sans-kh'],
        connectTimeout: '5s',
        ...flags,
      },
      {},
      {
        stdin: process.stdin,
        stdout: { write: () => true },
        stderr: { write: () => true },
        env: { HOME: home.folder, PATH: process.env['PATH'] },
      },
    );
    await refuseGivenFiles(options);
    await using reader = await openNode(
      { name: 'cp1', role: 'control-plane', target: { via: 'ssh', host: 'cp1' }, source: 'flag' },
      options,
    );
    return reader.connection.hostKey?.trust;
  }

  test('settings, key and known hosts are found, and a new key is added to the file that was named', async () => {
    expect(await trust({ acceptNewHostKeys: true })).toBe('added');
    expect(readFileSync(knownHosts(), 'utf8')).toContain(sshd.hostKey);
    expect(await trust()).toMatch(/^(?:known|openssh)$/);
  });

  test('so are those that ssh_config names without their folder', async () => {
    const conf = path.join(home.folder, 'etc/fix-sans-conf');
    const own = '  UserKnownHostsFile etc/fix-sans-kh\n  IdentityFile etc/fix-sans-id\n';
    writeFileSync(conf, `${readFileSync(conf, 'utf8')}${own}`);
    const flags = { identity: [], knownHosts: [] };
    expect(await trust({ ...flags, acceptNewHostKeys: true })).toBe('added');
    expect(readFileSync(knownHosts(), 'utf8')).toContain(sshd.hostKey);
    expect(await trust(flags)).toMatch(/^(?:known|openssh)$/);
  });

  test('a folder that is gone keeps nobody from files that are named whole', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue('/gone/fix-sans');
    const flags = {
      sshConfig: path.join(home.folder, 'etc/fix-sans-conf'),
      identity: [home.keyFile],
      knownHosts: [knownHosts()],
      acceptNewHostKeys: true,
    };
    expect(await trust(flags)).toBe('added');
  });

  test('a changed key is a changed one, not an unknown one', async () => {
    writeFileSync(knownHosts(), `[127.0.0.1]:${sshd.port} ${makeKey().public.trim()}\n`);
    expect(await codeOf(trust({ acceptNewHostKeys: true }))).toBe('host-key-changed');
  });
});
