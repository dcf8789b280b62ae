/** Keeps Docker up, and the image built, for all test files of the project `ssh`. */
import { ensureDocker } from '../lab/docker.ts';
import { ensureSshImage } from '../lab/ssh-image.ts';
import { labOptions } from '../support/ssh-hosts.ts';

export async function setup(): Promise<() => Promise<void>> {
  const docker = await ensureDocker(labOptions);
  await ensureSshImage(labOptions);
  return () => docker.stop();
}
