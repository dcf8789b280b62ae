/** Crashes are made with strace. */
import { ensureCommands } from '../lab/install.ts';
import { labOptions } from '../support/ssh-hosts.ts';

export async function setup(): Promise<void> {
  await ensureCommands(
    [
      {
        command: 'strace',
        package: 'strace',
        purpose: 'makes a system call of a run fail, or ends the run at it',
      },
    ],
    labOptions,
  );
}
