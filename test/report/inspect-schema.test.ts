import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
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

/** What the schema has against it, and what of it the schema does not name: parse() drops that. */
function misfits(text: string): unknown {
  const json: unknown = JSON.parse(text);
  validate(json);
  const named = inspectSchema.safeParse(json);
  return validate.errors ?? (isDeepStrictEqual(named.data, json) ? [] : { named: named.data, written: json });
}

function jsonOf(inspection: Parameters<(typeof inspectReports)[string]>[0]): string {
  return inspectReports['json']?.(inspection, { colour: false, width: 80 }) ?? '';
}

describe('the JSON of every story fits the schema', () => {
  test.each(Object.entries(sampleStories))('%s', (_, facts) => {
    expect(misfits(jsonOf(diagnoseCluster(facts)))).toEqual([]);
  });
});

describe('the JSON of every kind of finding fits the schema', () => {
  test('and each has a sample', () => {
    expect(Object.keys(sampleFindings).toSorted()).toEqual(findingCodes.toSorted());
  });

  test.each(Object.values(sampleFindings))('$code', (finding) => {
    const inspection = { ...diagnoseCluster(sampleStories.healthy), findings: [finding] };
    expect(misfits(jsonOf(inspection))).toEqual([]);
  });
});

test('what inspect writes is what --with reads', () => {
  const text = jsonOf(diagnoseCluster(sampleStories['S4 proxy by the environment']));
  const reading = readVantage(Buffer.from(text));
  expect(reading).toMatchObject({ ok: true, run: { name: 'bastion' } });
  expect(reading.ok && reading.run.probes).toHaveLength(3);
});
