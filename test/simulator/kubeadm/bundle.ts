/** Makes one plain script of the stand-in kubeadm, so that each of its runs costs a bare Node and nothing more. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** Writes the program and, beside it, `kubeadm` itself; returns the path of the latter. */
export async function bundleKubeadm(folder: string): Promise<string> {
  const program = path.join(folder, 'kubeadm.cjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile: program,
    logLevel: 'error',
  });
  const command = path.join(folder, 'kubeadm');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(command, 0o755);
  return command;
}
