/** Builds real kubeadm binaries from the Go module proxy, once for each version, recipe and compiler, into the lab's cache. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from '../lab/places.ts';

interface GoMod {
  readonly Go: string;
  readonly Replace?: readonly {
    readonly Old: { readonly Path: string };
    readonly New: { readonly Path: string };
  }[];
}

/** Raised when the recipe below changes, so that old binaries are not taken for new ones. */
const recipe = 1;

/** The path of `kubeadm` at that version, such as `1.34.4`; the first call takes a minute or two. */
export async function kubeadmBinary(
  version: string,
  tell: (line: string) => void = () => {},
  cache = cacheFolder,
): Promise<string> {
  const compiler = (await execa('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'])).stdout.split('\n');
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, version, ...compiler]))
    .digest('hex');
  const shelf = path.join(cache, 'kubeadm');
  const folder = path.join(shelf, `${version}-${hash.slice(0, 12)}`);
  const binary = path.join(folder, 'kubeadm');
  if (existsSync(binary)) return binary;
  mkdirSync(shelf, { recursive: true });
  sweep(shelf);
  // Built beside and renamed when it is whole: a stopped build never leaves something that looks finished.
  const bench = path.join(shelf, `building-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(bench);
  const start = Date.now();
  tell(`building kubeadm ${version}, a minute or two the first time`);
  try {
    await build(version, bench);
    if (!existsSync(folder)) renameSync(path.join(bench, 'out'), folder);
  } finally {
    rmSync(bench, { recursive: true, force: true });
  }
  tell(`kubeadm ${version} built in ${((Date.now() - start) / 1000).toFixed(0)} s`);
  return binary;
}

/**
 * `go install` refuses k8s.io/kubernetes because its go.mod replaces modules by folders, so a module of our own requires
 * it and replaces each of those by the version published with it, v0.34.4 for v1.34.4:
 * https://github.com/kubernetes/kubernetes/blob/v1.34.4/go.mod
 */
async function build(version: string, bench: string): Promise<void> {
  const go = (...args: readonly string[]) =>
    execa('nice', ['-n', '10', 'go', ...args], {
      cwd: bench,
      env: { CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOWORK: 'off', GOTOOLCHAIN: 'local' },
    });
  writeFileSync(path.join(bench, 'go.mod'), 'module lab\n');
  const download = await go('mod', 'download', '-json', `k8s.io/kubernetes@v${version}`);
  const { GoMod: goModFile } = JSON.parse(download.stdout) as { GoMod: string };
  const upstream = JSON.parse((await go('mod', 'edit', '-json', goModFile)).stdout) as GoMod;
  const staged = (upstream.Replace ?? []).filter(({ New }) => New.Path.startsWith('./staging/'));
  const published = version.replace(/^1\./, '0.');
  writeFileSync(
    path.join(bench, 'go.mod'),
    [
      'module lab',
      `go ${upstream.Go}`,
      `require k8s.io/kubernetes v${version}`,
      ...staged.map(({ Old }) => `replace ${Old.Path} => ${Old.Path} v${published}`),
      '',
    ].join('\n'),
  );
  await go(
    'build',
    '-trimpath',
    '-ldflags',
    linkerFlags(version),
    '-o',
    path.join(bench, 'out', 'kubeadm'),
    'k8s.io/kubernetes/cmd/kubeadm',
  );
}

/** Without these kubeadm takes itself for v0.0.0 and refuses every kubernetesVersion. */
function linkerFlags(version: string): string {
  const [major = '', minor = ''] = version.split('.');
  const facts = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: 'archive' };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((place) =>
    Object.entries(facts).map(([name, value]) => `-X ${place}.${name}=${value}`),
  );
  return ['-s', '-w', ...flags].join(' ');
}

/** Takes away what a killed build left behind; one that still runs is let be. */
function sweep(shelf: string): void {
  for (const entry of readdirSync(shelf)) {
    const [, pid] = /^building-(\d+)-/.exec(entry) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(path.join(shelf, entry), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
