/** The in-process SSH transport against an sshd in this process: commands, limits, and every way a connection can go wrong. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { openSsh2 } from '../../../src/reach/ssh2/open.ts';
import { usualLimits } from '../../../src/reach/transport.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import { run, troubleOf, ssh2Ground } from '../../support/ssh2-ground.ts';

const ground = ssh2Ground();
const { start, know, open, listen } = ground;

test('one constant command gets its script on stdin; its output and status come back, and the connection ends', async () => {
  const sshd = await start();
  const transport = await open(sshd.port);
  expect(transport.facts).toMatchObject({ transport: 'ssh2', user: 'ops', through: [] });
  const ran = await run(transport, 'echo hello; echo talk >&2; exit 3');
  expect(ran).toMatchObject({ exitCode: 3, stderr: 'talk\n' });
  expect(Buffer.from(ran.stdout).toString()).toBe('hello\n');
  await transport[Symbol.asyncDispose]();
  await expect.poll(() => sshd.seen.at(-1)).toBe('close');
  expect(sshd.seen.slice(0, -1)).toEqual([
    'connect',
    'auth publickey',
    'auth publickey',
    'login',
    'exec /bin/sh -s',
  ]);
});

test('root needs no sudo, others get it by a constant command', async () => {
  const seen: string[] = [];
  const sshd = await start({
    exec(channel, command) {
      seen.push(command);
      channel.exit(0);
      channel.end();
    },
  });
  await (await open(sshd.port, { user: 'root' })).run(Buffer.from(''), 'root', usualLimits);
  await (await open(sshd.port)).run(Buffer.from(''), 'root', usualLimits);
  expect(seen).toEqual(['/bin/sh -s', 'env LC_ALL=C sudo -n -- /bin/sh -s']);
});

test('a signal is told as one', async () => {
  const transport = await open((await start()).port);
  expect(await run(transport, 'kill -9 $$')).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' });
});

test('several commands run on one connection, one of them large', async () => {
  const sshd = await start();
  const transport = await open(sshd.port);
  const sizes = await Promise.all(
    [1, 2, 5_000_000].map(async (size) => (await run(transport, `head -c ${size} /dev/zero`)).stdout.length),
  );
  expect(sizes).toEqual([1, 2, 5_000_000]);
  expect(sshd.seen.filter((what) => what === 'connect')).toHaveLength(1);
});

test('a large script arrives whole', async () => {
  const transport = await open((await start()).port);
  const ran = await run(transport, `wc -c <<'END'\n${'x'.repeat(3_000_000)}\nEND\n`);
  expect(Buffer.from(ran.stdout).toString().trim()).toBe('3000001');
});

describe('limits', () => {
  test('too much output ends the command, and the connection goes on', async () => {
    const transport = await open((await start()).port);
    const trouble = await troubleOf(run(transport, 'yes', { outputBytes: 100_000 }));
    expect(trouble.code).toBe('too-much-output');
    expect(await run(transport, 'exit 0')).toMatchObject({ exitCode: 0 });
  });

  test('a command that takes too long is ended', async () => {
    const transport = await open((await start()).port);
    const trouble = await troubleOf(run(transport, 'sleep 20', { commandTimeoutMs: 200 }));
    expect(trouble.code).toBe('command-timeout');
  });
});

describe('a connection that does not come about', () => {
  test('a name that does not resolve', async () => {
    const trouble = await troubleOf(
      openSsh2({ via: 'ssh', host: 'nowhere.invalid' }, ground.home().options()),
    );
    expect(trouble.code).toBe('dns');
  });

  test('something that is no sshd', async () => {
    const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await troubleOf(open(port))).toMatchObject({
      code: 'garbled',
      message: expect.stringContaining('HTTP/1.1 400'),
    });
  });

  test('a penalised address is told so, and not tried again', async () => {
    let tries = 0;
    const port = await listen((socket) => {
      tries += 1;
      socket.end('Not allowed at this time\r\n');
    });
    expect(await troubleOf(open(port))).toMatchObject({
      code: 'reset',
      retryable: false,
      message: expect.stringContaining('PerSourcePenalties'),
    });
    expect(tries).toBe(1);
  });

  test.each([
    ['kex', { kex: ['diffie-hellman-group14-sha1'] }],
    ['group-exchange', { kex: ['diffie-hellman-group-exchange-sha256'] }],
    ['cipher', { cipher: ['aes256-cbc'] }],
    ['mac', { hmac: ['hmac-sha1'], cipher: ['aes128-ctr'] }],
  ] as const)('no %s in common names openssh', async (_what, algorithms) => {
    const sshd = await start({ algorithms: algorithms as never });
    expect(await troubleOf(open(sshd.port))).toMatchObject({
      code: 'needs-openssh',
      hint: expect.stringContaining('--transport openssh'),
    });
    expect(sshd.seen.filter((what) => what === 'connect')).toHaveLength(1);
  });

  test('what ssh_config asks of ssh alone names openssh before anybody is dialled', async () => {
    const sshd = await start();
    const sshConfigFile = ground.home().write('config', 'Host *\n  ProxyCommand nc %h %p\n');
    expect((await troubleOf(open(sshd.port, { sshConfigFile }))).code).toBe('needs-openssh');
    expect(sshd.seen).toEqual([]);
  });
});

describe('a connection that is lost', () => {
  test('by a reset in the middle of the output', async () => {
    const sshd = await start();
    await using proxy = await startFaultProxy({ host: '127.0.0.1', port: sshd.port });
    know(proxy.port, sshd);
    const transport = await open(proxy.port);
    proxy.set({ cut: { how: 'reset', after: 100_000 } });
    const trouble = await troubleOf(run(transport, 'head -c 1000000 /dev/zero; sleep 5'));
    expect(trouble).toMatchObject({ code: 'link-lost', retryable: true });
    expect((await troubleOf(run(transport, 'exit 0'))).code).toBe('link-lost');
  });

  test('by half of it being closed', async () => {
    const sshd = await start();
    await using proxy = await startFaultProxy({ host: '127.0.0.1', port: sshd.port });
    know(proxy.port, sshd);
    const transport = await open(proxy.port);
    proxy.set({ cut: { how: 'half-close', after: 100_000 } });
    const trouble = await troubleOf(run(transport, 'head -c 1000000 /dev/zero; sleep 5'));
    expect(trouble.code).toBe('link-lost');
  });

  test('by the power of the host', async () => {
    const sshd = await start();
    const transport = await open(sshd.port);
    const running = troubleOf(run(transport, 'sleep 20'));
    await expect.poll(() => sshd.seen.at(-1)).toBe('exec /bin/sh -s');
    sshd.cut();
    expect((await running).code).toBe('link-lost');
  });
});

test('a long banner and greeting are no answer', async () => {
  const sshd = await start({
    greeting: 'certificate is valid for nobody',
    banner: 'AUTHORISED USE ONLY\n'.repeat(500),
  });
  const ran = await run(await open(sshd.port), 'echo answer');
  expect(Buffer.from(ran.stdout).toString()).toBe('answer\n');
});

test('dial reaches what the node reaches, and tells apart why it cannot', async () => {
  const sshd = await start({ forwards: true });
  const transport = await open(sshd.port);
  const port = await listen((socket) => socket.pipe(socket));
  const stream = await transport.dial?.('127.0.0.1', port, 2000);
  stream?.write('echo');
  const [chunk] = (await once(stream as NonNullable<typeof stream>, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('echo');
  stream?.destroy();
  await expect(transport.dial?.('-x', 22, 1000)).rejects.toThrow('not a host');
  const closed = await start();
  expect(
    (await troubleOf((await open(closed.port)).dial?.('127.0.0.1', port, 2000) as Promise<unknown>)).code,
  ).toBe('unreachable');
});
