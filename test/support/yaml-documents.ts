/** YAML of inventories as people write it, and now and then as nobody should: for properties. */
import fc from 'fast-check';

export const key = 'supplementary_addresses_in_ssl_keys';

// Entries as people write them, nested as deep as they nest them.
const value = fc.oneof(
  { weight: 2, arbitrary: fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/) },
  fc.constantFrom(
    '0644',
    'yes',
    '~',
    '1:20:30',
    '2001-12-14 21:59:43',
    '-1',
    '.inf',
    'a:b',
    '/etc/a b',
    '$x',
  ),
  fc.constantFrom(
    '"{{ jinja }}"',
    "'one two'",
    '"# no: comment"',
    '"2001:db8::1"',
    '""',
    "'{%'",
    '0o17',
    'a  b',
  ),
);
const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_.-]{0,6}$/),
  fc.constantFrom('y', 'null', 'a-b', '_x', 'kind2'),
);
const note = fc.constantFrom('', '', '', '', ' # why', '  # a: b', ' #');
const between = fc.constantFrom('', '', '', '', '\n', '# note\n', '  # deep\n', '   \n', `# ${key}: [a]\n`);

interface Shape {
  readonly lines: (indent: number) => string;
}

function blockOf(depth: number): fc.Arbitrary<Shape> {
  return depth === 0
    ? fc.tuple(value, note).map(([text, why]) => ({ lines: () => ` ${text}${why}\n` }))
    : fc.oneof(
        { weight: 2, arbitrary: blockOf(0) },
        fc
          .tuple(
            fc.constantFrom(0, 2, 4),
            note,
            between,
            fc.array(blockOf(depth - 1), { minLength: 1, maxLength: 3 }),
          )
          .map(([more, why, gap, items]) => ({
            lines: (indent: number) =>
              `${why}\n${gap}${items.map((item) => `${' '.repeat(indent + more)}-${item.lines(indent + more)}`).join('')}`,
          })),
        fc
          .tuple(
            fc.constantFrom(1, 2, 4),
            note,
            between,
            fc.array(fc.tuple(name, blockOf(depth - 1), between), { minLength: 1, maxLength: 3 }),
          )
          .map(([more, why, gap, pairs]) => ({
            lines: (indent: number) =>
              `${why}\n${gap}${pairs.map(([one, item, after]) => `${' '.repeat(indent + more)}${one}:${item.lines(indent + more)}${after}`).join('')}`,
          })),
      );
}

const usual = fc
  .tuple(name, blockOf(2), between)
  .map(([one, shape, after]) => `${one}:${shape.lines(0)}${after}`);
/** The list of maps, whose maps begin behind the dash. */
const maps = fc
  .tuple(
    name,
    fc.constantFrom(0, 2),
    fc.array(fc.tuple(name, value, name, value), { minLength: 1, maxLength: 3 }),
  )
  .map(([one, more, items]) => {
    const indent = ' '.repeat(more);
    return `${one}:\n${items.map(([a, b, c, d]) => `${indent}- ${a}: ${b}\n${indent}  ${c}: ${d}\n`).join('')}`;
  });

// What a parser is for: each of these may go on, refer to something, or be wrong.
// prettier-ignore
const unusual = fc.constantFrom(
  'a: |\n  text\n', 'a: |+\n  text\n\n', 'a: >-\n', 'a: |\nb: 1\n', 'a: |1\n x\n', 'a: "one\n  two"\n', 'a: "one\ntwo: 2"\n',
  "a: 'one\nb: two'\n", 'a: "open\n', "a: 'open\n", 'a: [b,\n  c]\n', 'a: [b,\nc: d\n]\n', 'a: {b: 1\n', 'a: [\n]\n', ']\n', '}\n',
  'a: &x [b]\nc: *x\n', 'a: &x\nb: *x\n', 'a: *nowhere\n', '<<: {a: 1}\n', '<<: *x\n', 'a: !vault |\n  6162\n', '!!map\n', '"q": 1\n',
  "'q': 1\n", '? a\n: b\n', '? |\n  a\n: b\n', '- a\n', '-\n', '  - a\n', '  a: 1\n', ' a\n', 'a\n', 'a b: c\n', 'a:b\n', 'a: b: c\n',
  'a:\n', 'a: # why\n', 'a:\n\n', 'a:\n# x\n- b\n', 'a: b\n  c\n', 'a: b\n- c\n', 'a: - b\n', 'a: "b" c\n', 'a: b #c\n', 'a: b#c\n',
  'a:\tb\n', '\ta: b\n', 'a: b\t# c\n', 'a:\n\t- b\n', 'a: @b\n', 'a: `b\n', 'a: %b\n', '---\n', '--- # x\n', '...\n', '--- a\n', '%YAML 1.2\n',
  '%TAG ! x\n', 'a: b\r', 'a: b\rc: d\n', '\ufeff', '\ufeffa: b\n', 'a: \u2028b\n', 'ü: ä\n', 'a: \0\n', '\u0085', '{a: b}\n', '[a]\n', '*x : b\n',
  `${key}:\n  - b\n`, `${key}: [b]\n`, `${key}: &x [b]\n`, `"${key}": [b]\n`, `${key}:\n`, 'a:\n  - - b\n', 'a:\n  -   b\n', 'a:\n  - b: c\n    d\n',
  'a:\n  b: 1\n c: 2\n', 'a:\n    b: 1\n  c: 2\n', 'a:\n  - b\n - c\n', 'a:\n- b: 1\n c: 2\n', 'a:\n- b:\n  - c\n- d\n', 'a:\n- b:\n- c\n',
);
const damage = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.oneof(
    fc.constantFrom(...' \n\t\r"\'#:-[{&|?'.split('')),
    fc.constantFrom('  ', ': ', ' #', '- ', '\n- ', '*x', '\n---\n', '\n  '),
  ),
  fc.nat({ max: 2 }),
);

/** Without the list, with it, or with it twice; `kind: Inventory` stands somewhere. */
export const documents = fc
  .record({
    start: fc.constantFrom(
      '',
      '',
      '---\n',
      '# head\n---\n\n',
      '\ufeff',
      '--- # x\n',
      '\n',
      ' \n',
      '%YAML 1.1\n---\n',
    ),
    entries: fc.array(
      fc.oneof(
        { weight: 12, arbitrary: usual },
        { weight: 3, arbitrary: maps },
        { weight: 1, arbitrary: unusual },
      ),
      { minLength: 3, maxLength: 16 },
    ),
    list: fc.constantFrom(undefined, `${key}:\n  - b\n`, `${key}: [b] # x\n`, `${key}: []\n`),
    at: fc.nat({ max: 16 }),
    kindAt: fc.nat({ max: 16 }),
    damages: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(damage, { maxLength: 2 })),
    isCrlf: fc.boolean(),
    isCut: fc.boolean(),
  })
  .map(({ start, entries, list, at, kindAt, damages, isCrlf, isCut }) => {
    const all = entries.toSpliced(at, 0, list ?? '').toSpliced(kindAt, 0, 'kind: Inventory\n');
    let text = start + all.join('');
    for (const [where, what, gone] of damages) {
      const from = Math.floor(where * text.length);
      text = text.slice(0, from) + what + text.slice(from + gone);
    }
    if (isCut) text = text.replace(/\n$/, '');
    return isCrlf ? text.replaceAll('\n', '\r\n') : text;
  });
