import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { asker, isInteractive } from '../../src/cli/ask.ts';
import type { Io } from '../../src/cli/io.ts';

function terminal(ttys: { readonly stdin?: boolean; readonly stderr?: boolean } = {}) {
  const written: string[] = [];
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: ttys.stdin ?? true,
    setRawMode: (mode: boolean) => raw.push(mode),
  });
  const io: Io = {
    stdin,
    stdout: { write: () => true },
    stderr: { isTTY: ttys.stderr ?? true, write: (text) => written.push(text) },
    env: {},
  };
  return { io, stdin, written, raw };
}

test('a person is there only where both ends are a terminal', () => {
  expect(isInteractive(terminal().io)).toBe(true);
  expect(isInteractive(terminal({ stdin: false }).io)).toBe(false);
  expect(isInteractive(terminal({ stderr: false }).io)).toBe(false);
});

test('the question goes to stderr, and the answer ends with the line', async () => {
  const { io, stdin, written } = terminal();
  const answer = asker(io)('add it? ');
  stdin.write('yes\n');
  expect(await answer).toBe('yes');
  expect(written).toEqual(['add it? ']);
});

test('a secret is typed unseen, in raw mode, which ends with it', async () => {
  const { io, stdin, written, raw } = terminal();
  const answer = asker(io)('password: ', { isSecret: true });
  stdin.write('geh');
  await sleep(5);
  stdin.write('eimx\u007f\r');
  expect(await answer).toBe('geheim');
  expect(raw).toEqual([true, false]);
  expect(written.join('')).toBe('password: \n');
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s gives up, and the terminal is as before', async (_, key) => {
  const { io, stdin, raw } = terminal();
  let interrupts = 0;
  const answer = asker({ ...io, interrupt: () => (interrupts += 1) })('password: ', { isSecret: true });
  stdin.write(`abc${key}`);
  await expect(answer).rejects.toThrow('nothing was answered');
  expect(raw.at(-1)).toBe(false);
  // Unseen typing takes the signal from the key, so the whole run ends as elsewhere.
  expect(interrupts).toBe(key === '\u0003' ? 1 : 0);
});

test('two questions at the same time wait for each other', async () => {
  const { io, stdin, written } = terminal();
  const ask = asker(io);
  const [first, second] = [ask('one? '), ask('two? ')];
  await sleep(5);
  expect(written).toEqual(['one? ']);
  stdin.write('1\n');
  expect(await first).toBe('1');
  await sleep(5);
  expect(written).toEqual(['one? ', 'two? ']);
  stdin.write('2\n');
  expect(await second).toBe('2');
});

test('after one that was given up the next is asked all the same', async () => {
  const { io, stdin } = terminal();
  const ask = asker(io);
  const first = ask('one? ');
  stdin.write('\u0003');
  await expect(first).rejects.toThrow('nothing was answered');
  const second = ask('two? ');
  await sleep(5);
  stdin.write('2\n');
  expect(await second).toBe('2');
});

test('where input ends in the middle of a line, what was typed is no answer', async () => {
  const { io, stdin } = terminal();
  const answer = asker(io)('sure? ');
  stdin.end('yes');
  await expect(answer).rejects.toThrow('nothing was answered');
});

test('answers that come in one piece are kept for the questions that follow', async () => {
  const { io, stdin } = terminal();
  const ask = asker(io);
  const first = ask('one? ');
  stdin.write('1\n2\n');
  expect(await first).toBe('1');
  expect(await ask('two? ')).toBe('2');
});
