/** The edges of what is read as a name: what is almost a URL, a port, a range or an address is told as what it is, and never becomes another name. */
import { describe, expect, test } from 'vitest';
import {
  covers,
  formatSan,
  isApiserverName,
  looseSan,
  parseSan,
  parseSans,
  type San,
  sanKey,
} from '../../src/model/san.ts';

/** `ok dns:a.example.com wildcard`, `url → api.example.com`, `option`: a reading on one line. */
function read(input: string): string {
  const reading = parseSan(input);
  if (reading.ok) return ['ok', formatSan(reading.san), ...reading.notes].join(' ');
  const { code, suggestion } = reading.refusal;
  return suggestion === undefined ? code : `${code} → ${suggestion}`;
}

function dns(value: string): San {
  return { type: 'dns', value };
}

function ip(value: string): San {
  return { type: 'ip', value };
}

describe('a wish', () => {
  test.each([
    ['  api.example.com \t', 'ok dns:api.example.com trimmed'],
    [' '.repeat(1024), 'empty'],
    [' '.repeat(1025), 'too-long'],
    ['a', 'ok dns:a'],
    ['a.', 'ok dns:a final-dot'],
    ['a--', 'bad-label'],
    ['--', 'option'],
  ])('with blanks, or next to nothing: %j', (input, expected) => {
    expect(read(input)).toBe(expected);
  });

  test.each([
    ['https://https://api.example.com', 'url → api.example.com'],
    ['https://https://https://api.example.com', 'url → api.example.com'],
    ['a+b-c.1://api.example.com', 'url → api.example.com'],
    ['x://api.example.com', 'url → api.example.com'],
    ['https://api.example.com?a=b/c', 'url → api.example.com'],
    ['https://api.example.com#a', 'url → api.example.com'],
    ['https://@api.example.com', 'url → api.example.com'],
    // Whoever wrote this dials a: what stands behind it is no password.
    ['https://a/b@api.example.com', 'url → a'],
    ['https://a?b@api.example.com', 'url → a'],
    ['https://a#b@api.example.com', 'url → a'],
    // Nobody can say which host is meant, so none is suggested.
    ['x=https://api.example.com', 'url'],
    ['1x://api.example.com', 'url'],
    ['https://a@b@api.example.com', 'url'],
    ['https://a[b.example', 'url'],
    ['https://a]b.example', 'url'],
    ['https://[::1', 'url'],
    ['https://', 'url'],
    ['/x', 'url'],
  ])('that is a URL, or almost: %s', (input, expected) => {
    expect(read(input)).toBe(expected);
  });

  test.each([
    ['10.0.0.0/8', 'range'],
    ['10.0.0.10/8', 'range → 10.0.0.10'],
    ['10.0.0.1/', 'range → 10.0.0.1'],
    ['2001:db8::1/64', 'range → 2001:db8::1'],
    ['[::1]:', 'port → ::1'],
    ['[::1]:x', 'bad-character'],
    ['[::1]x', 'bad-character'],
    ['a[::1]', 'bad-character'],
    ['[a]b]', 'bad-character'],
    ['[]', 'brackets'],
    ['[api.example.com]', 'brackets → api.example.com'],
    ['[api.example.com]:6443', 'port → api.example.com'],
    ['api.example.com:', 'port → api.example.com'],
    ['api.example.com:6', 'port → api.example.com'],
    ['api.example.com:x', 'bad-character'],
    ['api:64x', 'bad-character'],
    ['a:b:1', 'bad-character'],
    ['a%b', 'zone → a'],
    ['%', 'zone'],
  ])('with something at its end: %s', (input, expected) => {
    expect(read(input)).toBe(expected);
  });

  test.each([
    ['010.020.003.001', 'number-like → 10.20.3.1'],
    ['00010.0.0.1', 'number-like → 10.0.0.1'],
    ['100.0.0.01', 'number-like → 100.0.0.1'],
    ['0.0.0.010', 'number-like → 0.0.0.10'],
    ['010.0.0.300', 'number-like'],
    ['1.2.3.', 'number-like'],
    ['00000::1', 'bad-character'],
    ['2001:db8::1.', 'number-like → 2001:db8::1'],
    ['0.0.0.0.', 'number-like'],
    ['::ffff:169.254.169.254', 'metadata-address'],
  ])('that is almost an address: %s', (input, expected) => {
    expect(read(input)).toBe(expected);
  });

  test.each([
    ['a.xn--bcher-kva.de', 'ok dns:a.xn--bcher-kva.de idn'],
    ['*.xn--bcher-kva.de', 'ok dns:*.xn--bcher-kva.de idn wildcard'],
    ['*.xn--a.example.com', 'idn-invalid'],
    ['xn--a.bücher.de', 'idn-invalid'],
    ['axn--b.example.com', 'ok dns:axn--b.example.com'],
    ['bücher.de.', 'ok dns:xn--bcher-kva.de idn final-dot'],
    ['\u0080.example', 'control-character'],
    ['x\u007f.example', 'control-character'],
    ['metadata.google.internal', 'metadata-address'],
    ['Metadata.google.internal.', 'metadata-address'],
    ['x.metadata.google.internal', 'ok dns:x.metadata.google.internal'],
    ['*.a', 'wildcard-broad'],
    ['*.a.b', 'ok dns:*.a.b wildcard'],
  ])('of letters, stars or somebody else: %s', (input, expected) => {
    expect(read(input)).toBe(expected);
  });

  test('that is refused is quoted in bounds', () => {
    const reading = parseSan('a'.repeat(5000));
    expect(reading).toStrictEqual({ ok: false, refusal: { code: 'too-long', input: 'a'.repeat(1024) } });
  });
});

describe('many wishes', () => {
  const names = Array.from({ length: 1001 }, (_, index) => `n${index}.example.com`);

  test('a hundred are many', () => {
    expect(parseSans(names.slice(0, 100)).notes).toEqual([{ input: '100 names', note: 'many-names' }]);
  });

  test('where there are too many, what else is wrong is told too', () => {
    expect(parseSans(['--x', ...names]).refusals).toEqual([
      { code: 'option', input: '--x' },
      { code: 'too-many', input: '1001 names' },
    ]);
  });
});

test.each<[San, San, boolean]>([
  [ip('zz'), ip('zz'), true],
  [ip('zz'), ip('zy'), false],
  [ip('zz'), ip('10.0.0.1'), false],
  [ip('10.0.0.1'), ip('::ffff:10.0.0.1'), true],
  // What is no host name is held as it stands.
  [dns('A B'), dns('a b'), true],
  [dns('*.*.c'), dns('*.*.c'), true],
  [dns('*.*.c'), dns('a.b.c'), false],
  [dns('a.b.'), dns('a.b.'), true],
  [dns('*a.b'), dns('xa.b'), false],
  [dns('*.b'), dns('-a.b'), false],
  [dns('*.b'), dns('a_.b'), true],
  [dns('*.b'), dns('.b'), false],
  [dns('*.b'), dns('a.c'), false],
  [dns('*.b'), dns('a.b.'), true],
  [dns('*.b.'), dns('a.b'), false],
  [dns('*.b.c.d'), dns('a.b.c'), false],
  // Below the wildcard, not above it.
  [dns('*.b'), dns('a.b.c'), false],
  [dns('*.b'), dns('x y.b'), false],
  [dns('*.b'), dns('*.b.'), false],
  [dns('*'), dns('a'), false],
  [dns('*'), dns('*'), true],
  [dns('*.EXAMPLE.com'), dns('A.example.COM'), true],
])('%o for %o: %s', (held, wanted, expected) => {
  expect(covers(held, wanted)).toBe(expected);
});

test('names of another spelling are one, and an address is no DNS name', () => {
  expect(sanKey(dns('API.Example.com'))).toBe('dns:api.example.com');
  expect(sanKey(ip('2001:DB8::1'))).toBe('ip:2001:db8::1');
});

test.each([
  ['kubernetes', true],
  ['KUBERNETES.Default', true],
  ['kubernetes.default.svc', true],
  ['kubernetes.default.svc.cluster.local', true],
  ['kubernetes.default.svc.', false],
  ['kubernetes.default.svcx', false],
  ['kubernetes.defaults', false],
  ['kubernetes.', false],
  ['kubernetes.example.com', false],
  ['my-kubernetes', false],
])('%s is one of the Service’s own names: %s', (name, expected) => {
  expect(isApiserverName(name)).toBe(expected);
});

test.each<[string, San | undefined]>([
  ['[::1]', ip('::1')],
  ['api.example.com:', dns('api.example.com')],
  ['*.a', dns('*.a')],
  ['metadata.google.internal', dns('metadata.google.internal')],
  ['224.0.0.1', ip('224.0.0.1')],
  [' A_b. ', dns('a_b')],
  // What a URL, a range or a zone is about is somebody's guess.
  ['https://api.example.com', undefined],
  ['10.0.0.1/24', undefined],
  ['fe80::1%eth0', undefined],
  ['010.0.0.1', undefined],
  ['1.2.3.', undefined],
  ['-a.example.com', undefined],
  ['a b', undefined],
  ['api_x:6443', undefined],
  ['a_ü.example.com', undefined],
  ['\u00a010.0.0.1', undefined],
])('in a text %j stands %o', (text, expected) => {
  expect(looseSan(text)).toEqual(expected);
});
