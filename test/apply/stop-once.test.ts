/** An API server is told to stop once: at a second signal it would leave at once, with whoever it serves. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reload } from '../../src/apply/restart-step.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-stop-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const functions = /^process\(\) [\s\S]*?^stop_server\(\) \{[\s\S]*?^\}$/m.exec(reload.script)?.[0] ?? '';

function asked(pid: number, what: string): string {
  const script = `R='${folder}' pid=${pid}\nfault() { echo "fault $1"; exit 1; }\n${functions}\n${what}`;
  const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  return stdout + stderr;
}

test('a step that is asked again, since its answer was lost, sends no second signal to the same process', async () => {
  const log = path.join(folder, 'log');
  writeFileSync(log, '');
  const server = (): ReturnType<typeof spawn> =>
    spawn('sh', ['-c', `trap 'echo told >>"${log}"' TERM; echo up >>"${log}"; while :; do sleep 0.05; done`]);
  const until = async (words: string): Promise<void> => {
    const end = Date.now() + 10_000;
    while (readFileSync(log, 'utf8') !== words && Date.now() < end) await sleep(20);
    expect(readFileSync(log, 'utf8')).toBe(words);
  };
  const first = server();
  const second = server();
  try {
    await until('up\nup\n');
    const pid = first.pid ?? 0;
    const isStopped = 'if was_stopped; then echo yes; else echo no; fi';
    expect(asked(pid, isStopped)).toBe('no\n');
    expect(asked(pid, 'stop_server')).toBe('');
    await until('up\nup\ntold\n');
    expect(asked(pid, isStopped)).toBe('yes\n');
    expect(asked(pid, 'stop_server')).toBe('');
    await sleep(200);
    expect(readFileSync(log, 'utf8')).toBe('up\nup\ntold\n');
    // The one that came up in its place is another process, and was told nothing.
    expect(asked(second.pid ?? 0, isStopped)).toBe('no\n');
  } finally {
    first.kill('SIGKILL');
    second.kill('SIGKILL');
  }
});
