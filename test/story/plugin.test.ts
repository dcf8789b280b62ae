/** `kubectl fix-sans`: the real kubectl finds the second name of the same program, and what that prints can be typed there. */
import { execa } from 'execa';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildModule, kubernetesModule } from '../lab/binaries.ts';
import { kubernetesPins } from '../lab/versions.ts';

const root = path.resolve(import.meta.dirname, '../..');
const bin = mkdtempSync(path.join(tmpdir(), 'fix-sans-plugin-'));
let kubectl = '';

beforeAll(async () => {
  const built = await buildModule(kubernetesModule(kubernetesPins()), [
    'kubeadm',
    'kube-apiserver',
    'kubectl',
  ]);
  kubectl = path.join(built, 'kubectl');
  await execa('npm', ['run', 'build'], { cwd: root });
  symlinkSync(path.join(root, 'dist/fix-sans.js'), path.join(bin, 'kubectl-fix_sans'));
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));

test('kubectl runs it with its exit code, and every command is printed as kubectl takes it', async () => {
  const error = 'x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56';
  const { stdout, exitCode } = await execa(kubectl, ['fix-sans', 'explain', error], {
    env: { PATH: `${bin}:${process.env['PATH']}` },
    reject: false,
  });
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^ +kubectl fix-sans plan --san 10\.220\.70\.56 /m);
  expect(stdout).not.toMatch(/^ +fix-sans /m);
});
