/** ProxyJump: one login per bastion for all hosts behind it, gentle to its sshd, and clear about who failed. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReachOptions } from '../../../src/reach/options.ts';
import { startGate } from '../../../src/reach/ssh2/gate.ts';
import { openSsh2 } from '../../../src/reach/ssh2/open.ts';
import { ReachError, type Transport, usualLimits } from '../../../src/reach/transport.ts';
import {
  type FakeSshd,
  type FakeSshdOptions,
  type Home,
  makeHome,
  makeKey,
  startFakeSshd,
} from '../../support/fake-sshd.ts';

let home: Home;
let bastion: FakeSshd;
let known: string;
const closing: AsyncDisposable[] = [];

beforeEach(async () => {
  home = makeHome();
  known = '';
  bastion = await start({ forwards: true });
});
afterEach(async () => {
  for (const one of closing.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

async function start(how: Partial<FakeSshdOptions> = {}): Promise<FakeSshd> {
  const sshd = await startFakeSshd({ userKey: home.userKey.public, ...how });
  closing.push(sshd);
  known += `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`;
  home.write('known_hosts', known);
  return sshd;
}

/** The inner hosts go through `jump`. */
function options(jump: string, more = '', changes: Partial<ReachOptions> = {}): ReachOptions {
  const text = `${more}\nHost bastion\n  HostName 127.0.0.1\n  Port ${bastion.port}\n  User hop\nHost *\n  ProxyJump ${jump}\n`;
  // A bastion that went through itself would be a circle.
  const file = home.write('config', text.replace('User hop\n', 'User hop\n  ProxyJump none\n'));
  return home.options({ sshConfigFile: file, ...changes });
}

async function open(sshd: FakeSshd, reach: ReachOptions): Promise<Transport> {
  const transport = await openSsh2({ via: 'ssh', host: '127.0.0.1', port: sshd.port }, reach);
  closing.push(transport);
  return transport;
}

async function troubleOf(attempt: Promise<unknown>) {
  const error = await attempt.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ReachError);
  return (error as ReachError).trouble;
}

const count = (sshd: FakeSshd, what: string): number => sshd.seen.filter((one) => one === what).length;

test('twenty hosts behind a bastion cost one login there, which ends with the last of them', async () => {
  const inner = await Promise.all(Array.from({ length: 20 }, () => start()));
  const reach = options('bastion');
  const transports = await Promise.all(inner.map((sshd) => open(sshd, reach)));
  for (const transport of transports) {
    expect(transport.facts.through).toEqual([`127.0.0.1:${bastion.port}`]);
    const ran = await transport.run(Buffer.from('echo hi'), 'login', usualLimits);
    expect(Buffer.from(ran.stdout).toString()).toBe('hi\n');
  }
  expect(count(bastion, 'login')).toBe(1);
  for (const transport of transports.slice(1)) await transport[Symbol.asyncDispose]();
  const [first] = transports;
  expect((await first?.run(Buffer.from('exit 0'), 'login', usualLimits))?.exitCode).toBe(0);
  expect(count(bastion, 'close')).toBe(0);
  await first?.[Symbol.asyncDispose]();
  await expect.poll(() => count(bastion, 'close')).toBe(1);
});

test('over two bastions, each with its own host key', async () => {
  const [second, inner] = [await start({ forwards: true }), await start()];
  const transport = await open(inner, options(`bastion,two@127.0.0.1:${second.port}`));
  expect(transport.facts.through).toEqual([`127.0.0.1:${bastion.port}`, `127.0.0.1:${second.port}`]);
  expect(bastion.seen).toContain(`forward 127.0.0.1:${second.port}`);
  expect(second.seen).toContain(`forward 127.0.0.1:${inner.port}`);
});

test('a ProxyJump in circles is a mistake of the user', async () => {
  const inner = await start();
  const file = home.write('config', 'Host a\n  ProxyJump b\nHost b\n  ProxyJump a\nHost *\n  ProxyJump a\n');
  await expect(open(inner, home.options({ sshConfigFile: file }))).rejects.toThrow('in circles');
});

describe('who failed', () => {
  test('a bastion that cannot be reached', async () => {
    const inner = await start();
    await bastion[Symbol.asyncDispose]();
    const trouble = await troubleOf(open(inner, options('bastion')));
    expect(trouble.code).toBe('bastion');
    expect(trouble.message).toMatch(/^the bastion bastion: 127\.0\.0\.1:\d+ refuses connections$/);
  });

  test('a bastion that does not let us in is asked once, however many hosts are behind it', async () => {
    const inner = await Promise.all([start(), start(), start()]);
    const other = home.write('other', makeKey().private);
    const reach = options('bastion', '', { identityFiles: [other] });
    for (const sshd of inner) expect((await troubleOf(open(sshd, reach))).code).toBe('authentication');
    expect(count(bastion, 'connect')).toBe(1);
    expect(inner.flatMap(({ seen }) => seen)).toEqual([]);
  });

  test('a bastion with another key than the known one', async () => {
    const inner = await start();
    known = known.replace(bastion.hostKey, makeKey().public.trim());
    home.write('known_hosts', known);
    const trouble = await troubleOf(open(inner, options('bastion')));
    expect(trouble.code).toBe('host-key-changed');
    expect(trouble.message).toMatch(/^the bastion bastion: /);
    expect(inner.seen).toEqual([]);
  });

  test('a bastion that dies takes the connections through it along', async () => {
    const inner = await start();
    const reach = options('bastion');
    const transport = await open(inner, reach);
    const running = troubleOf(transport.run(Buffer.from('sleep 20'), 'login', usualLimits));
    await expect.poll(() => inner.seen.at(-1)).toBe('exec /bin/sh -s');
    bastion.cut();
    expect((await running).code).toBe('link-lost');
    // And the next one makes a new login there.
    await open(inner, reach);
    expect(count(bastion, 'login')).toBe(2);
  });

  test('an unknown host behind a bastion gets no advice to scan what cannot be scanned', async () => {
    const inner = await start();
    home.write('known_hosts', known.split('\n').slice(0, 1).join('\n'));
    const trouble = await troubleOf(open(inner, options('bastion')));
    expect(trouble.code).toBe('host-key-unknown');
    expect(trouble.hint).not.toContain('ssh-keyscan');
  });
});

test('at most eight log in to one sshd at a time', async () => {
  let [now, most] = [0, 0];
  const sshd = await start();
  // The host thinks for a while about each key.
  const reach = home.options();
  const opened = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const transport = await open(sshd, reach);
      return transport;
    }),
  );
  for (const what of sshd.seen) {
    if (what === 'connect') now += 1;
    if (what === 'login') now -= 1;
    most = Math.max(most, now);
  }
  expect(opened).toHaveLength(30);
  expect(most).toBeLessThanOrEqual(8);
  expect(most).toBeGreaterThan(1);
});

test('the gate lets in as many as it says, in order, and forgets who has left', async () => {
  const gate = startGate(2);
  const order: number[] = [];
  const [first, second] = [await gate.enter('a'), await gate.enter('a')];
  const waiting = [1, 2].map(async (number) => {
    const leave = await gate.enter('a');
    order.push(number);
    return leave;
  });
  await gate.enter('b');
  first();
  first();
  await waiting[0];
  expect(order).toEqual([1]);
  second();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2]);
});
