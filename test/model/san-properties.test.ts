/** What holds for every name: spelling, sameness, coverage, and that no text makes reading throw. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { display, isHostile } from '../../src/model/display.ts';
import { covers, looseSan, parseSan, parseSans, type San, sameSan, sanKey } from '../../src/model/san.ts';
import { sanRefusalCodes, sanRefusalSentence } from '../../src/model/san-refusal.ts';

const label = fc
  .stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/)
  .filter((text) => !text.startsWith('xn--'));
const dnsName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const wildcard = fc.array(label, { minLength: 2, maxLength: 3 }).map((labels) => `*.${labels.join('.')}`);
const address = fc.oneof(fc.ipV4(), fc.ipV6());
const nameText = fc.oneof(dnsName, wildcard, address);

const canonical: fc.Arbitrary<San> = nameText
  .map((text) => parseSan(text))
  .filter((reading) => reading.ok)
  .map((reading) => reading.san);

/** Names as certificates hold them: few letters, so that they meet. */
const found: fc.Arbitrary<San> = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'B', 'b', '*', 'a_', '-a', 'a-', '', '1', 'f*'), {
      minLength: 1,
      maxLength: 4,
    })
    .map((labels): San => ({ type: 'dns', value: labels.join('.') })),
  fc
    .constantFrom('10.0.0.1', '::ffff:10.0.0.1', '::FFFF:a00:1', '10.0.0.2', '::1', '0:0::1', '::2')
    .map((value): San => ({ type: 'ip', value })),
  fc.constantFrom('10.0.0.1', '::1').map((value): San => ({ type: 'dns', value })),
);

/** Any text, and text that is nearly a name. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc
    .array(
      fc.constantFrom(
        'a',
        '1',
        '.',
        '*',
        ':',
        '[',
        ']',
        '/',
        '%',
        '-',
        '_',
        ' ',
        'ü',
        'xn--',
        '0x',
        '\0',
        '：',
        '。',
      ),
    )
    .map((parts) => parts.join('')),
);

it('parse ∘ format is the identity on canonical names', () => {
  fc.assert(
    fc.property(canonical, (san) => {
      const reading = parseSan(san.value);
      expect(reading).toMatchObject({ ok: true, san });
    }),
    { numRuns: 200 },
  );
});

it('whatever is accepted is canonical: reading it again changes nothing', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, nameText), (text) => {
      const reading = parseSan(text);
      if (!reading.ok) return;
      expect(parseSan(reading.san.value)).toMatchObject({ ok: true, san: reading.san });
      expect(reading.san.value).toMatch(/^[a-z0-9.:*-]+$/);
    }),
    { numRuns: 500 },
  );
});

it('every spelling of an address is one name', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
      const plain = groups.map((group) => group.toString(16)).join(':');
      const padded = groups.map((group) => group.toString(16).toUpperCase().padStart(4, '0')).join(':');
      const one = parseSan(plain);
      const other = parseSan(padded);
      expect(other.ok).toBe(one.ok);
      expect(other).toMatchObject(one.ok ? { san: one.san } : { refusal: { code: one.refusal.code } });
    }),
    { numRuns: 200 },
  );
});

it('sameness is an equivalence, and agrees with the key', () => {
  const some = fc.oneof(found, canonical);
  fc.assert(
    fc.property(some, some, some, (one, two, three) => {
      expect(sameSan(one, one)).toBe(true);
      expect(sameSan(one, two)).toBe(sameSan(two, one));
      expect(sameSan(one, two)).toBe(sanKey(one) === sanKey(two));
      expect(!(sameSan(one, two) && sameSan(two, three)) || sameSan(one, three)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('on canonical names, equal names cover each other, and only wildcards cover another', () => {
  fc.assert(
    fc.property(canonical, canonical, (one, other) => {
      expect(covers(one, one)).toBe(true);
      expect(!covers(one, other) || sameSan(one, other) || one.value.startsWith('*.')).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('a wildcard covers every single label in its place, and no other number of labels', () => {
  fc.assert(
    fc.property(wildcard, label, label, (value, one, other) => {
      const held: San = { type: 'dns', value };
      const parent = value.slice(2);
      expect(covers(held, { type: 'dns', value: `${one}.${parent}` })).toBe(true);
      expect(covers(held, { type: 'dns', value: `${other}.${one}.${parent}` })).toBe(false);
      expect(covers(held, { type: 'dns', value: parent })).toBe(false);
    }),
    { numRuns: 100 },
  );
});

it('coverage agrees with a reference', () => {
  fc.assert(
    fc.property(found, found, (held, wanted) => {
      expect([held, wanted, covers(held, wanted)]).toEqual([held, wanted, coversByReference(held, wanted)]);
    }),
    { numRuns: 2000 },
  );
});

it('no text makes reading throw, and every refusal is a documented one', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const reading = parseSan(text);
      expect(looseSan(text)?.value ?? 'none').toMatch(/^[a-z0-9_.:*-]+$/);
      expect(isHostile(display(text))).toBe(false);
      if (reading.ok) return;
      expect(sanRefusalCodes).toContain(reading.refusal.code);
      expect(isHostile(sanRefusalSentence(reading.refusal))).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

it('a list of any texts yields each name once', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyText, nameText), { maxLength: 12 }), (texts) => {
      const keys = parseSans(texts).sans.map(sanKey);
      expect(new Set(keys).size).toBe(keys.length);
    }),
    { numRuns: 100 },
  );
});

/**
 * Go's rules told another way: the pattern becomes a regular expression, addresses become sixteen bytes.
 * https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/verify.go
 */
function coversByReference(held: San, wanted: San): boolean {
  if (held.type !== wanted.type) return false;
  if (held.type === 'ip') return sixteenBytes(held.value) === sixteenBytes(wanted.value);
  const plain = String.raw`[a-z0-9_][a-z0-9_-]*`;
  const isHost = new RegExp(String.raw`^${plain}(\.${plain})*\.?$`, 'i').test(wanted.value);
  const isPattern = new RegExp(String.raw`^(\*\.${plain}|${plain})(\.${plain})*$`, 'i').test(held.value);
  if (isHost && isPattern) {
    const pattern = held.value.replaceAll('.', String.raw`\.`).replace('*', '[^.]+');
    return new RegExp(String.raw`^${pattern}\.?$`, 'i').test(wanted.value);
  }
  if (held.value === '' || held.value === '.') return false;
  return folded(held.value).equals(folded(wanted.value));
}

/** Go folds ASCII letters and nothing else; comparing by locale would pass over invisible characters. */
function folded(text: string): Buffer {
  return Buffer.from(text, 'utf16le').map((byte, at, all) => {
    const isCapital = at % 2 === 0 && all[at + 1] === 0 && byte >= 65 && byte <= 90;
    return isCapital ? byte + 32 : byte;
  }) as Buffer;
}

function sixteenBytes(text: string): string {
  const v4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(text);
  if (v4) {
    const [, a, b, c, d] = v4.map(Number) as [number, number, number, number, number];
    return `0:0:0:0:0:ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  const [head = '', tail = ''] = text.toLowerCase().split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].join(':');
}
