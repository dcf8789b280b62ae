/** A real ansible-inventory for tests that ask it: ansible-core from PyPI, in a folder of its own, kept between runs. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { $ } from 'zx';

const version = '2.17.14';

/** The folder that holds ansible-inventory. */
export async function ansibleBin(): Promise<string> {
  const folder = path.join(import.meta.dirname, '../../.cache', `ansible-core-${version}`);
  const bin = path.join(folder, 'bin');
  if (existsSync(path.join(bin, 'ansible-inventory'))) return bin;
  // Half of one would be taken for a whole one.
  rmSync(folder, { recursive: true, force: true });
  await $({ quiet: true })`python3 -m venv ${folder}`;
  await $({ quiet: true })`${bin}/pip install --quiet --disable-pip-version-check ansible-core==${version}`;
  return bin;
}
