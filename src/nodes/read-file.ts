/** Reads a file that the user named: a regular one of bounded size, and nothing that could hang, flood or lead elsewhere. */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import path from 'node:path';
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';

/** Far beyond any file written by hand; a parser's time is bounded by it. */
export const largestFile = 1024 * 1024;

export interface ReadOptions {
  /** What it is, for the complaint: `the inventory`. */
  readonly what: string;
  readonly hint: string;
  readonly refuseLinks?: boolean;
  readonly largest?: number;
}

export interface TextFile {
  readonly text: string;
  readonly mode: number;
  readonly owner: number;
}

export async function readTextFile(file: string, options: ReadOptions): Promise<TextFile> {
  const { bytes, mode, owner } = await readBytes(file, options);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
    if (text.includes('\0')) throw new TypeError('NUL');
    return { text, mode, owner };
  } catch {
    throw new UserError(`${options.what} ${display(file)} is not a text file in UTF-8`, options.hint);
  }
}

export async function readBytes(
  file: string,
  { what, hint, refuseLinks = false, largest = largestFile }: ReadOptions,
): Promise<{ readonly bytes: Uint8Array; readonly mode: number; readonly owner: number }> {
  const shown = `${what} ${display(file)}`;
  if (file === '' || file.includes('\0')) throw new UserError(`${what} has no usable path`, hint);
  try {
    if (refuseLinks && (await lstat(file)).isSymbolicLink())
      throw new UserError(`${shown} is a symbolic link`, 'name the file that it leads to');
    // A FIFO without a writer would hang in open(); a device would start in read().
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const found = await handle.stat();
      if (found.isDirectory()) throw new UserError(`${shown} is a folder`, hint);
      if (!found.isFile()) throw new UserError(`${shown} is not a regular file`, hint);
      const buffer = Buffer.alloc(Math.min(found.size, largest) + 1);
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > largest) throw new UserError(`${shown} is larger than ${largest} bytes`, hint);
      return { bytes: buffer.subarray(0, length), mode: found.mode, owner: found.uid };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${shown} cannot be read: ${reasonOf(error)}`, hint);
  }
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'it does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOTDIR':
      return 'a part of its path is no folder';
    case 'ELOOP':
      return 'its symbolic links go round in circles';
    case 'ENAMETOOLONG':
      return 'its path is too long';
    default:
      return (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  }
}

/** `~/x` with HOME as it is set; a path is never made up where it is not. */
export function expandHome(file: string, env: Readonly<Record<string, string | undefined>>): string {
  if (file !== '~' && !file.startsWith('~/')) return file;
  const home = env['HOME'] ?? '';
  if (!path.isAbsolute(home))
    throw new UserError(
      `${display(file)} needs the environment variable HOME, which is not set`,
      'write the whole path',
    );
  return path.join(home, file.slice(1));
}

/** As the user's shell would find it; an empty name stays one, and is no folder. */
export function fromHere(file: string, env: Readonly<Record<string, string | undefined>>): string {
  return file === '' ? '' : path.resolve(expandHome(file, env));
}
