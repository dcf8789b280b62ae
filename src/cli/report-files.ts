/** `--report FORMAT=FILE`: reports beside the one on stdout, each written at once or not at all. */
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import type { Io } from './io.ts';

export interface ReportFile {
  readonly format: string;
  readonly path: string;
}

/** Looked at before anything is contacted: a typing mistake should not cost a run. */
export async function readReportFiles(
  values: readonly string[],
  formats: readonly string[],
): Promise<readonly ReportFile[]> {
  const files: ReportFile[] = [];
  for (const value of values) {
    const at = value.indexOf('=');
    const format = value.slice(0, Math.max(at, 0));
    const file = value.slice(at + 1);
    if (at === -1 || file === '')
      throw new UserError(
        `--report ${display(value, 80)} does not say format and file`,
        `write --report html=report.html; formats: ${formats.join(', ')}`,
      );
    if (!formats.includes(format))
      throw new UserError(
        `--report knows no format ${display(format, 40)}`,
        `formats: ${formats.join(', ')}`,
      );
    if (file === '-')
      throw new UserError(
        `--report ${format}=- does not write to stdout: it would make a file called -`,
        `for stdout: --format ${format}; for a file of this name: --report ${format}=./-`,
      );
    if (files.some((other) => path.resolve(other.path) === path.resolve(file)))
      throw new UserError(
        `--report names ${display(file)} twice`,
        'give each format a file of its own: the second would replace the first',
      );
    await checkPlace(file);
    files.push({ format, path: file });
  }
  return files;
}

export async function checkPlace(file: string, flag = '--report'): Promise<void> {
  const folder = await stat(path.dirname(path.resolve(file))).catch(() => undefined);
  if (folder?.isDirectory() !== true)
    throw new UserError(`${flag}: there is no folder ${display(path.dirname(file))}`, 'make it first');
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile())
    throw new UserError(`${flag}: ${display(file)} is no file`, 'name a file that is or is not there yet');
}

/** Beside it and then renamed, so that nobody reads half a report. */
export async function writeReport(
  file: string,
  text: string,
  { mode = 0o644, isForAll = false }: { readonly mode?: number; readonly isForAll?: boolean } = {},
): Promise<void> {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  let isOurs = false;
  try {
    const handle = await open(beside, 'wx', mode);
    isOurs = true;
    try {
      await handle.writeFile(text);
      // Whatever the umask: node_exporter is another user.
      if (isForAll) await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    if (isOurs) await rm(beside, { force: true });
    throw new UserError(
      `cannot write the report ${display(file)}: ${(error as Error).message}`,
      'the result itself stands on stdout',
    );
  }
}

/** The result stands on stdout by then, and the other reports are still to come: a failure ends nothing. */
export async function writeReports(
  files: readonly (ReportFile & { readonly text: string })[],
  io: Io,
  isQuiet: boolean,
): Promise<boolean> {
  let isWritten = true;
  for (const { format, path: file, text } of files) {
    try {
      await writeReport(file, text, { isForAll: format === 'prometheus' });
      if (!isQuiet) io.stderr.write(`fix-sans: wrote ${display(file)}\n`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      io.stderr.write(`fix-sans: ${error.message}\n          ${error.hint}\n`);
      isWritten = false;
    }
  }
  return isWritten;
}
