import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { printedHelper, shownCommands } from '../../src/cli/show-commands.ts';
import { steps } from '../../src/apply/steps.ts';
import { runCli } from '../support/run-cli.ts';

function isShell(text: string): void {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: text });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
}

describe('--show-commands', () => {
  test('prints what is run, as a shell script, and contacts nobody', async () => {
    const { code, stdout, stderr } = await runCli(['inspect', '--show-commands', '--node', 'root@192.0.2.1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(shownCommands());
    isShell(stdout);
  });

  test('of verify prints those too that dial from nodes and pods', async () => {
    const { code, stdout } = await runCli(['verify', '--show-commands', '--node', 'root@192.0.2.1']);
    expect(code).toBe(0);
    expect(stdout.startsWith(shownCommands())).toBe(true);
    expect(stdout).toContain('nsenter --net=');
    expect(stdout).not.toContain('/root/var/run');
    isShell(stdout);
  });

  test.each([
    [
      'apply',
      [
        'take-lock',
        'request',
        'stage',
        'stage-signed',
        'swap',
        'restart',
        'reload',
        'prove',
        'finish',
        'look-at-file',
        'write-file',
        'release',
        'undo',
      ],
    ],
    ['rollback', ['take-lock', 'gate', 'finish', 'put-file-back', 'release', 'undo']],
  ] as const)('of %s prints each step that changes a node', async (command, names) => {
    const { code, stdout, stderr } = await runCli([command, '--show-commands', '--node', 'root@192.0.2.1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(shownCommands());
    const lines = stdout.split('\n');
    const index = lines.flatMap((line) => {
      const [, at, title] = /^# {3}line +(\d+) {2}(.+)$/.exec(line) ?? [];
      return at === undefined ? [] : [[lines[Number(at) - 1], title] as const];
    });
    expect(index.map(([, title]) => title?.split(':')[0])).toEqual([
      'what inspect reads, before anything else',
      ...names,
    ]);
    for (const [line, title] of index.slice(1)) expect(line).toBe(`# ${title}`);
    expect(index[0]?.[0]).toBe(shownCommands().split('\n')[0]);
    const told = [...stdout.matchAll(/^# ([a-z-]+): (.+)$/gm)].map(([, name, about]) => [name, about !== '']);
    for (const name of names) expect(told).toContainEqual([name, true]);
    for (const { name, script } of steps)
      expect(stdout.includes(script)).toBe((names as readonly string[]).includes(name));
    expect(stdout).not.toContain('FIX_SANS_ROOT');
    isShell(stdout);
  });

  test('is the same each time', () => {
    expect(shownCommands()).toBe(shownCommands());
  });

  test('sets no root other than the node itself', () => {
    expect(shownCommands()).toMatch(/^ROOT=$/m);
    expect(shownCommands()).not.toContain('FIX_SANS_ROOT');
  });
});

describe('--print-helper', () => {
  test('prints the script, and below it as comments where it belongs and who may run it', async () => {
    const { code, stdout } = await runCli(['inspect', '--print-helper', '--user', 'ops']);
    expect(code).toBe(0);
    expect(stdout).toBe(printedHelper('ops', 'fix-sans'));
    expect(stdout).toMatch(/^#!\/bin\/sh/);
    isShell(stdout);
    expect(stdout).toMatch(/^# ops ALL=\(root\) NOPASSWD: \/usr\/local\/libexec\/\S+ ""$/m);
    expect(stdout).toContain('inspect --helper --node ops@NODE');
  });

  test.each(['ALL', '%wheel', 'a,b', 'a b', '#0', '', 'x\nroot ALL=(ALL) NOPASSWD: ALL', '$(id)'])(
    'the user %j cannot be written into sudoers, or is no way to more than was meant',
    async (user) => {
      const { code, stdout, stderr } = await runCli(['inspect', '--print-helper', '--user', user]);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toContain('cannot stand in sudoers');
    },
  );
});
