import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readReportFiles, writeReport } from '../../src/cli/report-files.ts';
import { UserError } from '../../src/model/user-error.ts';

const formats = ['text', 'html'];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-reports-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what --report says', () => {
  test('is format and file; the file may hold an equals sign', async () => {
    const file = path.join(folder, 'a=b.html');
    expect(await readReportFiles([`html=${file}`, `text=${file}.txt`], formats)).toEqual([
      { format: 'html', path: file },
      { format: 'text', path: `${file}.txt` },
    ]);
  });

  test.each(['html', 'html=', '=x.html', '', '=', 'report.html'])(
    '%j is refused, with an example',
    async (value) => {
      const error = await readReportFiles([value], formats).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).message).toMatch(/^--report/);
      expect((error as UserError).hint).toMatch(/formats: text, html/);
    },
  );

  test.each(['xml', 'HTML', 'constructor', '__proto__', 'html '])(
    'format %j is not known',
    async (format) => {
      await expect(readReportFiles([`${format}=${path.join(folder, 'x')}`], formats)).rejects.toThrow(
        /knows no format/,
      );
    },
  );

  test('a folder that is not there is said before anything is contacted', async () => {
    await expect(readReportFiles([`html=${folder}/none/x.html`], formats)).rejects.toThrow(
      /there is no folder/,
    );
  });

  test.each(['/', '/dev/full', '.'])('%s is no file', async (file) => {
    await expect(readReportFiles([`html=${file}`], formats)).rejects.toThrow(/is no file/);
  });

  test('two reports into one file are refused: the second would replace the first', async () => {
    const file = path.join(folder, 'x');
    await expect(readReportFiles([`html=${file}`, `text=${folder}/./x`], formats)).rejects.toThrow(/twice/);
  });

  test('what a terminal would obey is spelled out', async () => {
    await expect(readReportFiles(['\u001b[31mx=y'], formats)).rejects.toThrow(/\\u\{1b\}\[31mx/);
  });
});

describe('writing', () => {
  test('replaces what was there, and leaves nothing beside it', async () => {
    const file = path.join(folder, 'ticket.html');
    writeFileSync(file, 'old and longer than the new one');
    await writeReport(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['ticket.html']);
  });

  test('a link is not followed to what it names, but replaced', async () => {
    const target = path.join(folder, 'target');
    writeFileSync(target, 'mine');
    const file = path.join(folder, 'ticket.html');
    symlinkSync(target, file);
    await writeReport(file, 'new');
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  test('a failure is a sentence that says where the result is, and leaves nothing', async () => {
    const inner = path.join(folder, 'inner');
    mkdirSync(inner);
    const file = path.join(inner, 'ticket.html');
    mkdirSync(file);
    const error = await writeReport(file, 'new').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/^cannot write the report/);
    expect((error as UserError).hint).toBe('the result itself stands on stdout');
    expect(readdirSync(inner)).toEqual(['ticket.html']);
  });

  test('is for its owner to write and for all to read, whatever the umask allows', async () => {
    const file = path.join(folder, 'ticket.html');
    await writeReport(file, 'new');
    expect(statSync(file).mode & 0o777 & ~0o644).toBe(0);
    chmodSync(file, 0o600);
  });
});
