/** What `completion` prints, in the shells themselves: bash runs its function, fish completes a line, and zsh runs all but its own last calls. */
import { execa } from 'execa';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { run } from '../../src/cli/run.ts';
import { ensureCommands } from '../lab/install.ts';
import { labOptions } from '../support/ssh-hosts.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-completion-'));
const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

beforeAll(async () => {
  await ensureCommands(
    shells.map((shell) => ({ command: shell, package: shell, purpose: 'tries the completion' })),
    labOptions,
  );
  for (const shell of shells) writeFileSync(path.join(folder, shell), await scriptFor(shell));
  writeFileSync(path.join(folder, 'plan one.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function scriptFor(shell: Shell): Promise<string> {
  let printed = '';
  const io = {
    stdin: Readable.from([]),
    stdout: { write: (text: string) => (printed += text) },
    stderr: { write: (text: string) => (printed += text) },
    env: {},
  };
  expect(await run(['completion', shell], io)).toBe(0);
  return printed;
}

/** What is offered for the last word of a line that begins with `fix-sans`. */
const offered: Readonly<Record<Shell, (words: readonly string[]) => Promise<readonly string[]>>> = {
  bash: async (words) => {
    // Outside of a line that is completed the real one only fails.
    const script = `compopt() { return 0; }; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fix_sans; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ask('bash', ['--noprofile', '--norc', '-c', script, 'bash', path.join(folder, 'bash'), ...words]);
  },
  zsh: async (words) => {
    // The calls that its completion functions end in, instead of a terminal.
    const script = `autoload -Uz compinit && compinit -u -d "$1.dump" && source "$1"; shift
_describe() { local -a all=("\${(@P)4}"); print -l -- "\${all[@]%%:*}" }
_arguments() { shift; for spec; do case $spec in
  *\\]:*:\\(*\\)) [[ $words[CURRENT-1] == \${\${\${spec#\\(*\\)}#\\*}%%\\[*} ]] && print -l -- \${=\${\${spec##*:\\(}%\\)}} ;;
  1:*:\\(*\\)) ((CURRENT == 2)) && print -l -- \${=\${\${spec##*:\\(}%\\)}} ;; esac
  [[ $words[CURRENT] == -* && $spec == *\\[* ]] && print -- \${\${\${spec#\\(*\\)}#\\*}%%\\[*}
done; true }
words=("$@"); CURRENT=$#; _fix_sans`;
    return ask('zsh', ['-f', '-c', script, 'zsh', path.join(folder, 'zsh'), ...words]);
  },
  fish: async (words) => {
    const line = words.join(' ');
    const lines = await ask('fish', [
      '--no-config',
      '-c',
      `source ${path.join(folder, 'fish')}; complete -C ${JSON.stringify(line)}`,
    ]);
    return lines.map((one) => one.split('\t')[0] ?? '');
  },
};

async function ask(shell: Shell, args: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await execa(shell, args, {
    cwd: folder,
    stdin: 'ignore',
    env: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe.each(shells)('%s', (shell) => {
  test('takes the script without a word', async () => {
    const { stderr, exitCode } = await execa(shell, ['-n', path.join(folder, shell)], { reject: false });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  });

  test('offers every command', async () => {
    const names = commands.map(({ name }) => name);
    expect(await offered[shell](['fix-sans', ''])).toEqual(expect.arrayContaining(names));
  });

  test.each(
    commands.filter(({ options }) => options.length > 0).map((command) => [command.name, command] as const),
  )('offers every flag of %s', async (name, { options }) => {
    const flags = options.map(({ flags: spelt }) => /--[a-z-]+/.exec(spelt)?.[0]);
    expect(await offered[shell](['fix-sans', name, '--'])).toEqual(expect.arrayContaining(flags));
  });

  test('offers the choices of a flag, the topics of help and the shells, and nothing else there', async () => {
    const formats = await offered[shell](['fix-sans', 'inspect', '--format', '']);
    expect(formats.toSorted()).toEqual(['html', 'json', 'markdown', 'text']);
    expect(await offered[shell](['fix-sans', 'completion', ''])).toEqual(expect.arrayContaining([...shells]));
    expect(await offered[shell](['fix-sans', 'help', ''])).toEqual(
      expect.arrayContaining(['by-hand', 'environment', 'apply']),
    );
  });
});

test('bash and fish offer files where a file is meant, also with a space in the name', async () => {
  expect(await offered.bash(['fix-sans', 'apply', '--plan', 'pl'])).toEqual(['plan one.json']);
  expect(await offered.bash(['fix-sans', 'show', 'pl'])).toEqual(['plan one.json']);
  expect(await offered.bash(['fix-sans', 'apply', '--san', 'pl'])).toEqual([]);
  expect(await offered.fish(['fix-sans', 'apply', '--plan', 'pl'])).toContain(String.raw`plan one.json`);
});

test('where bash has no compopt, as on macOS, it quotes names itself: none of them is a command of the line', async () => {
  const evil = [
    'evil $(touch ran).json',
    'evil`touch ran`;&|.json',
    'evil\'"$HOME.json',
    'evil\n$(touch ran)',
  ];
  for (const name of evil) writeFileSync(path.join(folder, name), '');
  const source = 'enable -n compopt; source "$1"; COMP_CWORD=3';
  // The line as it would stand there after TAB, and then Enter.
  const script = `${source}; COMP_WORDS=(fix-sans apply --plan "$2"); _fix_sans
for one in "\${COMPREPLY[@]}"; do eval "printf '%s\\n' $one"; done`;
  const lines = async (word: string): Promise<readonly string[]> =>
    ask('bash', ['--noprofile', '--norc', '-c', script, 'bash', path.join(folder, 'bash'), word]);
  try {
    expect(await lines('ev')).toEqual(expect.arrayContaining([...evil.slice(0, 3), '$(touch ran)']));
    expect(await lines('pl')).toEqual(['plan one.json']);
    // In quotes that are open the same text would mean something else.
    for (const word of ['"ev', "'ev", '`ev', '"pl']) expect(await lines(word)).toEqual([]);
    // HOME is this folder.
    expect(await lines('~/pl')).toEqual([path.join(folder, 'plan one.json')]);
    expect(existsSync(path.join(folder, 'ran'))).toBe(false);
  } finally {
    for (const name of [...evil, 'ran']) rmSync(path.join(folder, name), { force: true });
  }
});

test('a shell that nobody knows is a wrong command line, with those that there are', async () => {
  let said = '';
  const io = {
    stdin: Readable.from([]),
    stdout: { write: () => undefined },
    stderr: { write: (text: string) => (said += text) },
    env: {},
  };
  expect(await run(['completion', 'tcsh'], io)).toBe(64);
  expect(said).toContain('fix-sans completion bash');
});
