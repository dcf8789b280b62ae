import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setScalar } from '../../src/plan/yaml-scalar.ts';
import { unifiedDiff } from '../../src/plan/unified-diff.ts';

test('what differs stands between three lines before and after', () => {
  expect(unifiedDiff('1\n2\n3\n4\n5\n6\n7\n8\n', '1\n2\n3\n4\nx\n5\n6\n7\n8\n', { from: 'a', to: 'b' })).toBe(
    '--- a\n+++ b\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n',
  );
  expect(unifiedDiff('a\n', 'a\n', { from: 'a', to: 'b' })).toBe('');
});

test('git makes the new text out of the old one', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'diff-'));
  try {
    const line = fc.constantFrom('a', 'b', 'key: value', '', '  - "x"');
    const text = fc
      .tuple(fc.array(line, { maxLength: 12 }), fc.boolean())
      .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after);
        const file = path.join(folder, 'f');
        writeFileSync(file, before);
        execFileSync('git', ['apply', '-p0', '--whitespace=nowarn', '-'], {
          cwd: folder,
          input: unifiedDiff(before, after, { from: 'f', to: 'f' }),
        });
        expect(readFileSync(file, 'utf8')).toBe(after);
      }),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a value at the root of the right document is set, present or not', () => {
  const text =
    'kind: InitConfiguration\n---\nkind: ClusterConfiguration\ncertificatesDir: /etc/kubernetes/pki # where\nscheduler: {}\n';
  expect(setScalar(text, 'ClusterConfiguration', 'certificatesDir', '/x')).toEqual({
    ok: true,
    text: text.replace('/etc/kubernetes/pki', '"/x"'),
  });
  expect(setScalar(text, 'ClusterConfiguration', 'certificateValidityPeriod', '87600h')).toEqual({
    ok: true,
    text: `${text}certificateValidityPeriod: "87600h"\n`,
  });
  expect(setScalar(text, 'ClusterConfiguration', 'scheduler', 'x')).toMatchObject({
    ok: false,
    refusal: 'not-a-text',
  });
  expect(
    setScalar(
      'kind: ClusterConfiguration\ncertificatesDir:\n',
      'ClusterConfiguration',
      'certificatesDir',
      '/x',
    ),
  ).toEqual({
    ok: true,
    text: 'kind: ClusterConfiguration\ncertificatesDir: "/x"\n',
  });
});
