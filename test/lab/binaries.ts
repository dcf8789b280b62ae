/** Builds programs through the Go module proxy; what was built once from the same versions is not built again. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hashOf, hashOfFolders, imageFolder, inCache } from './places.ts';
import { run, step } from './run.ts';
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
  const folder = path.join(inCache('bin'), hashOf(JSON.stringify(module), template));
  const missing = Object.entries(module.programs).filter(
    ([name]) => only.includes(name) && !existsSync(path.join(folder, name)),
  );
  if (missing.length === 0) return folder;
  await ensureGo();
  const work = inCache('tmp', path.basename(folder));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(work, 'go.mod'), await goMod(module));
  for (const [name, from] of missing) {
    await step(`go build ${name} ${module.version}`, () =>
      goBuild(work, from, path.join(folder, name), ['-mod=mod'], module.ldflags),
    );
  }
  rmSync(work, { recursive: true, force: true });
  return folder;
}

/** A program of our own, from kind-configs/image/go. */
export async function buildOwn(name: 'pause' | 'probe'): Promise<string> {
  const source = path.join(go, name);
  const folder = path.join(inCache('bin'), hashOf(name, hashOfFolders(source)));
  if (existsSync(path.join(folder, name))) return folder;
  await ensureGo();
  mkdirSync(folder, { recursive: true });
  await step(`go build ${name}`, () => goBuild(source, '.', path.join(folder, name), []));
  return folder;
}

/** Under a name of its own first: a build that is stopped leaves nothing that looks finished. */
async function goBuild(
  cwd: string,
  from: string,
  to: string,
  flags: readonly string[],
  ldflags = '',
): Promise<void> {
  const unfinished = `${to}.unfinished`;
  await run({
    cwd,
    env: { ...process.env, CGO_ENABLED: '0', GOOS: 'linux', GOWORK: 'off' },
  })`go build ${flags} -trimpath -buildvcs=false -ldflags ${`-s -w ${ldflags}`} -o ${unfinished} ${from}`;
  renameSync(unfinished, to);
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
