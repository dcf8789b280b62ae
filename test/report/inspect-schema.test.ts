import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { readVantage } from '../../src/inspect/probe/merge-vantage.ts';
import { inspectReports } from '../../src/report/index.ts';
import { findingCodes } from '../../src/report/schema-findings.ts';
import { inspectSchema } from '../../src/report/schema.ts';
import { sampleFindings } from '../support/sample-findings.ts';
import { sampleStories } from '../support/sample-stories.ts';

const schema = z.toJSONSchema(inspectSchema, { io: 'input', reused: 'ref' });
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);

test('the committed schema is the one of the code (npm run schema writes it)', async () => {
  const file = path.join(import.meta.dirname, '../../docs/schema/inspect.schema.json');
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(file);
});

function fits(text: string): void {
  const json: unknown = JSON.parse(text);
  validate(json);
  expect(validate.errors).toBeNull();
  // parse() drops what the schema does not name.
  expect(inspectSchema.parse(json)).toEqual(json);
}

function jsonOf(inspection: Parameters<(typeof inspectReports)[string]>[0]): string {
  return inspectReports['json']?.(inspection, { colour: false, width: 80 }) ?? '';
}

describe('the JSON of every story fits the schema', () => {
  test.each(Object.entries(sampleStories))('%s', (_, facts) => fits(jsonOf(diagnoseCluster(facts))));
});

describe('the JSON of every kind of finding fits the schema', () => {
  test('and each has a sample', () => {
    expect(Object.keys(sampleFindings).toSorted()).toEqual(findingCodes.toSorted());
  });

  test.each(Object.values(sampleFindings))('$code', (finding) => {
    fits(jsonOf({ ...diagnoseCluster(sampleStories.healthy), findings: [finding] }));
  });
});

test('what inspect writes is what --with reads', () => {
  const text = jsonOf(diagnoseCluster(sampleStories['S4 proxy by the environment']));
  const reading = readVantage(Buffer.from(text));
  expect(reading).toMatchObject({ ok: true, run: { name: 'bastion' } });
  expect(reading.ok && reading.run.probes).toHaveLength(3);
});
