/** A pasted error that gives no name is never answered by "all is well". */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-from-error-'));
  return () => rmSync(folder, { recursive: true });
});

function pasted(text: string): string {
  const file = path.join(folder, 'error.txt');
  writeFileSync(file, text);
  return file;
}

const unknown = 'error: something else went wrong\n';
const expired = 'x509: certificate has expired or is not yet valid\n';
const intercepted =
  "x509: cannot validate certificate for 193.164.155.89 because it doesn't contain any IP SANs\n";
/** Nothing is contacted: nobody is there. */
const node = ['--node', 'ops@192.0.2.1'];

describe.each([['plan'], ['apply', '--yes']])('%s', (...command) => {
  test('a text that is not understood is said so, with a cluster and with names besides', async () => {
    for (const more of [[], node, [...node, '--san', 'api.example.com']]) {
      const { code, stdout } = await runCli([...command, ...more, '--from-error', pasted(unknown)]);
      expect(stdout).toContain('Nothing in this text was understood');
      expect(code).toBe(1);
    }
  });

  test('a text about something else is answered without a cluster', async () => {
    const { code, stdout } = await runCli([...command, '--from-error', pasted(intercepted)]);
    expect(stdout).toContain('probably TLS interception. Do not touch the cluster.');
    expect(code).toBe(8);
  });

  test('names of a flag are not left out because the text is about something else', async () => {
    const { code, stderr } = await runCli([
      ...command,
      '--san',
      'api.example.com',
      '--from-error',
      pasted(expired),
    ]);
    expect(stderr).toContain('there is nothing to look at');
    expect(code).toBe(64);
    expect((await runCli([...command, '--from-error', pasted(expired)])).code).toBe(8);
  });
});

describe('verify: there is nothing to prove', () => {
  test.each([unknown, expired])('%j', async (text) => {
    const { code, stdout, stderr } = await runCli(['verify', ...node, '--from-error', pasted(text)]);
    expect(stderr).toContain('no name in that text is one that a certificate should hold');
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});
