/** Names as wishes: rows 1-20 of the bad-input catalogue, one test a row, and how names compare and cover. */
import { describe, expect, it, test } from 'vitest';
import { display, isHostile } from '../../src/model/display.ts';
import {
  covers,
  formatSan,
  isCovered,
  looseSan,
  parseSan,
  parseSans,
  type San,
  sameSan,
} from '../../src/model/san.ts';
import { sanNoteSentence, sanRefusalCodes, sanRefusalSentence } from '../../src/model/san-refusal.ts';

/** `ok dns:a.example.com wildcard`, `url → api.example.com`, `option`: a reading on one line. */
function read(input: string): string {
  const reading = parseSan(input);
  if (reading.ok) return ['ok', formatSan(reading.san), ...reading.notes].join(' ');
  const { code, suggestion } = reading.refusal;
  return suggestion === undefined ? code : `${code} → ${suggestion}`;
}

type Rows = readonly (readonly [input: string, expected: string])[];

function readAll(rows: Rows): Rows {
  return rows.map(([input]) => [input, read(input)]);
}

function dns(value: string): San {
  return { type: 'dns', value };
}

function ip(value: string): San {
  return { type: 'ip', value };
}

describe('the bad-input catalogue', () => {
  test('row 1: nothing is no name', () => {
    const rows: Rows = [
      ['', 'empty'],
      [' ', 'empty'],
      ['\t \t', 'empty'],
      [',', 'empty'],
      ['.', 'empty'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 2: ASCII blanks around a name are dropped, other blanks refused', () => {
    const rows: Rows = [
      ['api.example.com ', 'ok dns:api.example.com trimmed'],
      ['\tapi.example.com', 'ok dns:api.example.com trimmed'],
      ['\u00a0api.example.com', 'white-space → api.example.com'],
      ['api.example.com\u3000', 'white-space → api.example.com'],
      ['api example', 'white-space'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 3: a URL offers its host', () => {
    const rows: Rows = [
      ['https://api.example.com:6443/', 'url → api.example.com'],
      ['HTTPS://API.example.com', 'url → api.example.com'],
      ['https://user:pass@api.example.com/x?y#z', 'url → api.example.com'],
      ['https://[2001:db8::1]:6443', 'url → 2001:db8::1'],
      ['https://10.0.0.300:6443/', 'url'],
      ['api.example.com/healthz', 'url → api.example.com'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 4: a port, brackets or a range is not part of a name', () => {
    const rows: Rows = [
      ['api.example.com:6443', 'port → api.example.com'],
      ['10.0.0.1:6443', 'port → 10.0.0.1'],
      ['[::1]:6443', 'port → ::1'],
      ['[::1]', 'brackets → ::1'],
      ['10.0.0.1/24', 'range → 10.0.0.1'],
      ['2001:db8::/32', 'range'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 5: what reads like an address never becomes a DNS name', () => {
    const rows: Rows = [
      ['10.0.0.300', 'number-like'],
      ['010.0.0.1', 'number-like → 10.0.0.1'],
      ['1.2.3', 'number-like'],
      ['0x7f.1', 'number-like'],
      ['256.1.1.1', 'number-like'],
      ['1.2.3.4.', 'number-like → 1.2.3.4'],
      ['2130706433', 'number-like'],
      ['example.0x7F', 'number-like'],
      ['１０.0.0.1', 'idn-maps → 10.0.0.1'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 6: an address with a zone is refused', () => {
    const rows: Rows = [
      ['fe80::1%eth0', 'zone → fe80::1'],
      ['fe80::1%25eth0', 'zone → fe80::1'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 7: every spelling of an IPv6 address is one name', () => {
    const rows: Rows = [
      ['2001:DB8::1', 'ok ip:2001:db8::1'],
      ['2001:db8:0:0:0:0:0:1', 'ok ip:2001:db8::1'],
      ['2001:0db8:0000::0.0.0.1', 'ok ip:2001:db8::1'],
      ['2001:db8:0:1:0:0:0:1', 'ok ip:2001:db8:0:1::1'],
      ['1:0:0:2:0:0:0:3', 'ok ip:1:0:0:2::3'],
    ];
    expect(readAll(rows)).toEqual(rows);
    expect(parseSans(['2001:DB8::1', '2001:db8:0:0:0:0:0:1']).sans).toHaveLength(1);
  });

  test('row 8: an IPv4-mapped address equals the IPv4 address', () => {
    const rows: Rows = [
      ['::ffff:10.0.0.1', 'ok ip:10.0.0.1 ipv4-mapped'],
      ['::FFFF:a00:1', 'ok ip:10.0.0.1 ipv4-mapped'],
      ['::10.0.0.1', 'ok ip:::a00:1'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 9: addresses that name no host are refused, and kept for who insists', () => {
    const rows: Rows = [
      ['0.0.0.0', 'unspecified-address'],
      ['::', 'unspecified-address'],
      ['::ffff:0.0.0.0', 'unspecified-address'],
      ['224.0.0.1', 'multicast-address'],
      ['ff02::1', 'multicast-address'],
      ['255.255.255.255', 'broadcast-address'],
    ];
    expect(readAll(rows)).toEqual(rows);
    const reading = parseSan('0.0.0.0');
    expect(!reading.ok && reading.refusal.san).toEqual(ip('0.0.0.0'));
  });

  test('row 10: loopback is a name, the metadata service is not', () => {
    const rows: Rows = [
      ['127.0.0.1', 'ok ip:127.0.0.1'],
      ['localhost', 'ok dns:localhost'],
      ['169.254.169.254', 'metadata-address'],
      ['fd00:ec2::254', 'metadata-address'],
      ['169.254.1.1', 'ok ip:169.254.1.1 link-local'],
      ['fe80::1', 'ok ip:fe80::1 link-local'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 11: a wildcard is the whole left-most label and nothing else', () => {
    const rows: Rows = [
      ['*.example.com', 'ok dns:*.example.com wildcard'],
      ['*', 'wildcard-place'],
      ['a.*.com', 'wildcard-place'],
      ['**.x', 'wildcard-place'],
      ['f*.example.com', 'wildcard-place'],
      ['*.*.example.com', 'wildcard-place'],
      ['*.com', 'wildcard-broad'],
      ['*.', 'wildcard-place'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 12: case and the final dot are canonicalised', () => {
    const rows: Rows = [
      ['EXAMPLE.com', 'ok dns:example.com lower-cased'],
      ['api.example.com.', 'ok dns:api.example.com final-dot'],
      ['api.example.com..', 'bad-label'],
      // Not dotless: the locale of the machine plays no part.
      ['KUBERNETES.INTERNAL', 'ok dns:kubernetes.internal lower-cased'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 13: an underscore is refused as a wish and understood when found', () => {
    const rows: Rows = [
      ['a_b.example.com', 'underscore'],
      ['_kube.example.com', 'underscore'],
    ];
    expect(readAll(rows)).toEqual(rows);
    expect(looseSan('A_b.example.com.')).toEqual(dns('a_b.example.com'));
  });

  test('row 14: labels and names have their rules and lengths', () => {
    const label63 = 'a'.repeat(63);
    const name253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`;
    const rows: Rows = [
      ['-a.com', 'bad-label'],
      ['a-.com', 'bad-label'],
      ['a..b', 'bad-label'],
      ['.a.com', 'bad-label'],
      [`${label63}.com`, `ok dns:${label63}.com`],
      [`${label63}a.com`, 'too-long'],
      [name253, `ok dns:${name253}`],
      [`${name253}a`, 'too-long'],
      ['a'.repeat(100_000), 'too-long'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 15: international names become A-labels, look-alikes are told, broken ones refused', () => {
    const rows: Rows = [
      ['bücher.de', 'ok dns:xn--bcher-kva.de idn'],
      ['xn--bcher-kva.de', 'ok dns:xn--bcher-kva.de idn'],
      ['раураl.com', 'ok dns:xn--l-7sba6dbr.com mixed-scripts idn'],
      ['xn--l-7sba6dbr.com', 'ok dns:xn--l-7sba6dbr.com mixed-scripts idn'],
      ['xn--a', 'idn-invalid'],
      ['xn--a.example.com', 'idn-invalid'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 16: a name that DNS would turn into another shows which', () => {
    const rows: Rows = [
      ['ſ.com', 'idn-maps → s.com'],
      ['example．com', 'idn-maps → example.com'],
      ['example。com', 'idn-maps → example.com'],
      ['ｅxample.com', 'idn-maps → example.com'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 17: what a shell or a program would obey is refused', () => {
    const rows: Rows = [
      ['$(touch /tmp/p)', 'white-space'],
      ['$(id)', 'bad-character'],
      ['`id`', 'bad-character'],
      [';reboot', 'bad-character'],
      ["a'b", 'bad-character'],
      ['a"b', 'bad-character'],
      ['a\\b', 'bad-character'],
      ['{{x}}', 'bad-character'],
      ['--config=/x', 'option'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 18: control characters are refused, and escaped when shown', () => {
    const hostile = ['a\nb', 'a\0b', 'a\x1b[2J', 'a\u202eb', 'a\u200bb', 'a\rb', 'a\u0085b', 'a\ud800'];
    for (const input of hostile) {
      const reading = parseSan(input);
      expect(reading).toMatchObject({ ok: false, refusal: { code: 'control-character' } });
      if (reading.ok) continue;
      const sentence = sanRefusalSentence(reading.refusal);
      expect(isHostile(sentence)).toBe(false);
      expect(sentence).toContain(String.raw`a\u{`);
    }
  });

  test('row 19: a name with a comma is no wish', () => {
    const rows: Rows = [
      ['a.example, DNS:evil.example', 'white-space'],
      ['a.example,DNS:evil.example', 'bad-character'],
    ];
    expect(readAll(rows)).toEqual(rows);
  });

  test('row 20: duplicates are dropped, a hundred names are remarked, more than a thousand refused', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `n${index}.example.com`);
    expect(
      parseSans(['b.example.com', 'A.example.com', 'a.example.com.', '10.0.0.1', '::ffff:10.0.0.1']),
    ).toEqual({
      sans: [dns('b.example.com'), dns('a.example.com'), ip('10.0.0.1')],
      notes: [
        { input: 'A.example.com', note: 'lower-cased' },
        { input: 'a.example.com.', note: 'final-dot' },
        { input: 'a.example.com.', note: 'duplicate' },
        { input: '::ffff:10.0.0.1', note: 'ipv4-mapped' },
        { input: '::ffff:10.0.0.1', note: 'duplicate' },
      ],
      refusals: [],
    });
    expect(parseSans(names.slice(0, 99)).notes).toEqual([]);
    const thousand = parseSans(names.slice(0, 1000));
    expect(thousand.sans).toHaveLength(1000);
    expect(thousand.notes).toEqual([{ input: '1000 names', note: 'many-names' }]);
    for (const many of [names.slice(0, 1001), names]) {
      expect(parseSans(many)).toMatchObject({ sans: [], refusals: [{ code: 'too-many' }] });
    }
    expect(parseSans(Array.from({ length: 10_000 }, () => 'a.example.com')).sans).toHaveLength(1);
  });
});

describe('refusals', () => {
  it('each have a sentence', () => {
    for (const code of sanRefusalCodes) {
      expect(sanRefusalSentence({ code, input: 'x' })).toMatch(/^"x" is refused: [a-z1].{10,}/);
    }
    expect(sanNoteSentence('wildcard')).toMatch(/one label/);
  });

  it('suggest the corrected name', () => {
    const reading = parseSan('https://api.example.com:6443/');
    expect(reading.ok ? '' : sanRefusalSentence(reading.refusal)).toBe(
      '"https://api.example.com:6443/" is refused: it is a URL, not a name; did you mean api.example.com?',
    );
  });

  it('are all told, not only the first', () => {
    expect(parseSans(['*', 'ok.example.com', '--x']).refusals.map(({ code }) => code)).toEqual([
      'wildcard-place',
      'option',
    ]);
  });
});

describe('coverage', () => {
  test.each<[held: San, wanted: San, expected: boolean]>([
    [dns('api.example.com'), dns('api.example.com'), true],
    [dns('API.Example.com'), dns('api.example.COM'), true],
    [dns('api.example.com'), dns('api.example.com.'), true],
    [dns('api.example.com.'), dns('api.example.com'), false],
    [dns('*.example.com'), dns('a.example.com'), true],
    [dns('*.example.com'), dns('a.b.example.com'), false],
    [dns('*.example.com'), dns('example.com'), false],
    [dns('*.example.com'), dns('*.example.com'), true],
    [dns('f*.example.com'), dns('foo.example.com'), false],
    [dns('a.*.com'), dns('a.b.com'), false],
    [dns('a_b.example.com'), dns('a_b.example.com'), true],
    [dns('*'), dns('localhost'), false],
    [dns(''), dns(''), false],
    [dns('.'), dns('.'), false],
    [dns('10.0.0.1'), ip('10.0.0.1'), false],
    [dns('*.0.0.1'), ip('10.0.0.1'), false],
    [ip('10.0.0.1'), dns('10.0.0.1'), false],
    [ip('::ffff:10.0.0.1'), ip('10.0.0.1'), true],
    [ip('2001:DB8:0::1'), ip('2001:db8::1'), true],
    [ip('2001:db8::1'), ip('2001:db8::2'), false],
    [dns('a.example, DNS:evil.example'), dns('evil.example'), false],
  ])('%o for %o: %s', (held, wanted, expected) => {
    expect(covers(held, wanted)).toBe(expected);
  });

  it('needs one name of many', () => {
    expect(isCovered([dns('b'), dns('a')], dns('a'))).toBe(true);
    expect(isCovered([], dns('a'))).toBe(false);
  });

  it('is not sameness', () => {
    expect(sameSan(dns('*.example.com'), dns('a.example.com'))).toBe(false);
    expect(sameSan(dns('A.example.com'), dns('a.example.com'))).toBe(true);
    expect(sameSan(dns('10.0.0.1'), ip('10.0.0.1'))).toBe(false);
  });
});

describe('a name in a text', () => {
  test.each<[string, San | undefined]>([
    ['api.example.com:6443', dns('api.example.com')],
    ['[::1]:6443', ip('::1')],
    ['10.0.0.1.', ip('10.0.0.1')],
    ['0.0.0.0', ip('0.0.0.0')],
    [' A_b.example.com. ', dns('a_b.example.com')],
    ['ü_b.example.com', undefined],
    ['10.0.0.300', undefined],
    ['*', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(looseSan(text)).toEqual(expected);
  });
});

test('hostile text is shown on one line and bounded', () => {
  expect(display('a\u202eb\r\n\x1b[31m')).toBe(String.raw`a\u{202e}b\u{d}\u{a}\u{1b}[31m`);
  expect(display('bücher ✓ 日本')).toBe('bücher ✓ 日本');
  expect(display('x'.repeat(1000))).toHaveLength(301);
});
