import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { kubeadmBinary } from './build.ts';

/** An empty cache, and a `go` that does what it should up to the build itself. */
function workshop(build: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-build-'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(
    path.join(folder, 'go'),
    `#!/bin/sh
case "$1 $2" in
  'env '*) printf 'go1.99\\nlinux\\namd64\\n' ;;
  'mod download') echo '{"GoMod":"upstream.mod"}' ;;
  'mod edit') echo '{"Go":"1.24.0","Replace":[{"Old":{"Path":"k8s.io/api"},"New":{"Path":"./staging/src/k8s.io/api"}}]}' ;;
  'build '*) ${build} ;;
esac
`,
  );
  chmodSync(path.join(folder, 'go'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
  return folder;
}

const succeeds =
  'mkdir -p out && grep -q "replace k8s.io/api => k8s.io/api v0.34.4" go.mod && cp go.mod out/kubeadm';

test('a binary is built once for each compiler and kept', async () => {
  const folder = workshop(succeeds);
  const told: string[] = [];
  const first = await kubeadmBinary('1.34.4', (line) => told.push(line), folder);
  const second = await kubeadmBinary('1.34.4', (line) => told.push(line), folder);
  expect(second).toBe(first);
  expect(told).toHaveLength(2);
  expect(readdirSync(path.join(folder, 'kubeadm'))).toHaveLength(1);
});

test('a build that fails leaves nothing that looks finished', async () => {
  const folder = workshop('mkdir out && echo half > out/kubeadm && exit 1');
  await expect(kubeadmBinary('1.34.4', () => {}, folder)).rejects.toThrow('go build');
  expect(readdirSync(path.join(folder, 'kubeadm'))).toEqual([]);
});

test('what a killed build left is swept away, what another builds now is let be', async () => {
  const folder = workshop(succeeds);
  const shelf = path.join(folder, 'kubeadm');
  // No process has the highest number that Linux can give.
  for (const name of ['building-4194304-dead', `building-${process.ppid}-alive`]) {
    mkdirSync(path.join(shelf, name, 'out'), { recursive: true });
  }
  await kubeadmBinary('1.34.4', () => {}, folder);
  const left = readdirSync(shelf).filter((name) => name.startsWith('building-'));
  expect(left).toEqual([`building-${process.ppid}-alive`]);
});
