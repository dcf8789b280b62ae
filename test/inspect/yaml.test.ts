import { expect, test } from 'vitest';
import { readYaml } from '../../src/inspect/yaml.ts';
import { processorTime } from '../support/patience.ts';

test.each([
  ['thirty thousand keys', Array.from({ length: 30_000 }, (_, index) => `a${index}:`).join('\n')],
  ['brackets behind strings in brackets', `x: ${'["]",'.repeat(40_000)}`],
  ['braces behind keys in braces', `x: ${'{"}":'.repeat(40_000)}`],
  ['lists without end', '['.repeat(100_000)],
])('%s are refused, and soon', async (_, text) => {
  const took = await processorTime(() => {
    expect(readYaml(text)).toMatchObject({
      ok: false,
      fault: expect.stringMatching(/nested|entries|plain text/),
    });
  });
  expect(took).toBeLessThan(3000);
});
