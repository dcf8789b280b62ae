import { expect, test } from 'vitest';
import { anchors, hasTrigger, scan } from '../../src/explain/scan.ts';

test.each(anchors)('the first look at a line does not pass over the anchor "%s"', (anchor) => {
  expect(hasTrigger(anchor)).toBe(true);
});

test('anchors are fixed wordings in lower case', () => {
  for (const anchor of anchors) expect(anchor).toBe(anchor.toLowerCase());
});

test('two messages in one line are read apart', () => {
  const text =
    '[Get "https://10.0.0.1:6443/api": x509: certificate is valid for 10.96.0.1, not 10.0.0.1, Get "https://10.0.0.2:6443/api": x509: certificate is valid for 10.96.0.1, not 10.0.0.2]';
  expect(scan(text, '', '', { looks: 0, joins: 0 }).map(({ reading }) => reading.host)).toEqual([
    '10.0.0.1',
    '10.0.0.2',
  ]);
});
