/** What every way to a node has to do alike; each adapter's test file runs it. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReachTroubleCode } from '../../src/model/trouble.ts';
import { query, type NodeReader, type Reply } from '../../src/reach/reader.ts';
import { nodeReader } from '../../src/reach/run-query.ts';
import { ReachError, type RunAs, type Transport, usualLimits } from '../../src/reach/transport.ts';

export function readerOf(transport: Transport, as: RunAs = 'login'): NodeReader {
  const node = { name: 'n1', role: 'control-plane', target: { via: 'local' }, source: 'flag' } as const;
  return nodeReader(node, transport, { as });
}

export function textsOf(reply: Reply): Readonly<Record<string, string>> {
  return Object.fromEntries(
    reply.frames.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('utf8')]),
  );
}

/** One script in, its frames out. */
export async function told(
  transport: Transport,
  script: string,
  { as = 'login', data = {} }: { as?: RunAs; data?: Readonly<Record<string, string>> } = {},
): Promise<Readonly<Record<string, string>>> {
  return textsOf(await readerOf(transport, as).query(query('test', script), data));
}

/** The code of the trouble that this must end in. */
export async function troubleOf(attempt: Promise<unknown>): Promise<ReachError['trouble']> {
  const error: unknown = await attempt.then(
    (value) => new Error(`it worked: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ReachError) return error.trouble;
  throw error;
}

export async function codeOf(attempt: Promise<unknown>): Promise<ReachTroubleCode> {
  return (await troubleOf(attempt)).code;
}

export function transportContract(name: string, open: () => Promise<Transport>): void {
  describe(`${name} keeps the contract`, () => {
    let transport: Transport;

    beforeAll(async () => {
      transport = await open();
    });

    afterAll(() => transport[Symbol.asyncDispose]());

    test('every byte comes back as it was, in both directions', async () => {
      const all = await readerOf(transport).query(
        query(
          'bytes',
          String.raw`awk 'BEGIN { for (i = 1; i < 256; i++) printf "%c", i }' | frame up
          printf '\000\001\000' | frame nul
          printf %s "$DATA_down" | frame down`,
        ),
        { down: Buffer.from(Array.from({ length: 127 }, (_, at) => at + 1)).toString('latin1') },
      );
      expect(all.frames.map((frame) => [frame.name, Buffer.from(frame.bytes).toString('latin1')])).toEqual([
        ['up', Buffer.from(Array.from({ length: 255 }, (_, at) => at + 1)).toString('latin1')],
        ['nul', '\0\u0001\0'],
        ['down', Buffer.from(Array.from({ length: 127 }, (_, at) => at + 1)).toString('latin1')],
      ]);
    });

    test('five megabytes come whole', async () => {
      const { frames } = await readerOf(transport).query(
        query('large', 'for i in 1 2 3 4 5; do head -c 1000000 /dev/zero | frame part; done'),
      );
      expect(frames.map(({ bytes }) => bytes.length)).toEqual(Array.from({ length: 5 }, () => 1_000_000));
    });

    test('the exit status is the command’s', async () => {
      const ran = await transport.run(Buffer.from('echo out; echo err >&2; exit 7\n'), 'login', usualLimits);
      expect(ran.exitCode).toBe(7);
      expect(Buffer.from(ran.stdout).toString()).toContain('out\n');
      expect(ran.stderr).toContain('err\n');
    });

    test('a script that a signal ends is no reply', async () => {
      expect(await codeOf(told(transport, `say a 1; sh -c 'kill -KILL $PPID'; :`))).toBe('failed');
    });

    test.each([
      ['stdout', 9],
      ['stderr', 2],
    ])('a flood on %s is cut at the cap, and what made it is ended (fault 11)', async (_, descriptor) => {
      // Another run on this machine may make a flood of its own.
      const word = `fix-sans-flood-${randomUUID()}`;
      const before = process.memoryUsage().rss;
      expect(await codeOf(told(transport, `yes ${word} >&${descriptor}`))).toBe('too-much-output');
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
      const count = `n=0; for p in /proc/[0-9]*; do
        if tr '\\000' ' ' <"$p/cmdline" 2>/dev/null | grep -q '^yes ${word}'; then n=$((n + 1)); fi
        done; say n "$n"`;
      await expect.poll(() => told(transport, count), { timeout: 10_000 }).toEqual({ n: '0' });
    });

    test('a command that takes too long is given up in time, and the next one works', async () => {
      const before = performance.now();
      const slow = readerOf(transport).query(
        query('slow', 'sleep 20; say a 1'),
        {},
        { commandTimeoutMs: 700 },
      );
      expect(await codeOf(slow)).toBe('command-timeout');
      expect(performance.now() - before).toBeLessThan(1700);
      expect(await told(transport, 'say a 1')).toEqual({ a: '1' });
    });

    test('six commands at a time each have their own answer', async () => {
      const answers = await Promise.all(
        [1, 2, 3, 4, 5, 6].map((each) =>
          told(transport, 'sleep 0.1; say a "$DATA_each"', { data: { each: `${each}` } }),
        ),
      );
      expect(answers.map(({ a }) => a)).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    test('nothing of our environment reaches the script, and messages are in English', async () => {
      process.env['FIX_SANS_CANARY'] = 'canary';
      const { env, talk } = await told(transport, 'env | frame env; ls /nowhere 2>&1 | frame talk');
      delete process.env['FIX_SANS_CANARY'];
      expect(env).not.toContain('canary');
      expect(env).toContain('LC_ALL=C\n');
      expect(talk).toContain('No such file or directory');
    });

    test('no data is ever run', async () => {
      const hostile = fc.array(
        fc.constantFrom(
          '$(echo run)',
          '`echo run`',
          "'",
          '"',
          '\\',
          '\n',
          ';',
          '|',
          '&',
          '!',
          '!!',
          '{',
          '}',
          '#',
          '*',
          '~',
          '%',
          '\r',
          '\u001b',
          'a',
          ' ',
        ),
        { maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(hostile, async (pieces) => {
          const value = pieces.join('');
          expect(await told(transport, 'say back "$DATA_value"', { data: { value } })).toEqual({
            back: value,
          });
        }),
        { numRuns: 10 },
      );
    });

    test('root is root, and asked for when it matters', async () => {
      expect(await told(transport, 'say uid "$(id -u)"', { as: 'root' })).toEqual({ uid: '0' });
    });
  });
}
