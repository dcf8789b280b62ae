/** How the program calls itself: a command that it prints can be typed where it was started. */
import { describe, expect, test } from 'vitest';
import { ReachError } from '../../src/reach/transport.ts';
import { asCalled, calledAs, type Started } from '../../src/cli/called.ts';
import { runCli } from '../support/run-cli.ts';

const here: Started = {
  node: 'node',
  script: '/home/ops/fix-sans/dist/fix-sans.js',
  folder: '/home/ops/fix-sans',
  env: {},
};

describe('it calls itself as it was started', () => {
  test.each<[string, Partial<Started>, string]>([
    ['by its file, from the folder above', {}, 'node dist/fix-sans.js'],
    ['by its file, from elsewhere', { folder: '/root' }, 'node /home/ops/fix-sans/dist/fix-sans.js'],
    ['by the single file', { script: '/opt/fix-sans.cjs', folder: '/' }, 'node opt/fix-sans.cjs'],
    [
      'by its name on the PATH',
      { script: '/usr/local/bin/fix-sans', env: { PATH: '/bin:/usr/local/bin' } },
      'fix-sans',
    ],
    [
      'by its name, which is not on the PATH',
      { script: '/opt/bin/fix-sans', env: { PATH: '/bin' } },
      'node /opt/bin/fix-sans',
    ],
    [
      'by npx, whose PATH nobody else has',
      { script: '/x/node_modules/.bin/fix-sans', env: { npm_command: 'exec', PATH: '/x/node_modules/.bin' } },
      'npx fix-sans',
    ],
    [
      'by kubectl, which looks for its plugins on the PATH',
      { script: '/usr/local/bin/kubectl-fix_sans', env: { PATH: '/bin:/usr/local/bin' } },
      'kubectl fix-sans',
    ],
    [
      'by the name of the plugin, where kubectl would not find it',
      { script: '/opt/bin/kubectl-fix_sans', env: { PATH: '/bin' } },
      'node /opt/bin/kubectl-fix_sans',
    ],
    ['by a Node of its own', { node: '/opt/node 20/bin/node' }, "'/opt/node 20/bin/node' dist/fix-sans.js"],
    [
      'from a folder that a shell would take apart',
      { script: "/tmp/a';id #/f.js", folder: '/' },
      String.raw`node 'tmp/a'\'';id #/f.js'`,
    ],
    ['from its source', { script: '/home/ops/fix-sans/src/main.ts' }, 'fix-sans'],
    ['from nowhere', { script: '' }, 'fix-sans'],
  ])('%s', (_, some, called) => {
    expect(calledAs({ ...here, ...some })).toBe(called);
  });
});

test('only commands are renamed, not the name alone and not what merely looks like one', () => {
  const called = 'node $&/f.js';
  expect(asCalled('see fix-sans inspect --help', called)).toBe('see node $&/f.js inspect --help');
  for (const text of [
    'fix-sans reads',
    'my-fix-sans inspect',
    '/fix-sans inspect',
    'fix-sans inspection',
    '#fix-sans help',
  ])
    expect(asCalled(text, called)).toBe(text);
});

test.each(['kubectl fix-sans', 'npx fix-sans'])('what is written as %s already stays so', (by) => {
  expect(asCalled(`${by} inspect, fix-sans plan`, by)).toBe(`${by} inspect, ${by} plan`);
});

const called = 'node dist/fix-sans.js';

test.each([
  [['--help']],
  [['help', 'inspect']],
  [['inspect', '--help']],
  [['help', 'exit-codes']],
  [[]],
  [['inspect', '--nod', 'x']],
  [['inspect', '10.0.0.1']],
  [['inspect', '--node', 'cp1', '--with', '/none']],
  [['explain', 'x509: certificate is valid for 10.96.0.1, kubernetes, not api.example.com']],
  [['explain', '-f', 'json', 'x509: certificate is valid for 10.96.0.1, kubernetes, not api.example.com']],
  [['inspect', '--node', '192.0.2.1', '--connect-timeout', '50ms']],
])('%j prints no command that the user cannot type', async (argv) => {
  const { stdout, stderr } = await runCli(argv, {
    called,
    openNode: () =>
      Promise.reject(
        new ReachError({
          code: 'no-program',
          message: 'no helper is there',
          hint: 'fix-sans inspect --print-helper prints it',
          retryable: false,
        }),
      ),
  });
  expect(`${stdout}${stderr}`).not.toMatch(ownCommand);
});

const ownCommand = /(?<![\w/])fix-sans (?:inspect|explain|help|--help|--version)\b/;

test('the helper says by which command it is used', async () => {
  const { stdout } = await runCli(['inspect', '--print-helper', '--user', 'ops'], { called });
  expect(stdout).toContain('# Then: node dist/fix-sans.js inspect --helper --node ops@NODE\n');
});
