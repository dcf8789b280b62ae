import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { addToList } from '../../src/plan/yaml-list.ts';
import { type ListPlace, readList } from '../../src/plan/yaml-place.ts';

const sans: ListPlace = { path: ['apiServer', 'certSANs'], kind: 'ClusterConfiguration' };
const keys: ListPlace = { path: ['supplementary_addresses_in_ssl_keys'] };

function added(text: string, place: ListPlace, items: readonly string[]): string {
  const edit = addToList(text, place, items);
  if (!edit.ok) throw new Error(`${edit.refusal} in line ${edit.line}: ${edit.detail}`);
  return edit.text;
}

describe('adds to a list and leaves every other byte', () => {
  test.each([
    [
      'a block list',
      'a: 1\nsupplementary_addresses_in_ssl_keys:\n  - 10.0.0.1 # old\nb: 0644\n',
      'a: 1\nsupplementary_addresses_in_ssl_keys:\n  - 10.0.0.1 # old\n  - "x"\nb: 0644\n',
    ],
    [
      'a block list that is not indented',
      'supplementary_addresses_in_ssl_keys:\n- a\n# note\nb: 1\n',
      'supplementary_addresses_in_ssl_keys:\n- a\n- "x"\n# note\nb: 1\n',
    ],
    [
      'a flow list',
      'supplementary_addresses_in_ssl_keys: [10.0.0.1, "b"] # why\n',
      'supplementary_addresses_in_ssl_keys: [10.0.0.1, "b", "x"] # why\n',
    ],
    [
      'an empty flow list',
      'supplementary_addresses_in_ssl_keys: []\n',
      'supplementary_addresses_in_ssl_keys: ["x"]\n',
    ],
    [
      'a flow list on several lines, with a comma at the end',
      'supplementary_addresses_in_ssl_keys: [\n  a,\n]\n',
      'supplementary_addresses_in_ssl_keys: [\n  a, "x",\n]\n',
    ],
    [
      'nothing',
      'supplementary_addresses_in_ssl_keys:\nb: 1\n',
      'supplementary_addresses_in_ssl_keys:\n  - "x"\nb: 1\n',
    ],
    [
      'a missing key',
      '---\n# sample\na: yes\n',
      '---\n# sample\na: yes\nsupplementary_addresses_in_ssl_keys:\n  - "x"\n',
    ],
    ['a file of comments', '# only\n', '# only\nsupplementary_addresses_in_ssl_keys:\n  - "x"\n'],
    [
      'Windows line ends',
      'a: 1\r\nsupplementary_addresses_in_ssl_keys:\r\n  - b\r\n',
      'a: 1\r\nsupplementary_addresses_in_ssl_keys:\r\n  - b\r\n  - "x"\r\n',
    ],
    [
      'no line end at the end',
      'supplementary_addresses_in_ssl_keys:\n  - b',
      'supplementary_addresses_in_ssl_keys:\n  - b\n  - "x"',
    ],
    [
      'Jinja and vault elsewhere',
      'v: !vault |\n  $ANSIBLE_VAULT;1.1\n  6162\nj: "{{ a }}"\nsupplementary_addresses_in_ssl_keys: [b]\n',
      'v: !vault |\n  $ANSIBLE_VAULT;1.1\n  6162\nj: "{{ a }}"\nsupplementary_addresses_in_ssl_keys: [b, "x"]\n',
    ],
  ])('%s', (_what, before, after) => {
    expect(added(before, keys, ['x'])).toBe(after);
    expect(added(after, keys, ['x'])).toBe(after);
  });

  test('the right document of several, and maps that are not there yet', () => {
    const before =
      'kind: InitConfiguration\nx: 1\n---\nkind: ClusterConfiguration\napiServer: {}\nnetworking:\n  dnsDomain: a\n';
    expect(added(before, sans, ['x'])).toBe(before.replace('{}', '{certSANs: ["x"]}'));
    const without = 'apiVersion: v1\nkind: ClusterConfiguration\n';
    expect(added(without, sans, ['x'])).toBe(`${without}apiServer:\n  certSANs:\n    - "x"\n`);
    const args =
      'kind: ClusterConfiguration\napiServer:\n  extraArgs:\n  - name: a\n    value: b # c\n  # end\nz: 1\n';
    expect(added(args, sans, ['x'])).toBe(
      'kind: ClusterConfiguration\napiServer:\n  extraArgs:\n  - name: a\n    value: b # c\n  certSANs:\n    - "x"\n  # end\nz: 1\n',
    );
  });
});

describe('refuses, with the line, what it cannot edit safely', () => {
  test.each([
    ['template', 'a: 1\nsupplementary_addresses_in_ssl_keys: "{{ x }}"\n', 2],
    ['template', 'supplementary_addresses_in_ssl_keys:\n  - a\n  - "{{ x }}"\n', 3],
    ['vault', 'supplementary_addresses_in_ssl_keys: !vault |\n  6162\n', 1],
    ['not-a-list', 'supplementary_addresses_in_ssl_keys: api.example.com\n', 1],
    ['not-a-text', 'supplementary_addresses_in_ssl_keys:\n  - 1.5\n', 2],
    ['not-a-text', 'supplementary_addresses_in_ssl_keys: [1:20]\n', 1],
    ['alias', 'a: &x [b]\nsupplementary_addresses_in_ssl_keys: *x\n', 2],
    ['anchor', 'supplementary_addresses_in_ssl_keys: &x [b]\na: *x\n', 1],
    ['merged', 'a: &x {supplementary_addresses_in_ssl_keys: [b]}\n<<: *x\n', 2],
    ['twice', 'supplementary_addresses_in_ssl_keys: []\nsupplementary_addresses_in_ssl_keys: [a]\n', 2],
    ['not-yaml', 'a: [\n', 2],
    ['not-a-map', '- a\n', 1],
    // PyYAML refuses it as well: https://github.com/yaml/pyyaml/blob/6.0.2/lib/yaml/constructor.py#L208
    ['unproven', 'supplementary_addresses_in_ssl_keys: [b]\n<<: [1]\n', 1],
    ['unproven', 'supplementary_addresses_in_ssl_keys: [b]\na: *nowhere\n', 1],
  ] as const)('%s', (code, text, line) => {
    expect(addToList(text, keys, ['x'])).toMatchObject({ ok: false, refusal: code, line });
  });
});

// Documents as people write them: comments, blank lines, quotes, flow and block, other kinds of values.
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const item = fc.oneof(
  fc.ipV4(),
  fc.domain(),
  word,
  fc.ipV6().filter((ip) => !ip.includes('.')),
);
const other = fc.oneof(
  fc.constantFrom(
    '0644',
    'yes',
    '~',
    '"{{ jinja }}"',
    '{a: 1, b: [c]}',
    '[]',
    '|\n    text\n    more',
    '>-\n    folded\n    text',
    '!vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    6162',
    "'it''s'",
    '&anchor value',
    '\n    deep:\n      deeper: 1',
    '\n    - a\n    - b: 1\n      c: 2',
  ),
  fc.integer().map(String),
);
const comment = fc.constantFrom('', ' # why', '  #', ' # supplementary_addresses_in_ssl_keys: [a]');
const list = fc.record({
  items: fc.array(item, { maxLength: 6 }),
  style: fc.constantFrom('block', 'flush', 'flow', 'lines', 'sample'),
  quoted: fc.boolean(),
  comment,
});

function written(
  key: string,
  indent: string,
  {
    items,
    style,
    quoted,
    comment: note,
  }: { items: readonly string[]; style: string; quoted: boolean; comment: string },
): string {
  const text = items.map((one) => (quoted || one.includes(':') ? JSON.stringify(one) : one));
  if (style === 'sample') return `${indent}# ${key}: [10.0.0.1]\n`;
  if (items.length === 0) return `${indent}${key}: []${note}\n`;
  if (style === 'flow') return `${indent}${key}: [${text.join(', ')}]${note}\n`;
  if (style === 'lines')
    return `${indent}${key}: [${note}\n${indent}  ${text.join(`,\n${indent}  `)}\n${indent}]\n`;
  const deep = style === 'flush' ? indent : `${indent}  `;
  return `${indent}${key}:${note}\n${text.map((one) => `${deep}- ${one}${note}\n`).join('')}`;
}

const inventory = fc
  .record({
    before: fc.array(fc.tuple(word, other, comment), { maxLength: 5 }),
    after: fc.array(fc.tuple(word, other, comment), { maxLength: 5 }),
    list,
    crlf: fc.boolean(),
    start: fc.constantFrom('', '---\n', '# head\n---\n\n', '\ufeff'),
    isCut: fc.boolean(),
  })
  .map(({ before, after, list: value, crlf, start, isCut }) => {
    const seen = new Set<string>();
    const lines = (pairs: readonly (readonly [string, string, string])[]): string =>
      pairs
        .filter(([name]) => !seen.has(name) && seen.add(name) !== undefined)
        .map(([name, text, note]) =>
          `${name}: ${text}${/\n/.test(text) ? '' : note}\n`.replaceAll(': \n', ':\n'),
        )
        .join('');
    const text = `${start}${lines(before)}${written('supplementary_addresses_in_ssl_keys', '', value)}${lines(after)}`;
    const cut = isCut ? text.replace(/\n$/, '') : text;
    return crlf ? cut.replaceAll('\n', '\r\n') : cut;
  });

test('in thousands of inventories, what is put in can be taken out again and leaves what was there', () => {
  let edits = 0;
  fc.assert(
    fc.property(inventory, fc.array(item, { minLength: 1, maxLength: 4 }), (text, wanted) => {
      const before = readList(text, keys);
      const edit = addToList(text, keys, wanted);
      // An item such as 1e3 or y is no text to YAML 1.1; a generated anchor may be there twice.
      if (!edit.ok && (edit.refusal === 'not-a-text' || edit.refusal === 'not-yaml')) return;
      if (!edit.ok) throw new Error(`${edit.refusal}: ${edit.detail}`);
      edits += 1;
      expect(edit.text.slice(0, edit.at) + edit.text.slice(edit.at + edit.inserted.length)).toBe(text);
      const after = readList(edit.text, keys);
      expect(after).toMatchObject({ ok: true });
      const held = before.ok ? (before.items ?? []) : [];
      expect(after.ok && after.items).toEqual([
        ...held,
        ...wanted.filter((one, at) => !held.includes(one) && wanted.indexOf(one) === at),
      ]);
      expect(addToList(edit.text, keys, wanted)).toMatchObject({ ok: true, isSame: true, text: edit.text });
      if (!text.includes('\r\n')) return;
      expect(/(?<!\r)\n/.test(edit.text)).toBe(false);
    }),
    { numRuns: 3000 },
  );
  expect(edits).toBeGreaterThan(2000);
});

const configuration = fc
  .record({
    list: fc.option(list, { nil: undefined }),
    extra: fc.boolean(),
    flow: fc.boolean(),
    order: fc.boolean(),
  })
  .map(({ list: value, extra, flow, order }) => {
    const inner = `${extra ? '  extraArgs:\n  - name: authorization-mode\n    value: Node,RBAC\n' : ''}${value ? written('certSANs', '  ', value) : ''}`;
    const server =
      inner.replaceAll(/^ *#.*\n/gm, '') === ''
        ? (flow ? 'apiServer: {}\n' : 'apiServer:\n') + inner
        : `apiServer:\n${inner}`;
    const rest =
      'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  serviceSubnet: 10.96.0.0/12\n';
    return order ? server + rest : rest + server;
  });

test('in kubeadm-config only apiServer.certSANs changes', () => {
  fc.assert(
    fc.property(configuration, fc.array(item, { minLength: 1, maxLength: 4 }), (text, wanted) => {
      const edit = addToList(text, sans, wanted);
      if (!edit.ok && edit.refusal === 'not-a-text') return;
      if (!edit.ok) throw new Error(`${edit.refusal}: ${edit.detail}`);
      expect(edit.text.slice(0, edit.at) + edit.text.slice(edit.at + edit.inserted.length)).toBe(text);
      const values = parseAllDocuments(edit.text).map((one) => one.toJS() as Record<string, unknown>);
      expect(values[0]).toMatchObject({
        kind: 'ClusterConfiguration',
        networking: { serviceSubnet: '10.96.0.0/12' },
      });
    }),
    { numRuns: 1000 },
  );
});

test('5,000 lines are patched quickly', () => {
  const text =
    stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`key_${at}`, at]))) +
    'supplementary_addresses_in_ssl_keys: [a]\n';
  const start = performance.now();
  expect(addToList(text, keys, ['x'])).toMatchObject({ ok: true, isSame: false });
  expect(performance.now() - start).toBeLessThan(1500);
});
