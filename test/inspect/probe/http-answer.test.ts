/** Answers that are made to be costly or to confuse: what they cost this machine, and that they are still told for what they are. */
import { expect, test } from 'vitest';
import { wholeAnswer } from '../../../src/inspect/probe/http-answer.ts';
import type { HttpAnswer } from '../../../src/model/probe.ts';
import { processorTime } from '../../support/patience.ts';

/** As it arrives: a few bytes at a time, and looked at each time. */
function drip(text: string, step: number): HttpAnswer | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const read = wholeAnswer();
  for (let length = step; length < bytes.length; length += step) {
    const early = read(bytes.subarray(0, length), false);
    if (early) return early;
  }
  return read(bytes, true);
}

test('a header of blanks that ends oddly costs no more than another', async () => {
  const answer = `HTTP/1.1 200 OK\r\nx:${' '.repeat(16_000)}\rZ\r\nServer: nginx\r\n\r\n${'a'.repeat(200)}`;
  let seen: HttpAnswer | undefined;
  const spent = await processorTime(() => {
    seen = drip(answer, 10);
  });
  expect(seen).toMatchObject({ status: 200, server: 'nginx' });
  expect(spent).toBeLessThan(1000);
});

test('a body in pieces of one byte is read once, not once for each piece', async () => {
  const pieces = '1\r\nx\r\n'.repeat(2000);
  let seen: HttpAnswer | undefined;
  const spent = await processorTime(() => {
    seen = drip(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`, 1);
  });
  expect(seen?.firstLine).toBe('x'.repeat(200));
  expect(spent).toBeLessThan(1500);
});

test.each([1, 2, 3, 7, 1000])('pieces are put together however they arrive, %i bytes at a time', (step) => {
  const text =
    'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n';
  expect(drip(`${text}0\r\n\r\nmore`, step)?.firstLine).toBe('hello, world');
  // Broken off in the middle of a piece: what came of it counts.
  expect(drip(`${text}9\r\n!!`, step)?.firstLine).toBe('hello, world!!');
});

test.each([
  ['objects', '{"a":', '}'],
  ['lists', '{"a":[', ']}'],
])('JSON of %s nested without end is an answer like any other', (_, open, close) => {
  const body = `${open.repeat(5000)}1${close.repeat(5000)}`;
  expect(drip(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`, 4000)).toMatchObject({
    status: 200,
    firstLine: body.slice(0, 200),
  });
});
