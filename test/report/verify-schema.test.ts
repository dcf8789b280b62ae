/** The JSON of verify is what its schema says, and no text gets out of its place in any format. */
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isHostile } from '../../src/model/display.ts';
import type { Verification } from '../../src/model/verification.ts';
import { verifyReports } from '../../src/report/index.ts';
import { verifySchema } from '../../src/report/schema.ts';
import { sampleVerifications } from '../support/sample-verifications.ts';

const schema = z.toJSONSchema(verifySchema, { io: 'input', reused: 'ref' });
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
const look = { colour: false, width: 80 };

test('the committed schema is the one of the code (npm run schema writes it)', async () => {
  const file = path.join(import.meta.dirname, '../../docs/schema/verify.schema.json');
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(file);
});

test.each(Object.entries(sampleVerifications()))('the JSON of %s fits the schema', (_, verification) => {
  const json: unknown = JSON.parse(verifyReports['json']?.(verification, look) ?? '');
  validate(json);
  expect(validate.errors).toBeNull();
  // parse() drops what the schema does not name.
  expect(verifySchema.parse(json)).toEqual(json);
});

const hostile = fc.oneof(
  fc.constantFrom('<script>alert(1)</script>', '"><img src=x>', '\u001b[2J', '\u202eabc', 'a\nb', '|x|'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);

function tags(html: string): readonly string[] {
  return (html.match(/<[a-z!/][^>]*>/gi) ?? []).map((tag) => tag.replace(/[\s>].*$/s, ''));
}

function all(given: string, format: string): string {
  return Object.values(sampleVerifications(given))
    .map((one) => verifyReports[format]?.(one, look) ?? '')
    .join('');
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

function text(name: keyof ReturnType<typeof sampleVerifications>): string {
  return (verifyReports['text']?.(sampleVerifications()[name], look) ?? '').replaceAll(/\s+/g, ' ');
}

test('the text begins with the answer: what holds, what is missing where, the first broken link, what is not proven', () => {
  expect(text('healthy')).toMatch(/^All 5 names are served as they should be, on 2 control planes\./);
  expect(text('stale')).toMatch(/^ip:10\.240\.0\.65, .* are missing on cp2\./);
  expect(text('nothing')).toMatch(/^Nothing is proven: no certificate of an API server could be seen\./);
  expect(text('stale')).toMatch(/ip:10\.240\.0\.65 missing missing missing/);
  expect(text('kubeProxy')).toMatch(
    /^The first broken link: the ClusterIP leads nowhere: kube-proxy \(seen from default\/app on cp1\)\./,
  );
  expect(text('path')).toMatch(
    /^The certificates are right as far as they were seen; a path is not proven\./,
  );
});

test('pods that were made are told: where, of which image, and whether they are gone', () => {
  expect(text('probed')).toContain('a pod was made to look from and is gone again, nothing else was changed');
  expect(text('probed')).toContain(
    'gone kube-system/fix-sans-probe-0123456789abcdef on cp1, of image registry.k8s.io/pause:3.10, made through cp1',
  );
  expect(text('probed')).toContain('there before kube-system/safe was made by another run');
  expect(text('refusedPod')).toContain('made to look from and not seen to be gone: kube-system/safe');
  expect(text('refusedPod')).toContain('kubectl delete pod --namespace kube-system safe takes it away');
  expect(text('healthy')).toContain('nothing was changed');
});

test('a command is not made from a name that no API server would take', () => {
  const shown = verifyReports['text']?.(sampleVerifications('$(id)').kubeProxy, look) ?? '';
  expect(shown).toContain('default/$(id)');
  expect(shown).not.toContain('kubectl delete pod');
  expect(text('kubeProxy')).toContain('kubectl delete pod --namespace default safe has it tried at once');
});

function asText(verification: Verification): string {
  return (verifyReports['text']?.(verification, look) ?? '').replaceAll(/\s+/g, ' ');
}

test('nodes that lack different names are not said to lack the same', () => {
  const { stale } = sampleVerifications();
  const missing = { outcome: 'missing', detail: 'serial 7' } as const;
  const unlike = {
    ...stale,
    nodes: stale.nodes.map((node) => ({
      ...node,
      names: node.names.map((name) => (name.san.value === 'api.example' ? { ...name, here: missing } : name)),
    })),
  };
  expect(asText(unlike)).toMatch(
    /^dns:api\.example is missing on cp1, cp2; ip:10\.240\.0\.65, dns:kubernetes\.default\.svc are missing on cp2\./,
  );
  expect(asText(unlike)).toContain('missing: not in the certificate with serial 7');
});

test('pods that saw the same share a table', () => {
  const { kubeProxy } = sampleVerifications();
  const [walk] = kubeProxy.walks;
  if (walk === undefined) throw new Error('no walk');
  const walks = ['cp1', 'cp2', 'cp3'].map((node) => ({ ...walk, node, pod: `app-${node}` }));
  const shown = asText({ ...kubeProxy, walks });
  expect(shown).toContain(
    'From default/app-cp1 on cp1, default/app-cp2 on cp2, default/app-cp3 on cp3: broken: ',
  );
  expect(shown.match(/link state what was seen/g)).toHaveLength(1);
  expect(asText({ ...kubeProxy, walks: [walk, { ...walk, links: walk.links.slice(1) }] })).toMatch(
    /what was seen.*what was seen/,
  );
});

test('what to type next: a plan with the names, or a look at what is broken', () => {
  expect(text('stale')).toContain('fix-sans plan --san api.example');
  expect(text('kubeProxy')).toContain('--selector k8s-app=kube-proxy');
  expect(text('healthy')).not.toContain('Next');
});
