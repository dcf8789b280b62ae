/** Debian root file systems as Docker images, made by debootstrap from the mirror that this machine uses anyway. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureCommands } from './install.ts';
import { hashOf, imageFolder, inCache, inTemporaryFolder } from './places.ts';
import { hasImage, isInterrupted, lastWords, run, say, step } from './run.ts';
import { Trouble } from './trouble.ts';
import { versions } from './versions.ts';

/** The name of the image, for the packages that kind-configs/image/<name>/packages lists. */
export async function rootImage(name: 'node' | 'side', install: boolean): Promise<string> {
  return debianImage(name, packagesIn(path.join(imageFolder, name)), { install });
}

/** The Debian packages that a recipe's folder lists. */
export function packagesIn(folder: string): string[] {
  return readFileSync(path.join(folder, 'packages'), 'utf8').split(/\s+/).filter(Boolean);
}

/** The name of an image with some packages; built if it is not there. */
export async function debianImage(
  name: string,
  packages: readonly string[],
  { install, withTranslations = false }: { readonly install: boolean; readonly withTranslations?: boolean },
): Promise<string> {
  const image = `fix-sans-lab/base-${name}:${hashOf(versions.debian, process.arch, ...packages)}`;
  if (await hasImage(image)) return image;
  await ensureCommands(
    [{ command: 'debootstrap', package: 'debootstrap', purpose: 'makes the root file system of a node' }],
    { install, say },
  );
  if (process.getuid?.() !== 0) {
    throw new Trouble('debootstrap makes a root file system only for root', 'sudo scripts/lab image');
  }
  await inTemporaryFolder(`rootfs-${name}`, async (folder) => {
    await step(`debootstrap ${name} (${versions.debian})`, () =>
      debootstrap(folder, packages, withTranslations),
    );
    await step(
      `docker import ${name}`,
      () => run`tar --numeric-owner -C ${folder} -c . | docker import - ${image}`,
    );
  });
  return image;
}

async function debootstrap(
  folder: string,
  packages: readonly string[],
  withTranslations: boolean,
): Promise<void> {
  const proxy = (await run`apt-config shell proxy Acquire::http::Proxy | sed -n "s/^proxy='\\(.*\\)'$/\\1/p"`)
    .stdout;
  const env = { ...process.env, ...(proxy.trim() === '' ? {} : { http_proxy: proxy.trim() }) };
  await twice(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    // In a mount namespace of its own: what debootstrap mounts inside goes with it, also when it is killed.
    await run({
      env,
    })`unshare --mount debootstrap --cache-dir=${inCache('debs')} --variant=minbase --include=${packages.join(',')} ${versions.debian} ${folder} ${debianMirror()}`;
  });
  // A name server and a host name of this machine are none of the image's.
  await run`rm -rf ${folder}/var/cache/apt/archives ${folder}/var/lib/apt/lists ${folder}/usr/share/doc ${folder}/usr/share/man ${withTranslations ? [] : `${folder}/usr/share/locale`} ${folder}/etc/resolv.conf ${folder}/etc/hostname ${folder}/etc/apt/sources.list`;
}

/** A mirror that fails once mostly answers the next time; packages that are here by then are not fetched again. */
async function twice(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isInterrupted()) throw error;
    say(`  debootstrap failed, once more: ${lastWords(error)}`);
    await work();
  }
}

/** The first mirror of Debian that apt is told of; a machine that is no Debian has to name one. */
function debianMirror(): string {
  const parts = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(parts) ? readdirSync(parts).map((name) => path.join(parts, name)) : []),
  ].filter((file) => existsSync(file));
  const urls = files
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => /^\s*(?:deb|URIs:)\s/.test(line))
    .flatMap((line) => line.match(/\bhttps?:\/\/\S+/g) ?? []);
  const mirror = process.env['FIX_SANS_DEBIAN_MIRROR'] ?? urls.find((url) => /\/debian\/?$/.test(url));
  if (mirror !== undefined) return mirror;
  throw new Trouble(
    'apt on this machine names no mirror of Debian to make the node image from',
    'FIX_SANS_DEBIAN_MIRROR=<URL of a Debian mirror> scripts/lab image',
  );
}
