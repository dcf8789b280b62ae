/** DNS on the wire: what is asked, and that no answer, however made, ends in an exception. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeQuestion, octal, readDig, readHex } from '../../../src/inspect/verify/dns.ts';

const name = 'kubernetes.default.svc.cluster.local';

function answer(records: readonly (readonly [number, readonly number[]])[], flags = 0x81_80): string {
  const question = encodeQuestion(name, 'A');
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(records.length, 6);
  const all = records.map(([type, data]) =>
    Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 30, 0, data.length, ...data]),
  );
  return Buffer.concat([header, question.subarray(12), ...all]).toString('hex');
}

test('a question is what RFC 1035 says, and goes through any printf', () => {
  const question = encodeQuestion('a.bc', 'AAAA');
  expect(question.toString('hex')).toBe('5a1701000001000000000000016102626300001c0001');
  expect(octal(Buffer.from([0, 10, 255]))).toBe('\\000\\012\\377');
});

test('addresses of both kinds are read, other records passed over', () => {
  expect(
    readHex(
      answer([
        [5, [0xc0, 12]],
        [1, [10, 96, 0, 1]],
        [28, [0xfd, ...Array.from({ length: 14 }, () => 0), 1]],
      ]),
    ),
  ).toEqual({ state: 'answered', code: 'NOERROR', addresses: ['10.96.0.1', 'fd00::1'] });
});

test.each([
  ['', 'no answer'],
  ['zz', 'its answer is not understood'],
  ['5a17', 'its answer is no answer of DNS'],
  // Somebody else's number, and a question that comes back as it was.
  [answer([]).replace(/^5a17/, '5a18'), 'its answer is no answer of DNS'],
  [answer([], 0x01_00), 'its answer is no answer of DNS'],
  [answer([[1, [10, 96, 0, 1]]]).slice(0, -2), 'its answer is no answer of DNS'],
])('%j is a failure: %s', (hex, detail) => {
  expect(readHex(hex)).toEqual({ state: 'failed', detail });
});

test('a refusal of DNS is an answer with its code', () => {
  expect(readHex(answer([], 0x81_83))).toEqual({ state: 'answered', code: 'NXDOMAIN', addresses: [] });
  expect(readHex(answer([], 0x81_8f))).toMatchObject({ code: 'RCODE15' });
});

test('what dig prints is read too', () => {
  const text =
    ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; ANSWER SECTION:\nkubernetes.default.svc.cluster.local. 30 IN A 10.96.0.1\n';
  expect(readDig(text)).toEqual({ state: 'answered', code: 'NOERROR', addresses: ['10.96.0.1'] });
  expect(readDig(';; connection timed out; no servers could be reached')).toMatchObject({ state: 'failed' });
});

test('no bytes at all make it throw or hang', () => {
  const begun = Buffer.from(answer([[1, [1, 2, 3, 4]]]), 'hex');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(begun.length), (bytes, at) => {
      const mixed = Buffer.concat([begun.subarray(0, at), bytes]);
      for (const one of [Buffer.from(bytes), mixed])
        expect(['answered', 'failed']).toContain(readHex(one.toString('hex')).state);
    }),
    { numRuns: 500 },
  );
});
