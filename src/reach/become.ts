/** Being root on a node: the constant commands for it, and what it means when no shell came of one. */
import type { ReachTrouble, ReachTroubleCode } from '../model/trouble.ts';
import type { Ran, RunAs } from './transport.ts';

export const helperPath = '/usr/local/libexec/fix-sans-inspect';

/** What sudo prints when it wants the password, and what is printed when it has let us in: our own words, in no language. */
export const passwordPrompt = 'fix-sans-asks-for-the-sudo-password:';
export const readyMark = 'fix-sans-has-a-shell';

/** One of five constants. `line` is for a login shell of any kind: sh, fish and csh read it alike. */
export interface RemoteCommand {
  readonly argv: readonly string[];
  readonly line: string;
  /** Sudo may ask for a password: talk to it by Conversation. */
  readonly mayAsk: boolean;
}

// LC_ALL=C before sudo: it speaks the language of the host, and its refusals have to be told apart.
const sudo = ['env', 'LC_ALL=C', 'sudo'];

const commands = {
  plain: plainCommand(['/bin/sh', '-s']),
  sudo: plainCommand([...sudo, '-n', '--', '/bin/sh', '-s']),
  helper: plainCommand([...sudo, '-n', '--', helperPath]),
  // By env, which says in every shell and without one alike that the file is not there.
  helperAsRoot: plainCommand(['env', 'LC_ALL=C', helperPath]),
  // Nothing is sent before one of the two marks is seen: were the password sent first, a sudo that does not ask would leave
  // it to the shell; were the script sent first, a sudo that asks would take its lines for passwords.
  asking: {
    argv: [
      ...sudo,
      '-S',
      '-p',
      passwordPrompt,
      '--',
      '/bin/sh',
      '-c',
      `echo ${readyMark} >&2; exec /bin/sh -s`,
    ],
    line: `env LC_ALL=C sudo -S -p ${passwordPrompt} -- /bin/sh -c 'echo ${readyMark} >&2; exec /bin/sh -s'`,
    mayAsk: true,
  },
} as const satisfies Record<string, RemoteCommand>;

function plainCommand(argv: readonly string[]): RemoteCommand {
  return { argv, line: argv.join(' '), mayAsk: false };
}

/** `isRoot`: the login user is root, so that no sudo is needed. */
export function remoteCommand(
  as: RunAs,
  { isRoot, hasPassword }: { readonly isRoot: boolean; readonly hasPassword: boolean },
): RemoteCommand {
  switch (as) {
    case 'login':
      return commands.plain;
    case 'helper':
      return isRoot ? commands.helperAsRoot : commands.helper;
    case 'root':
      if (isRoot) return commands.plain;
      return hasPassword ? commands.asking : commands.sudo;
  }
}

/** The command ended, and no shell has read our script. */
export function whyNotStarted(ran: Ran, as: RunAs, user = 'USER'): ReachTrouble {
  const name = /^[A-Za-z0-9._@+-]{1,64}$/.test(user) ? user : 'USER';
  const isWithoutSudo = as === 'login' || (as === 'helper' && name === 'root');
  if (as === 'helper' && ran.exitCode === 127 && (isWithoutSudo || !ran.stderr.includes('sudo'))) {
    return because(
      'no-program',
      `the helper is not on the node: ${helperPath}`,
      'fix-sans inspect --print-helper prints it, with the line for sudoers',
    );
  }
  if (as === 'helper' && ran.exitCode === 126 && isWithoutSudo) {
    return because('no-program', `the helper cannot be started: ${helperPath}`, `chmod 755 ${helperPath}`);
  }
  const refused = isWithoutSudo ? undefined : sudoTrouble(ran, as, name);
  if (refused) return refused;
  const output = `${ran.stderr}\n${Buffer.from(ran.stdout.slice(0, 4096)).toString('utf8')}`;
  const words = lastLine(output);
  if (ran.exitCode === undefined) {
    return {
      code: 'failed',
      message: `signal ${ran.signal ?? '?'} ended the command before the script began`,
      hint: 'try again, and look at the log of sshd on the node',
      retryable: true,
    };
  }
  return {
    code: 'no-shell',
    message: `${name} gets no shell there: exit status ${ran.exitCode}${words ? `, and “${words}”` : ', and no word why'}`,
    hint: `give the user a login shell (chsh -s /bin/bash ${name}) without a ForceCommand in sshd's settings, or log in as another`,
    retryable: false,
  };
}

function sudoTrouble(ran: Ran, as: RunAs, name: string): ReachTrouble | undefined {
  const command = as === 'helper' ? helperPath : 'ALL';
  const allow = `echo '${name} ALL=(root) NOPASSWD: ${command}' >/etc/sudoers.d/fix-sans, checked by visudo -cf`;
  const said = ran.stderr
    .split('\n')
    .filter((line) => /^sudo(?:-rs)?: |^env: |^Sorry, | is not in the sudoers file/.test(line));
  const text = said.join('\n');
  if (/must have a tty/.test(text)) {
    return because(
      'sudo-tty',
      `sudo lets ${name} in on a terminal only (requiretty)`,
      `add this line by visudo: Defaults:${name} !requiretty`,
    );
  }
  if (/^env: .*sudo/m.test(text)) {
    return because('sudo-refused', 'there is no sudo on the node', 'log in as root, or install sudo there');
  }
  if (
    /incorrect (?:password|authentication)|^Sorry, try again|[Aa]uthentication fail|no password was provided/m.test(
      text,
    )
  ) {
    return because(
      'sudo-password',
      `sudo did not take the password of ${name}`,
      'try again by hand first: a few more failures may lock the account',
    );
  }
  if (/password is required|interactive authentication is required|terminal is required/.test(text)) {
    return because(
      'sudo-password',
      `sudo wants a password from ${name}`,
      `use --ask-become-pass, or allow it without: ${allow}`,
    );
  }
  if (
    /not in the sudoers|not allowed|may not run|I'm afraid I can't|command not found|unable to/.test(text)
  ) {
    const missing = as === 'helper' && /not found/.test(text);
    return because(
      'sudo-refused',
      missing ? `${helperPath} is not there` : `sudo does not let ${name} do this`,
      missing ? 'install what fix-sans inspect --print-helper prints' : `allow it: ${allow}`,
    );
  }
  if (text === '') return undefined;
  return because(
    'sudo-refused',
    `sudo refused: ${said.at(-1) ?? ''}`,
    `allow ${name} to become root: ${allow}`,
  );
}

function because(code: ReachTroubleCode, message: string, hint: string): ReachTrouble {
  return { code, message, hint, retryable: false };
}

function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return (lines.findLast(Boolean) ?? '').slice(0, 200);
}
