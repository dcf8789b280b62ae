/** Small images made of one program, under the names that a cluster asks for. */
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { imageFolder, inTemporaryFolder } from './places.ts';
import { run } from './run.ts';

export interface Tagged {
  readonly image: string;
  /** Others' names are taken off again as soon as the image is where it is needed. */
  readonly isOurs: boolean;
}

/** `FROM scratch` and the program. */
export async function programImage(program: string, image: string): Promise<Tagged> {
  const name = path.basename(program);
  const dockerfile = readFileSync(path.join(imageFolder, 'program', 'Dockerfile'), 'utf8');
  return imageOf(image, dockerfile.replaceAll('NAME', name), [program], []);
}

/** Debian with the programs of kind-configs/image/side/packages, and some files more. */
export async function sideImage(
  name: 'kube-proxy' | 'haproxy' | 'nginx',
  base: string,
  image: string,
  files: readonly string[],
  label = '',
): Promise<Tagged> {
  const dockerfile = readFileSync(path.join(imageFolder, 'side', `Dockerfile.${name}`), 'utf8');
  return imageOf(image, dockerfile, files, [
    '--build-arg',
    `BASE=${base}`,
    '--label',
    `fix-sans-lab=${label}`,
  ]);
}

async function imageOf(
  image: string,
  dockerfile: string,
  files: readonly string[],
  flags: readonly string[],
): Promise<Tagged> {
  await inTemporaryFolder('image', async (context) => {
    writeFileSync(path.join(context, 'Dockerfile'), dockerfile);
    for (const file of files) {
      const copy = path.join(context, path.basename(file));
      copyFileSync(file, copy);
      // A pod may run it as another user.
      chmodSync(copy, file.endsWith('.cfg') ? 0o644 : 0o755);
    }
    await run`docker build --quiet --force-rm ${flags} --tag ${image} ${context}`;
  });
  return { image, isOurs: image.startsWith('fix-sans-lab/') };
}
