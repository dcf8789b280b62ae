/** The JSON of a plan is what its schema says, and no name gets out of its place in any format. */
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isHostile } from '../../src/model/display.ts';
import { planReports } from '../../src/report/index.ts';
import { planSchema } from '../../src/report/schema.ts';
import { samplePlans } from '../support/sample-plans.ts';

const schema = z.toJSONSchema(planSchema, { io: 'input', reused: 'ref' });
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
const look = { colour: false, width: 80 };

test('the committed schema is the one of the code (npm run schema writes it)', async () => {
  const file = path.join(import.meta.dirname, '../../docs/schema/plan.schema.json');
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(file);
});

describe('the JSON of every plan fits the schema', () => {
  test.each(Object.entries(samplePlans()))('%s', (_, plan) => {
    const json: unknown = JSON.parse(planReports['json']?.(plan, look) ?? '');
    validate(json);
    expect(validate.errors).toBeNull();
    // parse() drops what the schema does not name.
    expect(planSchema.parse(json)).toEqual(json);
  });
});

const hostile = fc.oneof(
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '\u001b[2J',
    '\u202eabc',
    '```\n# x',
    'a\nb',
    '|x|',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);

function tags(html: string): readonly string[] {
  return (html.match(/<[a-z!/][^>]*>/gi) ?? []).map((tag) => tag.replace(/[\s>].*$/s, ''));
}

function text(name: keyof ReturnType<typeof samplePlans>): string {
  return planReports['text']?.(samplePlans()[name], look) ?? '';
}

describe('hostile text', () => {
  test('in HTML no tag comes from it, and nowhere what a terminal would obey', () => {
    const plain = tags(
      Object.values(samplePlans('safe'))
        .map((plan) => planReports['html']?.(plan, look) ?? '')
        .join(''),
    );
    fc.assert(
      fc.property(hostile, (given) => {
        const plans = Object.values(samplePlans(given));
        const html = plans.map((plan) => planReports['html']?.(plan, look) ?? '').join('');
        expect(new Set(tags(html))).toEqual(new Set(plain));
        for (const format of ['text', 'markdown', 'html', 'json']) {
          const written = plans.map((plan) => planReports[format]?.(plan, look) ?? '').join('');
          expect(isHostile(written.replaceAll('\n', ''))).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('a fence in Markdown is longer than any run of backticks inside', () => {
    const written =
      planReports['markdown']?.(samplePlans('``````')['refused'] ?? samplePlans().signed, look) ?? '';
    expect(written).toContain('# API server certificate: plan');
  });
});

test('the text says names as a diff, the refusal its remedy, and the way out that it is proven', () => {
  expect(text('signed')).toMatch(/^ +\+ +ip:203\.0\.113\.10 +added: asked for by --san$/m);
  expect(text('signed')).toMatch(/^ +=! +dns:lb\.example/m);
  expect(text('signed')).toContain('the handshakes of this run prove it');
  expect(text('refused')).toContain('openssl req -new');
  expect(text('removed')).toMatch(/^ +- +dns:gone\.example +removed: /m);
  expect(text('kubespray')).toContain('ansible-playbook -i /inv/hosts.yaml');
  expect(text('nothing')).toContain('Nothing to do');
});
