/** Builds dist/: the command with lazily loaded parts, one self-contained file for bastions, and the licences of what is inside. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { manPage } from '../src/cli/man-page.ts';

const root = path.join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * ssh2 tries to load two compiled parts and does without them when they are not there. Here they never are: what would be
 * found beside an installed bundle is not ours. Its `pagent.exe` for Windows is looked for beside the bundle, and not missed.
 */
const pureSsh2: Plugin = {
  name: 'pure-ssh2',
  setup(bundler) {
    bundler.onResolve({ filter: /^cpu-features$|\.node$/ }, ({ path: name }) => ({
      path: name,
      namespace: 'absent',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path: name }) => ({
      contents: `throw new Error(${JSON.stringify(`${name} is not in the bundle`)})`,
    }));
  },
};

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  define: { FIX_SANS_VERSION: JSON.stringify(manifest.version) },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  plugins: [pureSsh2],
  logLevel: 'warning',
};

await rm(path.join(root, 'dist'), { recursive: true, force: true });

// Parts in files of their own, so that --help loads nothing but the argument table. commander is CommonJS and asks for
// node:events by require, which an ES module does not have.
const command = await build({
  ...shared,
  entryPoints: { 'fix-sans': 'src/main.ts' },
  outdir: 'dist',
  chunkNames: 'parts/[name]-[hash]',
  format: 'esm',
  splitting: true,
  // The folder of a CommonJS module, which an ES module does not have.
  define: { ...shared.define, __dirname: '"/"', __filename: '"/"' },
  banner: {
    js: "#!/usr/bin/env node\nimport{createRequire as fixSansRequire}from'node:module';const require=fixSansRequire(import.meta.url);",
  },
});

const single = await build({
  ...shared,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/fix-sans.cjs',
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
});

await Promise.all(['fix-sans.js', 'fix-sans.cjs'].map((file) => chmod(path.join(root, 'dist', file), 0o755)));
await writeFile(
  path.join(root, 'dist', 'THIRD-PARTY-LICENSES.txt'),
  licencesOf([command.metafile, single.metafile]),
);

// Its date is that of the version, not of the build: the same source gives the same package.
const released = /^## .*?(\d{4}-\d{2}-\d{2})/m.exec(
  readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8'),
)?.[1];
await writeFile(path.join(root, 'dist', 'fix-sans.1'), manPage(manifest.version, released ?? ''));

/** The licence texts of all packages whose code is in the bundle. */
function licencesOf(metafiles: readonly (Metafile | undefined)[]): string {
  const packages = new Set(
    metafiles
      .flatMap((metafile) => Object.keys(metafile?.inputs ?? {}))
      .map((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
      .filter((name) => name !== undefined),
  );
  return [...packages]
    .toSorted()
    .map((name) => {
      const folder = path.join(root, 'node_modules', name);
      const its = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
        version: string;
        license?: string;
        // As packages said it before 2015; ssh2 still does.
        licenses?: readonly { readonly type: string }[];
      };
      const { version, license = its.licenses?.map(({ type }) => type).join(', ') } = its;
      const file = existsSync(folder)
        ? readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
        : undefined;
      if (file === undefined) throw new Error(`${name} is in the bundle, but has no licence file`);
      return `${name} ${version} (${license})\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}
