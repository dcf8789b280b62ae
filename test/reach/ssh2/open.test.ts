/** The in-process SSH transport against an sshd in this process, which sees everything that arrives. */
import { expect, test } from 'vitest';
import { openSsh2 } from '../../../src/reach/ssh2/open.ts';
import { usualLimits } from '../../../src/reach/transport.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import { type Home, makeHome, startFakeSshd } from './fake-sshd.ts';

const target = (port: number) => ({ via: 'ssh', host: '127.0.0.1', port }) as const;

function know(home: Home, port: number, hostKey: string): void {
  home.write('known_hosts', `[127.0.0.1]:${port} ${hostKey}\n`);
}

test('one constant command gets its script on stdin, and what it says comes back with its exit status', async () => {
  using home = makeHome();
  await using sshd = await startFakeSshd({ userKey: home.userKey.public });
  know(home, sshd.port, sshd.hostKey);
  await using transport = await openSsh2(target(sshd.port), home.options());
  const ran = await transport.run(Buffer.from('echo hello; echo talk >&2; exit 3'), 'login', usualLimits);
  expect(ran).toMatchObject({ exitCode: 3, stderr: 'talk\n' });
  expect(Buffer.from(ran.stdout).toString()).toBe('hello\n');
  expect(sshd.seen).toEqual(['connect', 'auth publickey', 'auth publickey', 'login', 'exec /bin/sh -s']);
});

test('a login and a command take at most nine round trips', async () => {
  using home = makeHome();
  await using sshd = await startFakeSshd({ userKey: home.userKey.public });
  await using proxy = await startFaultProxy({ host: '127.0.0.1', port: sshd.port }, { delayMs: 50 });
  know(home, proxy.port, sshd.hostKey);
  const start = performance.now();
  await using transport = await openSsh2(target(proxy.port), home.options());
  const ready = performance.now() - start;
  await transport.run(Buffer.from('exit 0'), 'login', usualLimits);
  const done = performance.now() - start;
  console.log(ready / 100, done / 100);
});
