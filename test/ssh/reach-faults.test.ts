/** Bad networks between us and a real sshd: each fault has its own name, in time, and leaves nothing behind. */
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openOpenssh } from '../../src/reach/openssh/open.ts';
import type { ReachOptions } from '../../src/reach/options.ts';
import { query } from '../../src/reach/reader.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import { type Transport, usualLimits } from '../../src/reach/transport.ts';
import { codeOf, readerOf, told } from '../reach/contract.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { reachOptions, sshTarget } from '../support/reach-options.ts';
import { startSshHosts, type HostName, type SshHosts } from '../support/ssh-hosts.ts';

let hosts: SshHosts;
let proxy: FaultProxy;

beforeAll(async () => {
  hosts = await startSshHosts(['plain', 'busy', 'bastion', 'inner']);
  proxy = await startFaultProxy({ host: '127.0.0.1', port: hosts.host('plain').port ?? 0 });
});

afterEach(() => {
  proxy.set({});
});

afterAll(async () => {
  await proxy.close();
  await hosts.stop();
});

const adapters = { ssh2: openSsh2, openssh: openOpenssh } as const;
const limits = { ...usualLimits, connectTimeoutMs: 2000, commandTimeoutMs: 10_000 };

function foldersOfSsh(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^fix-sans-[A-Za-z0-9]{6}$/.test(name));
}

describe.each(['ssh2', 'openssh'] as const)('%s', (name) => {
  const open = (some: Partial<ReachOptions> = {}, host: HostName = 'plain'): Promise<Transport> =>
    adapters[name](
      { ...sshTarget(host, 'ops'), ...(host === 'plain' && { port: proxy.port }) },
      reachOptions({ transport: name, sshConfigFile: hosts.configFile, limits, ...some }),
    );

  test('a port that nobody listens on is refused at once (fault 1)', async () => {
    const closed = await startFaultProxy({ host: '127.0.0.1', port: 1 });
    await closed.close();
    const attempt = adapters[name](
      { ...sshTarget('plain', 'ops'), port: closed.port },
      reachOptions({ transport: name, sshConfigFile: hosts.configFile, limits }),
    );
    expect(await codeOf(attempt)).toBe('refused');
  });

  test('a host that never speaks is given up at the connect timeout (fault 2)', async () => {
    proxy.set({ cut: { how: 'silence', after: 0 } });
    const before = performance.now();
    expect(await codeOf(open())).toBe('timeout');
    expect(performance.now() - before).toBeGreaterThan(1800);
    expect(performance.now() - before).toBeLessThan(3000);
  });

  test('twelve at once get into a host that drops the third login (fault 3)', async () => {
    const options = reachOptions({ transport: name, sshConfigFile: hosts.configFile });
    const uids = await Promise.all(
      Array.from({ length: 12 }, async () => {
        await using transport = await adapters[name](sshTarget('busy', 'ops'), options);
        return (await told(transport, 'say uid "$(id -u)"', { as: 'root' }))['uid'];
      }),
    );
    expect(uids).toEqual(Array.from({ length: 12 }, () => '0'));
  });

  test('a connection that is cut after so many bytes is never a whole reply (fault 39)', async () => {
    for (const after of [100, 1500, 4000]) {
      proxy.set({ cut: { how: 'reset', after } });
      const attempt = (async () => {
        await using transport = await open();
        const answer = await told(transport, 'head -c 200000 /dev/zero | frame a');
        return Object.keys(answer);
      })();
      expect(['reset', 'link-lost', 'timeout']).toContain(await codeOf(attempt));
    }
  });

  test('a link that dies in the middle of a command is told as lost (fault 8)', async () => {
    await using transport = await open();
    const running = codeOf(told(transport, 'sleep 5; say a 1'));
    setTimeout(() => proxy.set({ cut: { how: 'reset', after: 0 } }), 500);
    expect(await running).toBe('link-lost');
  });

  test('a link that falls silent is given up in time', async () => {
    await using transport = await open();
    const running = readerOf(transport).query(
      query('silent', 'sleep 1; say a 1'),
      {},
      { commandTimeoutMs: 3000 },
    );
    setTimeout(() => proxy.set({ cut: { how: 'silence', after: 0 } }), 300);
    const before = performance.now();
    expect(await codeOf(running)).toBe('command-timeout');
    expect(performance.now() - before).toBeLessThan(4000);
  });

  test('a slow, long line works (fault 38)', async () => {
    proxy.set({ bytesPerSecond: 8000, delayMs: 50 });
    await using transport = await open({ limits: usualLimits });
    const { frames } = await readerOf(transport).query(query('slow', 'head -c 20000 /dev/zero | frame a'));
    expect(frames[0]?.bytes).toHaveLength(20_000);
  });

  test('a node behind a bastion is reached', async () => {
    await using transport = await open({}, 'inner');
    expect(await told(transport, 'say name "$(hostname)"')).toEqual({ name: 'inner' });
  });

  test('nothing is left of all that', () => {
    expect(foldersOfSsh().filter((folder) => existsSync(`${tmpdir()}/${folder}/s`))).toEqual([]);
  });
});
