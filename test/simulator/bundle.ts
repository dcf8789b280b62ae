/** Makes plain scripts of the stand-ins for kubeadm and kubectl, so that each of their runs costs a bare Node and nothing more. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** Writes the program and, beside it, the command that starts it; returns the path of the latter. */
export async function bundleStandIn(name: 'kubeadm' | 'kubectl', folder: string): Promise<string> {
  const program = path.join(folder, `${name}.cjs`);
  await build({
    entryPoints: [path.join(import.meta.dirname, name, 'main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile: program,
    logLevel: 'error',
  });
  const command = path.join(folder, name);
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(command, 0o755);
  return command;
}
