/** Builds programs through the Go module proxy; what was built once from the same versions is not built again. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.ts';
import { hashOf, hashOfFolders, imageFolder, inCache, inTemporaryFolder } from './places.ts';
import { run, say, step } from './run.ts';
import { Trouble } from './trouble.ts';
import { type KubernetesPins, versions } from './versions.ts';

interface Module {
  readonly module: string;
  readonly version: string;
  /** The package of each program, by the program's name. */
  readonly programs: Readonly<Record<string, string>>;
  /** Its go.mod replaces modules by folders of its own, which are published as v0 of the same version. */
  readonly hasStaging?: true;
  readonly ldflags?: string;
}

const go = path.join(imageFolder, 'go');
const template = readFileSync(path.join(go, 'module.mod'), 'utf8');

export function kubernetesModule(pins: KubernetesPins): Module {
  const names = [
    'kubeadm',
    'kubelet',
    'kube-apiserver',
    'kube-controller-manager',
    'kubectl',
    'kube-scheduler',
    'kube-proxy',
  ];
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(pins.version) ?? [];
  // Without these kubeadm takes itself for v0.0.0 and refuses every cluster.
  const facts = {
    gitVersion: pins.version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((where) =>
    Object.entries(facts).map(([name, value]) => `-X ${where}.${name}=${value ?? ''}`),
  );
  return {
    module: 'k8s.io/kubernetes',
    version: pins.version,
    programs: Object.fromEntries(names.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
    hasStaging: true,
    ldflags: flags.join(' '),
  };
}

export function etcdModule(pins: KubernetesPins): Module {
  return {
    module: 'go.etcd.io/etcd/server/v3',
    version: pins.etcd,
    programs: { etcd: 'go.etcd.io/etcd/server/v3' },
  };
}

export function corednsModule(pins: KubernetesPins): Module {
  return {
    module: 'github.com/coredns/coredns',
    version: pins.coredns,
    programs: { coredns: 'github.com/coredns/coredns' },
  };
}

export const kindModule: Module = {
  module: 'sigs.k8s.io/kind',
  version: versions.kind,
  programs: { kind: 'sigs.k8s.io/kind' },
};

export const metallbModule: Module = {
  module: 'go.universe.tf/metallb',
  version: versions.metallb,
  programs: { controller: 'go.universe.tf/metallb/controller', speaker: 'go.universe.tf/metallb/speaker' },
};

/** The folder with the module's programs, or with those that are asked for. */
export async function buildModule(module: Module, only = Object.keys(module.programs)): Promise<string> {
  const folder = path.join(inCache('bin'), hashOf(process.arch, JSON.stringify(module), template));
  if (missingIn(folder, module, only).length === 0) return folder;
  await withLock(
    `go-${path.basename(folder)}`,
    () => buildMissing(module, only, folder),
    () => {
      say(`waiting for another run that builds ${module.module}`);
    },
  );
  return folder;
}

function missingIn(folder: string, { programs }: Module, only: readonly string[]): [string, string][] {
  return Object.entries(programs).filter(
    ([name]) => only.includes(name) && !existsSync(path.join(folder, name)),
  );
}

async function buildMissing(module: Module, only: readonly string[], folder: string): Promise<void> {
  const missing = missingIn(folder, module, only);
  if (missing.length === 0) return;
  await ensureGo();
  await inTemporaryFolder('go', async (work) => {
    writeFileSync(path.join(work, 'go.mod'), await goMod(module));
    for (const [name, from] of missing) {
      await step(`go build ${name} ${module.version}`, () =>
        goBuild(work, from, path.join(folder, name), ['-mod=mod'], module.ldflags),
      );
    }
  });
}

/** A program of our own, from kind-configs/image/go. */
export async function buildOwn(name: 'pause' | 'probe'): Promise<string> {
  const source = path.join(go, name);
  const folder = path.join(inCache('bin'), hashOf(process.arch, name, hashOfFolders(source)));
  const program = path.join(folder, name);
  if (existsSync(program)) return folder;
  await withLock(`go-${path.basename(folder)}`, async () => {
    if (existsSync(program)) return;
    await ensureGo();
    await step(`go build ${name}`, () => goBuild(source, '.', program, []));
  });
  return folder;
}

/** Elsewhere first: a build that is stopped leaves nothing that looks finished. */
async function goBuild(
  cwd: string,
  from: string,
  to: string,
  flags: readonly string[],
  ldflags = '',
): Promise<void> {
  await inTemporaryFolder('built', async (folder) => {
    const built = path.join(folder, path.basename(to));
    await run({
      cwd,
      env: { ...process.env, CGO_ENABLED: '0', GOOS: 'linux', GOWORK: 'off' },
    })`go build ${flags} -trimpath -buildvcs=false -ldflags ${`-s -w ${ldflags}`} -o ${built} ${from}`;
    mkdirSync(path.dirname(to), { recursive: true });
    renameSync(built, to);
  });
}

async function goMod({ module, version, hasStaging }: Module): Promise<string> {
  const upstream = hasStaging ? await upstreamGoMod(module, version) : '';
  const staging = version.replace(/^v1/, 'v0');
  const replaces = [...upstream.matchAll(/^\s*(\S+) => \.\/staging\//gm)].map(
    ([, name = '']) => `replace ${name} => ${name} ${staging}`,
  );
  const [godebug = ''] = /^godebug default=\S+$/m.exec(upstream) ?? [];
  return template
    .replace('${godebug}', godebug)
    .replace('${module}', module)
    .replace('${version}', version)
    .replace('${replaces}', replaces.join('\n'));
}

async function upstreamGoMod(module: string, version: string): Promise<string> {
  const { stdout } = await step(
    `go mod download ${module} ${version}`,
    () => run({ cwd: inCache('tmp') })`go mod download -json ${`${module}@${version}`}`,
  );
  return readFileSync((JSON.parse(stdout) as { GoMod: string }).GoMod, 'utf8');
}

/** The folder of a module's own files, for what it publishes beside its source. */
export async function moduleFolder({ module, version }: Module): Promise<string> {
  await ensureGo();
  const { stdout } = await run({ cwd: inCache('tmp') })`go mod download -json ${`${module}@${version}`}`;
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/** Not from the distribution: Debian's package is older than what Kubernetes is written for. */
async function ensureGo(): Promise<void> {
  const { stdout } = await run({ nothrow: true, cwd: inCache('tmp') })`go env GOVERSION`;
  const [, minor = '0'] = /^go1\.(\d+)/.exec(stdout) ?? [];
  if (Number(minor) >= 24) return;
  throw new Trouble(
    `${stdout === '' ? 'Go is missing' : `Go is ${stdout.trim()}`}: the lab builds what a cluster runs with Go 1.24 or newer`,
    'install it from https://go.dev/dl/, or set FIX_SANS_NODE_IMAGE to a node image that is there already',
  );
}
