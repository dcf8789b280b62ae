/** What is believed of a reply, whatever a hostile or broken node sends. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FrameReading, readFrames, talkOf } from '../../src/reach/frames.ts';
import { processorTime } from '../support/patience.ts';

const nonce = '0123456789abcdef0123456789abcdef';

function start(uid = 0): string {
  return `\n#fix-sans ${nonce} start aaaaaaaaaaaaaaaa ${uid}\n`;
}

function record(name: string, bytes: Uint8Array | string, mark = nonce): string {
  const body = Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/.{76}(?=.)/g, '$&\n');
  const digest = createHash('sha256').update(`${name}\n${body}`).digest('hex');
  return `\n#fix-sans ${mark} frame ${name} ${body.length} ${digest}\n${body}\n#fix-sans ${mark} .\n`;
}

function read(text: string): FrameReading {
  return readFrames(Buffer.from(text, 'latin1'), nonce);
}

const end = record('end', '0');

test('frames come back in order, byte for byte, and a name may come twice', () => {
  const every = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);
  const reading = read(start(1000) + record('a', every) + record('a', '') + record('b', 'two') + end);
  expect(reading).toMatchObject({ state: 'whole', status: 0, uid: 1000, scriptId: 'aaaaaaaaaaaaaaaa' });
  expect(reading.state === 'whole' && reading.frames.map(({ name, bytes }) => [name, [...bytes]])).toEqual([
    ['a', [...every]],
    ['a', []],
    ['b', [...Buffer.from('two')]],
  ]);
});

test('any bytes in any number of frames survive any noise before, between and after', () => {
  const noise = fc.string({ unit: 'binary', maxLength: 80 });
  const frames = fc.array(
    fc.record({
      name: fc.stringMatching(/^[a-z.-]{1,20}$/),
      bytes: fc.uint8Array({ maxLength: 300 }),
      noise,
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(noise, frames, (before, all) => {
      const kept = all.filter(({ name }) => name !== 'end');
      const text = Buffer.concat([
        Buffer.from(before + start()),
        ...kept.map((one) => Buffer.from(record(one.name, one.bytes) + one.noise)),
        Buffer.from(end + before),
      ]);
      const reading = readFrames(text, nonce);
      expect(reading.state === 'whole' && reading.frames).toEqual(
        kept.map(({ name, bytes }) => ({ name, bytes })),
      );
    }),
  );
});

test('a reply cut anywhere is never taken for a whole one', () => {
  const whole = start() + record('a', 'some bytes') + record('b', 'more') + end;
  for (let length = 0; length < whole.length; length += 1) {
    expect(read(whole.slice(0, length)).state).not.toBe('whole');
  }
  expect(read(whole).state).toBe('whole');
});

test('one flipped bit anywhere in a frame is seen', () => {
  const good = record('a', 'some bytes that matter');
  for (let at = 1; at < good.length - 1; at += 1) {
    const bad = good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 4) + good.slice(at + 1);
    expect([at, read(start() + bad + end).state]).toEqual([at, 'garbled']);
  }
});

describe('what is not believed', () => {
  test.each([
    ['nothing at all', '', 'not-started'],
    ['a banner only', 'Welcome!\nThis account is currently not available.\n', 'not-started'],
    [
      'frames of another nonce',
      start().replaceAll('0', '1') + record('a', 'x', 'f'.repeat(32)),
      'not-started',
    ],
    ['frames without a start', record('a', 'x') + end, 'garbled'],
    ['two ends', start() + end + end, 'garbled'],
    ['a frame after the end', start() + end + record('a', 'x'), 'garbled'],
    ['no end', start() + record('a', 'x'), 'garbled'],
    ['an end without a status', start() + record('end', 'well'), 'garbled'],
    ['a length beyond the text', start() + record('a', 'x').replace(' 4 ', ' 4000000000 ') + end, 'garbled'],
    ['a length too small', start() + record('a', 'xxxx').replace(' 8 ', ' 4 ') + end, 'garbled'],
    ['a path for a name', start() + record('../../etc', 'x') + end, 'garbled'],
    [
      'noise inside a body',
      start() + record('a', 'x'.repeat(99)).replace('eHh4', 'eH\nlogin: h4') + end,
      'garbled',
    ],
    ['a start after the start', start() + start() + end, 'garbled'],
  ])('%s', (_, text, state) => {
    expect(read(text).state).toBe(state);
  });

  test('a body that is no base64, though its digest is right', () => {
    const digest = createHash('sha256').update('a\n!!!!').digest('hex');
    const text = `${start()}\n#fix-sans ${nonce} frame a 4 ${digest}\n!!!!\n#fix-sans ${nonce} .\n${end}`;
    expect(read(text)).toEqual({ state: 'garbled', fault: 'frame a is not in base64' });
  });

  test('anything at all: it is read without an error and in no time', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(start(), end, record('a', 'x'), `\n#fix-sans ${nonce} `, `#fix-sans ${nonce} .\n`),
      fc.constantFrom(`\n#fix-sans ${nonce} frame a 0 `, `\n#fix-sans ${nonce} lacks base64\n`),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(['whole', 'not-started', 'lacks', 'garbled']).toContain(read(pieces.join('')).state);
      }),
    );
  });

  test('eight megabytes of half marks are read within a second', async () => {
    const half = `\n#fix-sans ${nonce}`;
    const text = start() + half.repeat(Math.floor((8 * 1024 * 1024) / half.length)) + end;
    const took = await processorTime(() => {
      expect(read(text).state).toBe('whole');
    });
    expect(took).toBeLessThan(1000);
  });
});

test('what a node lacks is named', () => {
  expect(read(`\n#fix-sans ${nonce} lacks sha256sum\n`)).toEqual({
    state: 'lacks',
    program: 'sha256sum',
  });
});

test('what the script says is told from what was said before it', () => {
  expect(talkOf(`banner\nprofile: hello\n#fix-sans ${nonce} talk\ncat: /x: no\n`, nonce)).toBe(
    'cat: /x: no\n',
  );
  expect(talkOf('only a banner\n', nonce)).toBe('');
});
