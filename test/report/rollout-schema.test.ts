/** The JSON of apply, rollback and runs is what its schema says, and no text gets out of its place in any format. */
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isHostile } from '../../src/model/display.ts';
import { rolloutReports, runsReports } from '../../src/report/index.ts';
import { rolloutSchema, runsSchema } from '../../src/report/schema.ts';
import { sampleRollouts, sampleRuns } from '../support/sample-rollouts.ts';

const schemas = { apply: rolloutSchema, runs: runsSchema };
const look = { colour: false, width: 80 };

test.each(Object.entries(schemas))(
  'the committed schema of %s is the one of the code (npm run schema writes it)',
  async (name, schema) => {
    const file = path.join(import.meta.dirname, `../../docs/schema/${name}.schema.json`);
    const written = JSON.stringify(z.toJSONSchema(schema, { io: 'input', reused: 'ref' }), undefined, 2);
    await expect(`${written}\n`).toMatchFileSnapshot(file);
  },
);

function fits(schema: z.ZodType, json: unknown): void {
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(
    z.toJSONSchema(schema, { io: 'input', reused: 'ref' }),
  );
  validate(json);
  expect(validate.errors).toBeNull();
}

test.each(Object.entries(sampleRollouts()))('the JSON of %s fits the schema', (_, rollout) => {
  const json: unknown = JSON.parse(rolloutReports['json']?.(rollout, look) ?? '');
  // parse() drops what the schema does not name.
  expect(rolloutSchema.parse(json)).toEqual(json);
  fits(rolloutSchema, json);
});

test('the JSON of runs fits the schema', () => {
  const json: unknown = JSON.parse(runsReports['json']?.(sampleRuns(), look) ?? '');
  fits(runsSchema, json);
  expect(runsSchema.parse(json)).toEqual(json);
});

const hostile = fc.oneof(
  fc.constantFrom('<script>alert(1)</script>', '"><img src=x>', '\u001b[2J', '\u202eabc', 'a\nb', '|x|'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);

function tags(html: string): readonly string[] {
  return (html.match(/<[a-z!/][^>]*>/gi) ?? []).map((tag) => tag.replace(/[\s>].*$/s, ''));
}

function all(given: string, format: string): string {
  const rollouts = Object.values(sampleRollouts(given)).map(
    (one) => rolloutReports[format]?.(one, look) ?? '',
  );
  return [...rollouts, runsReports[format]?.(sampleRuns(given), look) ?? ''].join('');
}

test('hostile text makes no tag in HTML, and nowhere what a terminal would obey', () => {
  const plain = new Set(tags(all('safe', 'html')));
  fc.assert(
    fc.property(hostile, (given) => {
      expect(new Set(tags(all(given, 'html')))).toEqual(plain);
      for (const format of ['text', 'markdown', 'html', 'json'])
        expect(isHostile(all(given, format).replaceAll('\n', ''))).toBe(false);
    }),
    { numRuns: 25 },
  );
});

function text(name: keyof ReturnType<typeof sampleRollouts>): string {
  return (rolloutReports['text']?.(sampleRollouts()[name], look) ?? '').replaceAll(/\s+/g, ' ').trim();
}

test('the text begins with the answer, and says what to type before anything else', () => {
  expect(text('done')).toMatch(/^The new certificate is in use and proven on safe\./);
  expect(text('back')).toMatch(/^The old certificate is in use and proven on safe\./);
  expect(text('nothing')).toMatch(/^Nothing to do: every control plane is as it should be\./);
  expect(text('undone')).toMatch(
    /^It failed and was put back on safe, where the old certificate is served\./,
  );
  expect(text('stuck')).toMatch(/^A human is needed on safe: see what to type\..*To type by hand .*cp safe/);
  expect(text('unknown')).toMatch(/^The line to safe was lost: the node puts the old pair back by itself\./);
  expect(text('partial')).toMatch(/^The new certificate is in use and proven on safe; not all is done\./);
});

test('what happened to clients meanwhile is told: how many handshakes, how many failed, the longest gap', () => {
  expect(text('done')).toMatch(/safe here 50 1 204 ms safe/);
});
