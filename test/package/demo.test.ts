/** `scripts/demo`: a stranger's first minute tells the whole story, comes to a good end, and leaves nothing behind. */
import { execa } from 'execa';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-demo-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of a machine that other work has too; a quiet one takes a fraction of it. */
const longestMs = 220_000;

test('from the error to the last "nothing to do", without one failed handshake', async () => {
  const began = performance.now();
  const { stdout, stderr, exitCode } = await execa(path.join(root, 'scripts/demo'), [], {
    reject: false,
    stdin: 'ignore',
    env: { TMPDIR: folder },
  });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(performance.now() - began).toBeLessThan(longestMs);

  const chapters = stdout.split(/^── \d+\. /m);
  expect(chapters).toHaveLength(11);
  const story = [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    /is missing from the API server certificate\.[\s\S]*→ exit code 2; \d+ more lines$/m,
    /is missing from the certificate, which breaks kubectl from outside\.[\s\S]*→ exit code 2; \d+ more lines$/m,
    /no name of today is lost\.[\s\S]*What makes it last[\s\S]*→ exit code 2; \d+ more lines$/m,
    /cp1 {3}done, proven by handshake[\s\S]*→ exit code 0; \d+ more lines[\s\S]*connected to /,
    /All 12 names are served as they should be, on 3 control planes\.[\s\S]*→ exit code 0(?:; \d+ more lines)?$/m,
    /The old certificate is in use and proven on cp1, cp2, cp3\.[\s\S]*ERR_TLS_CERT_ALTNAME_INVALID/,
    /It failed and was put back on cp3, where the old certificate is served; done: cp2\.[\s\S]*→ exit code 5; \d+ more lines$/m,
    /The new certificate is in use and proven on cp3, cp1\.[\s\S]*→ exit code 0(?:; \d+ more lines)?$/m,
    /Nothing to do: every control plane is as it should be\.[\s\S]*→ exit code 0(?:; \d+ more lines)?$/m,
  ];
  for (const [index, told] of story.entries()) expect(chapters[index + 1]).toMatch(told);

  const tallies = [...stdout.matchAll(/^the client beside it, .*: (\d+) handshakes, (\d+) failed$/gm)];
  expect(tallies).toHaveLength(4);
  for (const [, handshakes, failed] of tallies) {
    expect(Number(handshakes)).toBeGreaterThan(5);
    expect(failed).toBe('0');
  }
  expect(stdout).not.toMatch(/not where packages put it/);
  expect(stdout.split('\n').length).toBeLessThan(215);
  expect(readdirSync(folder).filter((name) => name.startsWith('fix-sans-simulated-'))).toEqual([]);
});
