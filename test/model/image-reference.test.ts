import { describe, expect, test } from 'vitest';
import { isImageReference } from '../../src/model/image-reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('names of images are taken', () => {
  test.each([
    'pause',
    'pause:3.10',
    'registry.k8s.io/pause:3.10.1',
    'registry.example.com:5000/team/sub-team/my__app.x-y:v1.2.3_4',
    'localhost/x',
    '127.0.0.1:5000/x/y:1',
    '[2001:db8::1]:5000/x:1',
    `registry.k8s.io/pause@${digest}`,
    `registry.k8s.io/pause:3.10@${digest}`,
  ])('%s', (text) => {
    expect(isImageReference(text)).toBe(true);
  });
});

describe('anything else is not', () => {
  test.each([
    '',
    ' pause',
    'pause\n',
    'pause:3.10 --privileged',
    '-pause',
    'Pause',
    'a/../b',
    'a//b',
    'https://registry.k8s.io/pause',
    'pause:',
    'pause@sha256:123',
    `pause@md5:${'0'.repeat(64)}`,
    '$(id)',
    'pause;id',
    "pause'",
    'pause"',
    'pause`id`',
    'päuse',
    `x/${'a'.repeat(256)}`,
    'a'.repeat(10_000),
    `${'a-'.repeat(5000)}!`,
  ])('%j', (text) => {
    expect(isImageReference(text)).toBe(false);
  });
});
