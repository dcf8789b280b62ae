/** Runs the system's ssh as a user would, against hosts of an ssh_config. */
import { execa } from 'execa';

export interface SshResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** `ssh(config, ['-tt', 'ops@plain', 'id -u'])`; bounded in time, and stdin is empty unless given. */
export async function ssh(configFile: string, args: readonly string[], input = ''): Promise<SshResult> {
  const { exitCode, stdout, stderr } = await execa('ssh', ['-F', configFile, ...args], {
    input,
    reject: false,
    timeout: 20_000,
    stripFinalNewline: false,
    // Debian's ssh sends these on, and the hosts take them.
    env: { LANG: undefined, LC_ALL: undefined, LANGUAGE: undefined },
  });
  return { code: exitCode, stdout, stderr };
}
