/** The image of the SSH hosts without Kubernetes; its recipe is the folder ssh-hosts/. */
import path from 'node:path';
import type { InstallOptions } from './install.ts';
import { withLock } from './lock.ts';
import { hashOf, hashOfFolders } from './places.ts';
import { debianImage, packagesIn } from './rootfs.ts';
import { hasImage, run, step, tidy } from './run.ts';

const recipe = path.join(import.meta.dirname, 'ssh-hosts');

/** The image's name; named by its content, so nothing is built when nothing changed. */
export async function ensureSshImage({ install, say }: InstallOptions): Promise<string> {
  const image = `fix-sans-lab/ssh-hosts:${hashOf(process.arch, hashOfFolders(recipe))}`;
  const build = async (): Promise<void> => {
    if (await hasImage(image)) return;
    const base = await baseImage(install);
    await step(
      'image of the SSH hosts',
      () => run`docker build --quiet --force-rm --build-arg BASE=${base} --tag ${image} ${recipe}`,
    );
  };
  if (!(await hasImage(image))) {
    await withLock('ssh-image', build, () => {
      say('waiting for another run that builds the image of the SSH hosts');
    });
  }
  return image;
}

/** Debian with the packages: from an image registry where one answers (UNTRIED), else by debootstrap. */
async function baseImage(install: boolean): Promise<string> {
  const packages = packagesIn(recipe);
  const pulled = await tidy({ timeout: '60s' })`docker pull --quiet debian:bookworm-slim`;
  if (pulled.exitCode !== 0) return debianImage('ssh', packages, { install, withTranslations: true });
  const image = `fix-sans-lab/base-ssh:registry-${hashOf(...packages)}`;
  await step(
    'docker build on debian:bookworm-slim',
    () =>
      run`docker build --quiet --force-rm --build-arg ${`PACKAGES=${packages.join(' ')}`} --file ${path.join(recipe, 'Dockerfile.registry')} --tag ${image} ${recipe}`,
  );
  return image;
}
