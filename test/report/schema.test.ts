import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { decodeText } from '../../src/explain/decode.ts';
import { diagnose } from '../../src/explain/diagnose.ts';
import type { Diagnosis } from '../../src/model/diagnosis.ts';
import { explainAsJson } from '../../src/report/explain-json.ts';
import { explainSchema } from '../../src/report/schema.ts';
import { readCorpus } from '../support/corpus.ts';

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

/** Compiles only as long as a Diagnosis is what the schema describes. */
function typed(
  diagnosis: Diagnosis,
): Diagnosis & DeepReadonly<Omit<z.infer<typeof explainSchema>, 'formatVersion' | 'command'>> {
  return diagnosis;
}

const schema = z.toJSONSchema(explainSchema, { io: 'input' });

test('the committed schema is the one of the code (npm run schema writes it)', async () => {
  const file = path.join(import.meta.dirname, '../../docs/schema/explain.schema.json');
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(file);
});

describe('the JSON of every sample in the corpus fits the schema', () => {
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
  test.each(readCorpus(path.join(import.meta.dirname, '../explain/corpus')))('$file', ({ text }) => {
    const json: unknown = JSON.parse(explainAsJson(typed(diagnose(decodeText(text)))));
    validate(json);
    expect(validate.errors).toBeNull();
    // parse() drops what the schema does not name.
    expect(explainSchema.parse(json)).toEqual(json);
  });
});
