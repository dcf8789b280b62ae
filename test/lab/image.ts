/** The image that every node of a cluster runs: given, made from kindest/node, or built from package registries alone. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildModule, buildOwn, corednsModule, etcdModule, kubernetesModule } from './binaries.ts';
import { withLock } from './lock.ts';
import { hashOf, hashOfFolders, imageFolder, inTemporaryFolder } from './places.ts';
import { programImage, sideImage, type Tagged } from './program-image.ts';
import { rootImage } from './rootfs.ts';
import { hasImage, run, say, step, tidy } from './run.ts';
import { Trouble } from './trouble.ts';
import { type KubernetesPins, kubernetesPins, versions } from './versions.ts';

export interface ImageOptions {
  readonly install: boolean;
  readonly kubernetes?: string | undefined;
}

/** The name of the node image; builds what is missing, and asks nobody when nothing is. */
export async function ensureNodeImage(options: ImageOptions): Promise<string> {
  const given = process.env['FIX_SANS_NODE_IMAGE'];
  if (given !== undefined && given !== '') {
    if (await hasImage(given)) return given;
    await step(`docker pull ${given}`, () => run`docker pull ${given}`);
    return given;
  }
  const pins = kubernetesPins(options.kubernetes);
  const key = hashOf(
    process.arch,
    JSON.stringify(pins),
    versions.debian,
    versions.haproxyImage,
    hashOfFolders(...['node', 'side', 'program', 'go'].map((name) => path.join(imageFolder, name))),
  );
  const built = `fix-sans-lab/node:${pins.version}-${key}`;
  if (await hasImage(built)) return built;
  return withLock(
    'image',
    async () => {
      if (await hasImage(built)) return built;
      if (await registryAnswers()) return fromRegistry();
      say(`no image registry answers: building ${built}`);
      await build(built, pins, options.install);
      return built;
    },
    () => {
      say('waiting for another run that builds the node image');
    },
  );
}

async function registryAnswers(): Promise<boolean> {
  try {
    const response = await fetch('https://registry-1.docker.io/v2/', { signal: AbortSignal.timeout(4000) });
    return response.headers.has('docker-distribution-api-version');
  } catch {
    return false;
  }
}

/** UNTRIED: the hosts that this was written on reach no image registry. */
async function fromRegistry(): Promise<string> {
  const folder = path.join(imageFolder, 'registry');
  const image = `fix-sans-lab/registry-node:${hashOf(versions.registryNode, hashOfFolders(folder))}`;
  if (await hasImage(image)) return image;
  await step(
    `docker build on ${versions.registryNode}`,
    () =>
      run`docker build --quiet --force-rm --build-arg NODE=${versions.registryNode} --tag ${image} ${folder}`,
  );
  return image;
}

async function build(image: string, pins: KubernetesPins, install: boolean): Promise<void> {
  const began = Date.now();
  // Go wants both cores only while it compiles, debootstrap waits for the disk and the mirror: together they take less.
  const [programs, bases] = await both(buildPrograms(pins), rootImages(install));
  const { kubernetes, etcd, coredns, pause } = programs;
  const [nodeBase, sideBase] = bases;
  const tagged = await step('images that the cluster runs', () =>
    Promise.all([
      ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) =>
        programImage(path.join(kubernetes, name), `registry.k8s.io/${name}:${pins.version}`),
      ),
      programImage(path.join(etcd, 'etcd'), `registry.k8s.io/etcd:${pins.etcd.slice(1)}-0`),
      programImage(path.join(coredns, 'coredns'), `registry.k8s.io/coredns/coredns:${pins.coredns}`),
      programImage(path.join(pause, 'pause'), `registry.k8s.io/pause:${pins.pause}`),
      sideImage('kube-proxy', sideBase, `registry.k8s.io/kube-proxy:${pins.version}`, [
        path.join(kubernetes, 'kube-proxy'),
      ]),
      sideImage('nginx', sideBase, 'fix-sans-lab/nginx:side', []),
      probeImage(),
    ]),
  );
  const unloaded = `fix-sans-lab/unloaded:${hashOf(image)}`;
  await step('node image', () => buildNode(unloaded, nodeBase, kubernetes, pins));
  await step('images loaded into the node image', () => load(unloaded, tagged, image));
  await tidy`docker rmi ${unloaded} ${tagged.filter(({ isOurs }) => !isOurs).map(({ image: name }) => name)}`;
  await pruneOld();
  say(`  node image built in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

async function buildPrograms(
  pins: KubernetesPins,
): Promise<Record<'kubernetes' | 'etcd' | 'coredns' | 'pause', string>> {
  const kubernetes = await buildModule(kubernetesModule(pins));
  await checkPins(path.join(kubernetes, 'kubeadm'), pins);
  return {
    kubernetes,
    etcd: await buildModule(etcdModule(pins)),
    coredns: await buildModule(corednsModule(pins)),
    pause: await buildOwn('pause'),
  };
}

async function rootImages(install: boolean): Promise<readonly [string, string]> {
  return [await rootImage('node', install), await rootImage('side', install)];
}

/** As Promise.all, but when one fails the other is not left running. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

/** A node image is more than a gigabyte: of those that nothing runs, the newest three stay. */
async function pruneOld(): Promise<void> {
  const { stdout } = await tidy`docker image ls --format ${'{{.Repository}}:{{.Tag}}'} fix-sans-lab/node`;
  const old = stdout.split('\n').filter(Boolean).slice(3);
  if (old.length > 0) await tidy`docker rmi ${old}`;
}

/** The probe, loaded into every cluster so that a check from inside a pod never pulls. */
export async function probeImage(): Promise<Tagged> {
  const folder = await buildOwn('probe');
  return programImage(path.join(folder, 'probe'), `fix-sans-lab/probe:${path.basename(folder)}`);
}

/** kind wants its load balancer under the name of an image that it would pull otherwise; a real one is left alone. */
export async function ensureLoadBalancerImage(install: boolean): Promise<void> {
  const name = versions.haproxyImage;
  const key = hashOf(versions.debian, hashOfFolders(path.join(imageFolder, 'side')));
  const format = '{{index .Config.Labels "fix-sans-lab"}}';
  const present = await tidy`docker image inspect --format ${format} ${name}`;
  const label = present.stdout.trim();
  if (present.exitCode === 0 && (label === key || label === '')) return;
  if (present.exitCode !== 0 && (await registryAnswers())) return;
  const base = await rootImage('side', install);
  await step('load balancer image', () =>
    sideImage('haproxy', base, name, [path.join(imageFolder, 'side', 'haproxy.cfg')], key),
  );
}

/** A wrong pin would show itself as an image that cannot be pulled, minutes later. */
async function checkPins(kubeadm: string, pins: KubernetesPins): Promise<void> {
  const { stdout } = await run`${kubeadm} config images list --kubernetes-version ${pins.version}`;
  const wanted = [`etcd:${pins.etcd.slice(1)}-0`, `coredns:${pins.coredns}`, `pause:${pins.pause}`];
  const absent = wanted.filter((name) => !stdout.includes(`/${name}\n`));
  if (absent.length === 0) return;
  throw new Trouble(
    `kubeadm ${pins.version} does not ask for ${absent.join(', ')} but for:\n${stdout}`,
    'correct the line in kind-configs/image/versions.json',
  );
}

function buildNode(image: string, base: string, kubernetes: string, pins: KubernetesPins): Promise<void> {
  return inTemporaryFolder('node', async (context) => {
    mkdirSync(path.join(context, 'bin'));
    const source = path.join(imageFolder, 'node');
    cpSync(path.join(source, 'root'), path.join(context, 'root'), { recursive: true });
    const containerd = path.join(context, 'root/etc/containerd/config.toml');
    writeFileSync(containerd, readFileSync(containerd, 'utf8').replace('PAUSE', pins.pause));
    for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
      copyFileSync(path.join(kubernetes, name), path.join(context, 'bin', name));
      chmodSync(path.join(context, 'bin', name), 0o755);
    }
    writeFileSync(path.join(context, 'kubernetes-version'), pins.version);
    copyFileSync(path.join(source, 'Dockerfile'), path.join(context, 'Dockerfile'));
    await run`docker build --quiet --force-rm --build-arg BASE=${base} --tag ${image} ${context}`;
  });
}

/** Only containerd can write its store, so it runs once in a container that then becomes the image. */
async function load(from: string, tagged: readonly Tagged[], to: string): Promise<void> {
  const container = `fix-sans-lab-load-${hashOf(to)}`;
  await tidy`docker rm --force --volumes ${container}`;
  try {
    await run`docker run --detach --privileged --name ${container} --entrypoint containerd ${from}`;
    await run`docker exec ${container} sh -c ${'until ctr version; do sleep 0.1; done'}`;
    const names = tagged.map(({ image }) => image);
    await run`docker save ${names} | docker exec --interactive ${container} ctr --namespace k8s.io images import -`;
    await run`docker stop --time 20 ${container}`;
    await run`docker commit --change ${'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'} ${container} ${to}`;
  } finally {
    await tidy`docker rm --force --volumes ${container}`;
  }
}
