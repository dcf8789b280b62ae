/** The end of a run whose report cannot be written: what was done is said all the same, and 0 is not. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { reportRun } from '../../src/cli/run-session.ts';
import { sampleRollouts } from '../support/sample-rollouts.ts';

test('a change whose report is lost is 3: not all is done, and 1 would say that nothing was changed (fault 63)', async () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'report-run-'));
  const done = Object.values(sampleRollouts()).find(({ exitCode }) => exitCode === 0);
  if (done === undefined) throw new Error('no sample that was done');
  const stderr = new PassThrough({ encoding: 'utf8' });
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env: { XDG_STATE_HOME: home },
  } as unknown as Io;
  try {
    expect(await reportRun(done, [], {}, io)).toBe(0);
    const files = [{ format: 'json', path: path.join(home, 'gone', 'run.json') }];
    expect(await reportRun(done, files, {}, io)).toBe(3);
    expect(String(stderr.read())).toContain('run.json');
    expect(await reportRun({ ...done, exitCode: 5 }, files, {}, io)).toBe(5);
  } finally {
    rmSync(home, { recursive: true });
  }
});
