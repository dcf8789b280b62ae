/** Real Ansible for tests: ansible-core and ansible-lint from PyPI, pinned, in a folder of their own that is kept between runs. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { $ } from 'zx';
import { withLock } from '../lab/lock.ts';
import { hashOf, inCache } from '../lab/places.ts';

const core = 'ansible-core==2.17.14';
const lint = 'ansible-lint==25.12.2';

/** The folder that holds ansible-inventory and ansible-playbook. */
export async function ansibleBin(): Promise<string> {
  return virtualEnvironment('ansible-core', [core]);
}

/** The folder that holds ansible-lint, and the same Ansible beside it. */
export async function ansibleLintBin(): Promise<string> {
  return virtualEnvironment('ansible-lint', [lint, core]);
}

/** The folder that holds the Ansible that a checkout of kubespray asks for. */
export async function kubesprayBin(checkout: string): Promise<string> {
  const asked = readFileSync(path.join(checkout, 'requirements.txt'), 'utf8').split('\n');
  return virtualEnvironment(
    'kubespray',
    asked.filter((line) => /^[a-z]/.test(line)),
  );
}

async function virtualEnvironment(name: string, packages: readonly string[]): Promise<string> {
  // Its programs name the folder that they were installed into, so it cannot be made elsewhere and moved here.
  const folder = path.join(inCache('python'), `${name}-${hashOf(...packages)}`);
  const bin = path.join(folder, 'bin');
  const whole = path.join(folder, 'whole');
  return withLock(path.basename(folder), async () => {
    if (existsSync(whole)) return bin;
    // Half of one would be taken for a whole one.
    rmSync(folder, { recursive: true, force: true });
    await $({ quiet: true })`python3 -m venv ${folder}`;
    await $({ quiet: true })`${bin}/pip install --quiet --disable-pip-version-check ${packages}`;
    writeFileSync(whole, '');
    return bin;
  });
}
