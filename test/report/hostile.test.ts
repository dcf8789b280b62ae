/** Names and texts that anybody may have written stay inert in every format. */
import fc from 'fast-check';
import { marked } from 'marked';
import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { isHostile } from '../../src/model/display.ts';
import type { Inspection } from '../../src/model/inspection.ts';
import { inspectReports } from '../../src/report/index.ts';
import { sampleFindings } from '../support/sample-findings.ts';
import { sampleStories } from '../support/sample-stories.ts';
import { runs } from '../support/runs.ts';

const story = diagnoseCluster(sampleStories['S4 proxy by the environment']);
const whole: Inspection = {
  ...diagnoseCluster(sampleStories['S3 kubespray']),
  verdict: 'not-the-certificate',
  findings: Object.values(sampleFindings),
  next: story.next,
  vantages: story.vantages,
  facts: { ...diagnoseCluster(sampleStories['S3 kubespray']).facts, environment: story.facts.environment },
};

/** Keys whose values come from outside, wherever they stand. */
const outside = new Set(
  `node name names value subject issuer message hint path endpoint endpoints proxy server firstLine detail host from hostname
   evidence what foundIn stale has lacks gone absent addresses wantedBy trustedBy genuineFrom run fingerprint serverName
   context cluster source fault transport user through hostKeyFingerprint kubectlVersion readAt at protocol gitVersion
   algorithm chainFault where range service kind key certificate command onDisk served notAfter`.split(/\s+/),
);
const ours = new Set([
  'here',
  'node-name',
  'kubernetes-service-name',
  'service-address',
  'advertise-address',
]);

function poison<T>(value: T, text: string, key = ''): T {
  if (typeof value === 'string') return (outside.has(key) && !ours.has(value) ? text : value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => poison(one, text, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([inner, one]) => [inner, poison(one as unknown, text, inner)]),
  ) as T;
}

/** A place to run a command is a word of ours. */
function poisoned(text: string): Inspection {
  const { next, ...rest } = poison(whole, text);
  return { ...rest, next: next.map((step) => ({ ...step, where: 'here' })) };
}

function written(format: string, text: string, colour = false): string {
  return inspectReports[format]?.(poisoned(text), { colour, width: 80 }) ?? '';
}

const known = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '=cmd()',
  '=HYPERLINK("http://evil.example")',
  '|',
  'a | b',
  '\\|<img src=x>',
  '`',
  '``` ` ``',
  '`<b>`',
  '\\`<b>`',
  '](javascript:alert(1))',
  '![x](http://evil.example/x.png)',
  '<!-- ',
  '&lt;script&gt;',
  '\u001b[31mred\u001b]0;title\u0007',
  '\u202eexample\u202c.gpj',
  'line one\nline two\r\n# heading',
  '---',
  '$(id) `id` ;id',
  'http://evil.example/',
  ' ',
  '',
  '~~~',
  '\u0000',
];

const anything = fc.oneof(
  fc.constantFrom(...known),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '`',
          '|',
          '\\',
          '<',
          '>',
          '&',
          '"',
          "'",
          '\n',
          '\r',
          '\u001b',
          '\u202e',
          '*',
          '_',
          '[',
          '](',
          '#',
          ' ',
          '~',
          '$',
          '&#124;',
        ),
        fc.string({ maxLength: 4, unit: 'binary' }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

function forAll(check: (text: string) => void): void {
  for (const text of known) check(text);
  fc.assert(fc.property(anything, check), { numRuns: runs(25) });
}

const ourTag =
  /<(?:!doctype html|\/?(?:html|head|body|header|nav|main|section|meta|title|style|h1|h2|p|ul|ol|li|a|strong|span|code|pre|div|table|caption|thead|tbody|tr|th|td)(?: [a-z-]+="[^"<>]*")*)>/g;

test('no control character and none that turns text around reaches a terminal', () => {
  forAll((text) => {
    expect(written('text', text).split('\n').filter(isHostile)).toEqual([]);
    const coloured = written('text', text, true).replace(/\u001b\[(?:1|2|22|31|32|33|39)m/g, '');
    expect(coloured.split('\n').filter(isHostile)).toEqual([]);
  });
});

test.each(Object.keys(inspectReports))('in %s too, whoever adds it', (format) => {
  forAll((text) => {
    expect(written(format, text).split('\n').filter(isHostile)).toEqual([]);
  });
});

test('colour changes no character', () => {
  forAll((text) => {
    expect(written('text', text, true).replace(/\u001b\[\d+m/g, '')).toBe(written('text', text));
  });
});

test('HTML holds our own tags alone, no script, and nothing that is loaded', () => {
  forAll((text) => {
    const html = written('html', text);
    const words = html.replace(/<style>[^<]*<\/style>/, '').replace(ourTag, '');
    expect(words).not.toMatch(/[<>]/);
    const tags = html.match(ourTag) ?? [];
    expect(tags.filter((tag) => / (?:on\w+|src|style|action|formaction)=/.test(tag))).toEqual([]);
    expect(tags.filter((tag) => tag.replace(/href="#s\d+"/, '').includes(' href='))).toEqual([]);
    expect(isHostile(html.replaceAll('\n', ''))).toBe(false);
  });
});

/** Of Markdown as GitHub renders it. A blank text is said in words, without a code span, so those are not compared. */
function elementsOf(text: string): readonly string[] {
  const html = marked.parse(written('markdown', text), { async: false });
  return (html.match(/<[^>]*>/g) ?? []).filter((tag) => !/^<\/?code>$/.test(tag));
}

test('Markdown has the same elements whatever the names are, and none of markup', () => {
  const plain = elementsOf('x');
  expect([...new Set(plain)].filter((tag) => !tag.startsWith('</')).toSorted()).toEqual([
    '<code class="language-sh">',
    ...'h1 h2 li ol p pre strong table tbody td th thead tr ul'.split(' ').map((tag) => `<${tag}>`),
  ]);
  forAll((text) => {
    expect({ text, elements: elementsOf(text) }).toEqual({ text, elements: plain });
  });
});

test('JSON gives the value itself, and shows no character that a terminal obeys', () => {
  forAll((text) => {
    const json = written('json', text);
    expect(json.split('\n').filter(isHostile)).toEqual([]);
    const { facts } = JSON.parse(json) as { facts: Inspection['facts'] };
    expect(facts.environment.hostname).toBe(text);
  });
});
