/** Where no control plane is known or none answers, nothing is said about what they remember. */
import { expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

const nowhere = ['--endpoint', '127.0.0.1:1'];

test('runs ends with 75 and does not call that no run', async () => {
  const { code, stdout } = await runCli(['runs', ...nowhere]);
  expect(code).toBe(75);
  expect(stdout).toMatch(/^No control plane was asked/);
  expect(stdout).not.toContain('No run is remembered');
});

test('rollback ends with 75, and took nothing back', async () => {
  const { code, stdout } = await runCli(['rollback', ...nowhere, '--yes']);
  expect(code).toBe(75);
  expect(stdout).toMatch(/^Nothing was changed on any control plane/);
  expect(stdout).toContain('fix-sans inspect --endpoint 127.0.0.1:1');
});
