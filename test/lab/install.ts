/** Finds the programs that the lab needs, and installs what is missing where that was asked for. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { withLock } from './lock.ts';
import { Trouble } from './trouble.ts';

export type Say = (line: string) => void;

export interface Need {
  readonly command: string;
  /** The Debian package that has it. */
  readonly package: string;
  /** Ends the sentence "debootstrap is missing: it …". */
  readonly purpose: string;
}

export interface InstallOptions {
  readonly install: boolean;
  readonly say: Say;
}

/** The path of a program; also looks where administrators' programs are, which are not on everybody's PATH. */
export function findCommand(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, command))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Returns when every program is there; else says which is not and what to type. */
export async function ensureCommands(needs: readonly Need[], options: InstallOptions): Promise<void> {
  if (missingOf(needs).length === 0) return;
  await withLock('install', () => installMissing(needs, options));
}

async function installMissing(needs: readonly Need[], { install, say }: InstallOptions): Promise<void> {
  const missing = missingOf(needs);
  const [first] = missing;
  if (!first) return;
  const packages = [...new Set(missing.map((need) => need.package))];
  const sentence = `${first.command} is missing: it ${first.purpose}`;
  const byHand = `sudo apt-get install ${packages.join(' ')}`;
  const isDebian = /^ID(?:_LIKE)?=.*(?:debian|ubuntu)/m.test(osRelease());
  if (!isDebian) {
    throw new Trouble(
      sentence,
      `install ${missing.map((need) => need.command).join(', ')} with this system's packages`,
    );
  }
  if (!install) throw new Trouble(sentence, `${byHand} (or run this again with --install, as root)`);
  if (process.getuid?.() !== 0) throw new Trouble(`${sentence}, and only root can install it`, byHand);
  say(`installing ${packages.join(', ')} with apt`);
  await aptGet('update');
  await aptGet('install', '--yes', '--no-install-recommends', ...packages);
  const [still] = missingOf(missing);
  if (still) {
    throw new Trouble(
      `${still.command} is missing although ${still.package} was installed`,
      `apt-get install --reinstall ${still.package}`,
    );
  }
}

async function aptGet(...args: readonly string[]): Promise<void> {
  const { exitCode, all } = await execa('apt-get', ['--quiet=2', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    all: true,
    reject: false,
    stdin: 'ignore',
    env: {
      DEBIAN_FRONTEND: 'noninteractive',
      LC_ALL: 'C',
      // Without systemd a package's start script would start the daemon as it likes; the lab starts it itself.
      ...(existsSync('/run/systemd/system') ? {} : { RUNLEVEL: '1' }),
    },
  });
  if (exitCode === 0) return;
  const reason =
    (all ?? '').split('\n').findLast((line) => line.startsWith('E: ')) ?? `it ended with ${exitCode}`;
  throw new Trouble(`apt-get ${args[0]} failed: ${reason}`, `apt-get ${args.join(' ')}`);
}

function missingOf(needs: readonly Need[]): Need[] {
  return needs.filter(({ command }) => findCommand(command) === undefined);
}

function osRelease(): string {
  return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
}
