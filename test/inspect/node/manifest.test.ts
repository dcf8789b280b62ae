import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostPath, parseFlags, parseManifest, strayManifests } from '../../../src/inspect/node/manifest.ts';
import { processorTime } from '../../support/patience.ts';
import { sanitize } from '../../support/sanitized.ts';
import { runs } from '../../support/runs.ts';

const readingOf = (text: string) =>
  parseManifest(sanitize('manifest', [text]).files[0] ?? { lines: [], remarks: [] });
const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {}\n`;
const files = (entries: Readonly<Record<string, string>>) =>
  Object.entries(entries).map(([name, text]) => ({ path: `/m/${name}`, reading: readingOf(text) }));

test('flags come with a value behind = or in the next word, several times or alone', () => {
  expect(parseFlags(['kube-apiserver', '--a=1', '--a', '2', '-b', '--c=', '--d=x=y', '--', 'e'])).toEqual({
    a: ['1', '2'],
    b: ['true'],
    c: [''],
    d: ['x=y'],
  });
});

test('flags called like parts of every object are only flags', () => {
  expect(parseFlags(['--constructor=1', '--__proto__=2'])['constructor']).toEqual(['1']);
  expect(({} as Record<string, unknown>)['2']).toBeUndefined();
});

describe('stray manifests', () => {
  test('are copies of a manifest, whatever they are called, and files that are no pod', () => {
    expect(
      strayManifests(
        files({
          'a-copy.yaml': pod('kube-apiserver'),
          'kube-apiserver.yaml': pod('kube-apiserver'),
          'etcd.yaml': pod('etcd'),
          'kube-vip.yml': pod('kube-vip'),
          'notes.txt': 'do not touch',
          'kube-apiserver.yaml.bak': pod('kube-apiserver'),
        }),
      ),
    ).toEqual(['/m/a-copy.yaml', '/m/notes.txt', '/m/kube-apiserver.yaml.bak']);
  });

  test('are none in a folder as kubeadm leaves it', () => {
    const names = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
    expect(
      strayManifests(files(Object.fromEntries(names.map((name) => [`${name}.yaml`, pod(name)])))),
    ).toEqual([]);
  });
});

test('a path of the container is found on the node by the longest mount', () => {
  const mounts = [
    { inside: '/etc/kubernetes', outside: '/a' },
    { inside: '/etc/kubernetes/pki/', outside: '/b/' },
  ];
  expect(hostPath('/etc/kubernetes/pki/apiserver.crt', mounts)).toBe('/b/apiserver.crt');
  expect(hostPath('/etc/kubernetes/x', mounts)).toBe('/a/x');
  expect(hostPath('/etc/kubernetes-other', mounts)).toBeUndefined();
});

describe('hostile manifests', () => {
  test.each([
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
        .join('\n')}\n${pod('x')}`,
    ],
    ['ten thousand levels', '['.repeat(10_000)],
    ['ten thousand dashes', `${'- '.repeat(10_000)}x`],
    ['a mapping of ten thousand levels', '{a: '.repeat(10_000)],
    [
      'indentation without end',
      Array.from({ length: 600 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
    ],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['a key twice', 'kind: Pod\nkind: Pod\n'],
    ['NUL', 'kind: \u0000Pod'],
    ['nothing', ''],
  ])('%s is refused with a reason, and soon', async (_, text) => {
    const took = await processorTime(() => {
      const reading = readingOf(text);
      expect(reading.ok && reading.pod.words.length > 0).toBe(false);
    });
    expect(took).toBeLessThan(2000);
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        for (const whole of [text, `kind: Pod\nmetadata: {name: x}\nspec: ${text}`])
          expect(() => parseManifest({ lines: whole.split('\n'), remarks: [] })).not.toThrow();
      }),
      { numRuns: runs(100) },
    );
  });
});
