import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startDecoding } from '../../src/explain/decode.ts';
import { diagnose, startDiagnosis } from '../../src/explain/diagnose.ts';
import type { Diagnosis } from '../../src/model/diagnosis.ts';
import { readCorpus } from '../support/corpus.ts';
import { processorTime } from '../support/patience.ts';

const samples = readCorpus(path.join(import.meta.dirname, 'corpus'));
const noise =
  'I1121 03:00:00.000000       1 noise.go:1] everything is fine here, nothing to see at all in this line of the log\n';

function inPieces(bytes: Uint8Array, size: number): Diagnosis {
  const decoder = startDecoding();
  const diagnoser = startDiagnosis();
  for (let start = 0; start < bytes.length; start += size)
    diagnoser.push(decoder.push(bytes.subarray(start, start + size)));
  diagnoser.push(decoder.end());
  return diagnoser.end();
}

test('the pieces in which a text comes make no difference', () => {
  const whole = Buffer.concat(
    samples
      .filter(({ file }) => !file.includes('utf16'))
      .flatMap(({ text }) => [text, Buffer.from(`\n${noise}`)]),
  );
  const expected = inPieces(whole, whole.length);
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 20_000 }), (size) => {
      expect(inPieces(whole, size)).toEqual(expected);
    }),
    { numRuns: 15 },
  );
});

test('a text of any kind is diagnosed without an error', () => {
  const words = fc.constantFrom(
    'x509: ',
    'certificate is valid for ',
    'not ',
    ', ',
    '10.0.0.1',
    'a.example',
    '\n',
    '\\n',
    '"',
    '\\"',
    '[',
    ']',
    '::',
    '\u001b[31m',
    "doesn't match ",
    'hostname ',
    'either of ',
    'connection refused',
    'https://',
    ':6443',
    '\u0000',
    '…',
    'not valid for any names',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(words, { maxLength: 60 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (one) => {
      const { names, exitCode } = diagnose(one);
      expect([1, 2, 8]).toContain(exitCode);
      for (const { value } of names) expect(value.length).toBeLessThanOrEqual(300);
    }),
    { numRuns: 300 },
  );
});

describe('text that was made to be slow is read in time (bounds are loose: the machine is shared)', () => {
  const sentence = 'x509: certificate is valid for 10.96.0.1, not 10.0.0.1 ';
  test.each([
    ['not, over and over', 'not '.repeat(1_000_000)],
    ['the start of the sentence, over and over', 'x509: certificate is valid for '.repeat(200_000)],
    ['a list without an end', `x509: certificate is valid for ${'a.example, '.repeat(500_000)}`],
    ['one long line of letters', 'x'.repeat(20_000_000)],
    ['one long line of errors', sentence.repeat(20_000)],
    ['quotes and brackets', 'hostname "'.repeat(300_000)],
    ['backslashes', '\\'.repeat(3_000_000)],
    ['escapes', `${'\\u001b'.repeat(500_000)} certificate`],
    ['blanks', `certificate${' '.repeat(5_000_000)}x`],
    ['short lines that look like trouble', 'cert\n'.repeat(200_000)],
    ['short lines that never end their message', "doesn't match\n".repeat(50_000)],
    ['short lines with one message each', `${sentence}\n`.repeat(100_000)],
    ['carriage returns', 'cert\r'.repeat(200_000)],
    ['escaped line breaks', 'cert\\n'.repeat(200_000)],
    ['URLs', 'certificate https://a'.repeat(200_000)],
  ])('%s', async (_, text) => {
    expect(await processorTime(() => diagnose(text))).toBeLessThan(5000);
  });
});
