/** YAML that PyYAML, and so Ansible, reads otherwise than the parser used here: never edited on the strength of the wrong reading. */
import { describe, expect, test, vi } from 'vitest';
import { patchInventory } from '../../src/plan/inventory-patch.ts';
import { addToList } from '../../src/plan/yaml-list.ts';
import { setScalar } from '../../src/plan/yaml-scalar.ts';

const variable = 'supplementary_addresses_in_ssl_keys';
const place = { path: [variable] };

describe('is not edited', () => {
  test.each([
    ['a key that is an alias of its name', `k: &k ${variable}\n*k : [a.example]\n`, 'alias'],
    ['set behind a line separator in a comment', `# c\u2028${variable}: [a.example]\n`, 'layout'],
    ['set behind a paragraph separator in a comment', `# c\u2029${variable}: [a.example]\n`, 'layout'],
    ['set behind a next-line character in a comment', `# c\u0085${variable}: [a.example]\n`, 'layout'],
    ['YAML 1.2 by its own words', `%YAML 1.2\n---\n${variable}: [yes, a.example]\n`, 'layout'],
    ['a merge of what is no map', `${variable}: [a.example]\n<<: 1\n`, 'unproven'],
    ['a merge of a list of what is no map', `${variable}: [a.example]\n<<: [1]\n`, 'unproven'],
  ])('%s', (_, text, refusal) => {
    expect(addToList(text, place, ['x.example'])).toMatchObject({ ok: false, refusal });
  });

  test('nor taken for not set, where a weaker file would be edited instead', () => {
    const stronger = `# c\u0085${variable}: [a.example]\n`;
    const [patch] = patchInventory({
      files: [
        { path: 'all.yml', level: 'all', text: `${variable}: [b.example]\n` },
        { path: 'k8s.yml', level: 'k8s_cluster', text: stronger },
      ],
      controlPlanes: ['cp1'],
      names: ['x.example'],
      belongs: { path: 'k8s.yml', text: stronger },
    });
    expect(patch).toMatchObject({ kind: 'advice', path: 'k8s.yml' });
  });
});

test('a sample line in front of the document is not where the list goes', () => {
  const text = `# ${variable}: []\n---\na: 1\n`;
  const [patch] = patchInventory({
    files: [],
    controlPlanes: ['cp1'],
    names: ['x.example'],
    belongs: { path: 'k8s.yml', text },
  });
  expect(patch).toMatchObject({ after: `${text}${variable}:\n  - "x.example"\n` });
});

test('a key that is a list is no word to the terminal', () => {
  const spoken = vi.spyOn(process, 'emitWarning');
  addToList(`? ["\\e[2J"]\n: 1\n${variable}: [a.example]\n`, place, ['x.example']);
  expect(spoken).not.toHaveBeenCalled();
  spoken.mockRestore();
});

test('a value that others are aliases of is not set to another', () => {
  const text = 'kind: ClusterConfiguration\ncertificatesDir: &d /etc/kubernetes/pki\nother: *d\n';
  expect(setScalar(text, 'ClusterConfiguration', 'certificatesDir', '/tmp/x')).toMatchObject({
    ok: false,
    refusal: 'unproven',
  });
  const free = text.replace('other: *d\n', '');
  expect(setScalar(free, 'ClusterConfiguration', 'certificatesDir', '/tmp/x')).toMatchObject({ ok: true });
});

function deep(open: string, close = ''): readonly string[] {
  return Array.from({ length: 60 }, (_, at) => {
    const depth = 1400 + at * 17;
    return `x: ${open.repeat(depth)}${close.repeat(depth)}\n`;
  });
}

describe('what is nested by thousands does not end the process', () => {
  const blocks = ['- ', '? ', '- - ? '].map((sign) => `${sign.repeat(1600)}x\n`);
  const stairs = Array.from({ length: 1300 }, (_, at) => `${' '.repeat(at)}a:\n`).join('');
  test.each([
    ['lists', deep('[', ']')],
    ['maps', deep('{a: ', '}')],
    ['lists that have no end', deep('[')],
    ['blocks', blocks],
    ['steps', [stairs]],
  ])('%s', (_, texts) => {
    for (const text of texts)
      expect(addToList(text, place, ['x.example'])).toMatchObject({ ok: false, refusal: 'too-large' });
  });
});
