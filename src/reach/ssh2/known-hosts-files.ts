/** The known_hosts files on disk: read whole or not at all, appended to in one write. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { ReachError } from '../transport.ts';
import { knownHostsLine } from './known-hosts.ts';

const largest = 16 * 1024 * 1024;

/** A file that is not there knows nobody. One that cannot be read may revoke a key, so nothing goes on without it. */
export async function readKnownHostsFile(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) {
      if (file === '/dev/null') return '';
      throw new Error('it is no file');
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largest) throw new Error(`it has more than ${largest / 1024 / 1024} MiB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('latin1');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw new ReachError({
      code: 'host-key-unknown',
      message: `known hosts cannot be read from ${file}: ${message}`,
      hint: `make ${file} readable for you; without it nobody can tell whether a key is revoked`,
      retryable: false,
    });
  } finally {
    await handle?.close();
  }
}

/** Adds one line at the end, in one write as ssh does; the mode of a file that is there stays. */
export async function addToKnownHostsFile(
  file: string,
  host: string,
  key: Buffer,
  isHashed: boolean,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const line = knownHostsLine(host, key, isHashed ? randomBytes(20) : undefined);
  await using handle = await open(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  const { size } = await handle.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await handle.read(last, 0, 1, size - 1);
  const isWhole = size === 0 || last[0] === 0x0a;
  await handle.write(isWhole ? line : `\n${line}`);
}
