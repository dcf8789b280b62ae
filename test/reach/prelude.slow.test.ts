/** The prelude in the shells that /bin/sh may be: what scripts send arrives, and what comes from outside is never run. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FrameReading, readFrames, talkOf } from '../../src/reach/frames.ts';
import { composeHelper, composeScript, largestFile } from '../../src/reach/prelude.ts';

const nonce = 'feedfacefeedfacefeedfacefeedface';
const shells = [
  ['dash', []],
  ['bash', ['--posix']],
] as const;

interface Told {
  readonly reading: FrameReading;
  readonly frames: Readonly<Record<string, string>>;
  readonly talk: string;
  readonly stdout: Buffer;
}

async function tell(
  [shell, flags]: readonly [string, readonly string[]],
  script: string,
  data: Readonly<Record<string, string>> = {},
  input = composeScript({ script, nonce, data }),
): Promise<Told> {
  const { stdout, stderr } = await execa(shell, [...flags, '-s'], {
    input,
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    env: { LC_ALL: 'C.UTF-8' },
  });
  const reading = readFrames(stdout, nonce);
  const frames =
    reading.state === 'whole'
      ? Object.fromEntries(
          reading.frames.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('latin1')]),
        )
      : {};
  return {
    reading,
    frames,
    talk: talkOf(Buffer.from(stderr).toString(), nonce),
    stdout: Buffer.from(stdout),
  };
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-prelude-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(shells.map((shell) => ({ name: shell[0], shell })))('$name', ({ shell }) => {
  test('frames what a script pipes, says and names', async () => {
    const file = path.join(folder, `bytes-${shell[0]}`);
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
    writeFileSync(file, bytes);
    const { frames, reading } = await tell(
      shell,
      `printf 'a\\000b\\n' | frame piped
       say said 'two
lines'
       say empty ''
       frame_file file "$DATA_file"`,
      { file },
    );
    expect(reading).toMatchObject({ state: 'whole', status: 0, uid: process.getuid?.() });
    expect(frames).toEqual({
      piped: 'a\0b\n',
      said: 'two\nlines',
      empty: '',
      file: bytes.toString('latin1'),
    });
  });

  test('says why a file is not framed', async () => {
    const at = (name: string): string => path.join(folder, `${shell[0]}-${name}`);
    writeFileSync(at('large'), Buffer.alloc(largestFile + 1));
    writeFileSync(at('fits'), Buffer.alloc(largestFile));
    mkdirSync(at('folder'));
    symlinkSync(at('nowhere'), at('dangling'));
    symlinkSync(at('fits'), at('link'));
    const names = ['large', 'fits', 'folder', 'dangling', 'absent', 'link'];
    const { frames } = await tell(shell, names.map((name) => `frame_file ${name} '${at(name)}'`).join('\n'));
    const faults = Object.fromEntries(Object.entries(frames).filter(([name]) => name.endsWith('.fault')));
    expect(faults).toEqual({
      'large.fault': 'too-large',
      'folder.fault': 'not-a-file',
      'dangling.fault': 'dangling-link',
      'absent.fault': 'absent',
    });
    expect([frames['fits']?.length, frames['link']?.length]).toEqual([largestFile, largestFile]);
  });

  test('a read error is a fault and not an empty file (fault 28)', async () => {
    // Reading a process's memory at its beginning fails with EIO, and it is a regular file.
    const { frames } = await tell(shell, 'frame_file crt /proc/self/mem');
    expect(frames).toEqual({ 'crt.fault': 'read-error' });
  });

  test('data reaches the script byte for byte, whatever it holds, and nothing of it is run', async () => {
    const values = [
      '$(touch pwned)',
      '`id`',
      "'; exit 3; '",
      '"',
      '\\',
      'line\nend\n\n',
      '\r\n',
      '%s%n',
      '-n',
      '*',
      '~',
      '',
      'größe ☃',
      '\u001b[2J',
      'a b\tc',
      `${nonce}\n#fix-sans ${nonce} .\n`,
      'x'.repeat(100_000),
    ];
    for (const value of values) {
      const { frames } = await tell(shell, 'say back "$DATA_value"', { value });
      expect(frames['back']).toBe(Buffer.from(value).toString('latin1'));
    }
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !text.includes('\0')),
        async (value) => {
          const { frames } = await tell(shell, 'say back "$DATA_value"', { value });
          expect(frames['back']).toBe(Buffer.from(value).toString('latin1'));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('what the programs of a query print lands in the talk, and spoils no frame', async () => {
    const { frames, talk, reading } = await tell(shell, 'echo noise; say a 1; echo noise >&2; say b 2');
    expect(reading.state).toBe('whole');
    expect(frames).toEqual({ a: '1', b: '2' });
    expect(talk).toBe('noise\nnoise\n');
  });

  test('a query that exits, fails or reads stdin leaves the end in its place', async () => {
    expect((await tell(shell, 'say a 1; exit 3')).reading).toMatchObject({ state: 'whole', status: 3 });
    expect((await tell(shell, 'set -eu; false; say a 1')).reading).toMatchObject({
      state: 'whole',
      status: 1,
    });
    const { frames } = await tell(shell, 'cat >/dev/null; read -r line; say a "[$line]"');
    expect(frames).toEqual({ a: '[]' });
  });

  test('a script that was cut on its way runs nothing of its query', async () => {
    const whole = composeScript({ script: 'say a 1\nsay b 2', nonce });
    const query = whole.indexOf('{ (\n');
    const complete = whole.lastIndexOf('}');
    for (let length = query; length < complete; length += 1) {
      const { stdout } = await tell(shell, '', {}, whole.slice(0, length));
      expect(stdout.includes(' frame ')).toBe(false);
    }
  }, 120_000);

  test('the environment is ours: locale, umask, path', async () => {
    const { frames } = await tell(shell, 'say env "$LC_ALL $(umask) $PATH [$ROOT]"');
    expect(frames['env']).toMatch(/^C 0?077 \/usr\/sbin:.*:\/opt\/bin:.* \[\]$/);
  });

  test('ROOT is empty, unless a simulator says otherwise', async () => {
    const plain = await execa(shell[0], ['-s'], {
      input: composeScript({ script: 'say root "[$ROOT]"', nonce }),
      env: { FIX_SANS_ROOT: '/evil', ROOT: '/evil' },
      encoding: 'buffer',
      stripFinalNewline: false,
    });
    const simulated = await execa(shell[0], ['-s'], {
      input: composeScript({ script: 'say root "[$ROOT]"', nonce, isSimulated: true }),
      env: { FIX_SANS_ROOT: '/some/where' },
      encoding: 'buffer',
      stripFinalNewline: false,
    });
    const roots = [plain, simulated].map(({ stdout }) => {
      const reading = readFrames(stdout, nonce);
      return reading.state === 'whole' && Buffer.from(reading.frames[0]?.bytes ?? []).toString();
    });
    expect(roots).toEqual(['[]', '[/some/where]']);
  });

  test('a frame that is named from outside cannot break out of its record', async () => {
    const { reading } = await tell(shell, 'say "a b" 1; say "" 2; say "x\n#fix-sans" 3; say "\\$(id)" 4');
    expect(reading.state === 'whole' && reading.frames.map(({ name }) => name)).toEqual(
      Array.from({ length: 4 }, () => 'misnamed'),
    );
  });

  test('the helper takes a nonce and nothing else', async () => {
    const helper = path.join(folder, `helper-${shell[0]}`);
    writeFileSync(helper, composeHelper('say a "[$ROOT]"; cat | frame rest'));
    chmodSync(helper, 0o755);
    const run = (input: string, args: readonly string[] = []) =>
      execa(shell[0], [...shell[1], helper, ...args], {
        input,
        encoding: 'buffer',
        stripFinalNewline: false,
        reject: false,
      });
    const good = await run(`${nonce}\nsay more 1\n`);
    const reading = readFrames(good.stdout, nonce);
    expect(
      reading.state === 'whole' &&
        reading.frames.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
    ).toEqual([
      ['a', '[]'],
      ['rest', ''],
    ]);
    for (const input of [
      '',
      'x\n',
      `${nonce}0\n`,
      `$(touch ${folder}/pwned)\n`,
      `${nonce.slice(1)};\n`,
      nonce.toUpperCase(),
    ]) {
      expect(await run(input)).toMatchObject({ exitCode: 64, stdout: new Uint8Array() });
    }
    expect(await run(`${nonce}\n`, ['--anything'])).toMatchObject({ exitCode: 64 });
  });
});

test('a node without a program that replies need says which', async () => {
  const input = composeScript({ script: 'say a 1', nonce }).replace(/^PATH=.*$/m, 'PATH=/nowhere');
  const { reading } = await tell(shells[0], '', {}, input);
  expect(reading).toEqual({ state: 'lacks', program: 'base64' });
});

test('names of variables and nonces are checked, for they stand in the script as they are', () => {
  expect(() => composeScript({ script: '', nonce: 'x' })).toThrow('nonce');
  expect(() => composeScript({ script: '', nonce, data: { 'a;id': '' } })).toThrow('names no variable');
  expect(() => composeScript({ script: '', nonce, data: { a: '\0' } })).toThrow('NUL');
});
