/** What the sanitizer lets through of texts, by the awk of this machine. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sanitizer } from '../../src/inspect/node/sanitizer.ts';
import { parseTexts, type SanitizedFile } from '../../src/inspect/node/texts.ts';

export interface Sanitized {
  readonly files: readonly SanitizedFile[];
  readonly raw: string;
}

/** One awk for all of them: starting it is what costs. A file without a byte has no head. */
export function sanitize(
  kind: string,
  texts: readonly string[],
  awk: readonly string[] = ['awk'],
): Sanitized {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-sanitizer-'));
  try {
    const paths = texts.map((text, index) => {
      const file = path.join(folder, `${kind}-${index}`);
      writeFileSync(file, text);
      return file;
    });
    const [program = 'awk', ...words] = awk;
    const { stdout, status } = spawnSync(program, [...words, sanitizer, `kind=${kind}`, ...paths], {
      encoding: 'latin1',
      env: { ...process.env, LC_ALL: 'C' },
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(`awk ended with ${status}`);
    return { files: parseTexts(stdout, ''), raw: stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
