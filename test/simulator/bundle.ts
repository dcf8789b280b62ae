/** Makes plain scripts of the stand-ins for a node's programs, so that each of their runs costs a bare Node and nothing more. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

type StandIn = 'kubeadm' | 'kubectl' | 'openssl';

/** A program that parses no YAML should not have to read the parser either, which is most of its text. */
const yamlBeside: Plugin = {
  name: 'yaml-beside',
  setup(bundler) {
    bundler.onResolve({ filter: /^yaml$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './yaml.cjs', external: true },
    );
  },
};

/** Writes the programs and, beside them, the commands that start them; returns the paths of the latter. */
export async function bundleStandIns<Name extends StandIn>(
  folder: string,
  ...names: readonly Name[]
): Promise<Readonly<Record<Name, string>>> {
  await build({
    entryPoints: [
      ...names.map((name) => ({ in: path.join(import.meta.dirname, name, 'main.ts'), out: name })),
      { in: 'yaml', out: 'yaml' },
    ],
    plugins: [yamlBeside],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    logLevel: 'error',
  });
  const commands = names.map((name) => {
    const command = path.join(folder, name);
    const program = `${command}.cjs`;
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    chmodSync(command, 0o755);
    return [name, command] as const;
  });
  return Object.fromEntries(commands) as Record<Name, string>;
}
