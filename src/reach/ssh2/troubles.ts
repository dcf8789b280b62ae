/** What sockets, sshd and ssh2 say when it does not work, as troubles with a next step. */
import { display } from '../../model/display.ts';
import type { ReachTroubleCode } from '../../model/trouble.ts';
import { silence, silenceHint } from '../silence.ts';
import { ReachError } from '../transport.ts';

/** A trouble before any authentication: nothing was held against us yet, so another try does no harm. */
const harmless = new WeakSet<ReachError>();

/** A port that refuses three times is closed; that sshd has too many at a time, or we too many files, passes by itself. */
const retries: Readonly<Partial<Record<ReachTroubleCode, number>>> = { refused: 2, reset: 3, failed: 3 };

/** `attempt` counts from 0. Nobody above the login tries these again, or the numbers would multiply. */
export function mayTryAgain(error: unknown, attempt: number): boolean {
  return error instanceof ReachError && harmless.has(error) && attempt < (retries[error.trouble.code] ?? 0);
}

function trouble(
  code: ReachTroubleCode,
  message: string,
  hint: string,
  { retryable = false, again = false } = {},
): ReachError {
  const error = new ReachError({ code, message, hint, retryable });
  if (again) harmless.add(error);
  return error;
}

const dnsCodes: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EAI_NONAME',
  'EAI_FAIL',
]);

/** `whom`: host:port, as it is dialled. */
export function socketTrouble(error: unknown, whom: string): ReachError {
  const code = codeOf(error);
  if (dnsCodes.has(code)) {
    return trouble(
      'dns',
      `${whom}: the name does not resolve (${code})`,
      'check the name, or give an address',
      {
        retryable: code === 'EAI_AGAIN',
      },
    );
  }
  switch (code) {
    case 'ECONNREFUSED':
      return trouble(
        'refused',
        `${whom} refuses connections`,
        'is sshd running there, and on this port? a firewall may also refuse',
        { retryable: true, again: true },
      );
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return resetTrouble(whom);
    case 'ETIMEDOUT':
      return timeoutTrouble(whom, 'the connection');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
    case 'EACCES':
    case 'EPERM':
      return trouble(
        'unreachable',
        `there is no way to ${whom} (${code})`,
        'check routes, VPN and firewall',
        {
          retryable: true,
        },
      );
    case 'EMFILE':
    case 'ENFILE':
      return trouble(
        'failed',
        `too many files are open here to connect to ${whom}`,
        'raise the limit (ulimit -n), or reach fewer nodes at a time',
        { retryable: true, again: true },
      );
    default:
      return trouble('failed', `${whom}: ${messageOf(error)}`, 'try ssh -v to the same host', {
        retryable: true,
      });
  }
}

/** Of the several addresses of a name, the one that says most. */
function codeOf(error: unknown): string {
  const codes =
    error instanceof AggregateError
      ? error.errors.map((one) => (one as NodeJS.ErrnoException).code ?? '')
      : [(error as NodeJS.ErrnoException).code ?? ''];
  const telling = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH'];
  return telling.find((one) => codes.includes(one)) ?? codes[0] ?? '';
}

function messageOf(error: unknown): string {
  return display(error instanceof Error ? error.message : String(error));
}

export function timeoutTrouble(whom: string, what: string): ReachError {
  return trouble(
    'timeout',
    `${whom}: ${what} took too long`,
    'check address, port and firewall (a dropped packet looks like this), or allow more by --connect-timeout',
    { retryable: true },
  );
}

/** The name and the port are right so far: something took the connection. `isGreeted`: and it speaks SSH. */
export function slowLogin(whom: string, isGreeted: boolean): ReachError {
  if (!isGreeted) return trouble('timeout', `${whom}: ${silence}`, silenceHint, { retryable: true });
  return trouble(
    'timeout',
    `${whom}: the login took too long`,
    'look at the load of the host and at its DNS and directory services, or allow more by --connect-timeout',
    { retryable: true },
  );
}

function resetTrouble(whom: string): ReachError {
  return trouble(
    'reset',
    `${whom} closed the connection before the login`,
    'sshd may have too many at a time (MaxStartups) or refuse this address (firewall, fail2ban)',
    { retryable: true, again: true },
  );
}

/** What ssh2 reports before the login is done. `heard` is what came over the wire before its protocol began. */
export function loginTrouble(
  error: unknown,
  whom: string,
  { isAuthenticating, heard }: { readonly isAuthenticating: boolean; readonly heard: string },
): ReachError {
  const { level } = error as { readonly level?: string };
  const text = error instanceof Error ? error.message : '';
  // https://github.com/openssh/openssh-portable/blob/master/sshd.c: what 9.8 and later say to a penalised address
  if (/Not allowed at this time/.test(heard)) {
    return trouble(
      'reset',
      `${whom} refuses this address for now: too many failed logins from here (PerSourcePenalties)`,
      'wait ten minutes; every further try makes it longer',
    );
  }
  if (text.startsWith('Handshake failed: no matching')) {
    return trouble(
      'needs-openssh',
      `${whom} and the built-in SSH client have no ${text.replace(/^.*no matching /, '')} in common`,
      'the system ssh may know more (post-quantum or old algorithms): --transport openssh',
    );
  }
  if (isAuthenticating) return closedWhileAuthenticating(whom, text);
  if (level === 'client-socket') return socketTrouble(error, whom);
  if (heard !== '' && !/^SSH-/m.test(heard) && !/MaxStartups/.test(heard)) {
    const [first = ''] = heard.split('\n');
    return trouble(
      'garbled',
      `${whom} answers, but does not speak SSH: ${display(first.trim(), 80)}`,
      'check the port',
    );
  }
  if (level === 'protocol' || text === '' || /Connection lost|Keepalive/.test(text))
    return resetTrouble(whom);
  return trouble('failed', `${whom}: ${messageOf(error)}`, 'try ssh -v to the same host', {
    retryable: false,
  });
}

function closedWhileAuthenticating(whom: string, text: string): ReachError {
  if (/too many authentication failures/i.test(text)) {
    return trouble(
      'authentication',
      `${whom} ended the login: too many keys were tried`,
      'name the right key: IdentityFile and IdentitiesOnly yes in ssh_config',
    );
  }
  const said = text === '' || /Connection lost/.test(text) ? '' : `: ${display(text, 120)}`;
  return trouble(
    'reset',
    `${whom} closed the connection during the login${said}`,
    'the log of sshd there says why (journalctl -u ssh); it is not tried again, since that may lock us out',
  );
}

export function linkLost(whom: string, because?: Error): ReachError {
  const why = because === undefined ? '' : `: ${messageOf(because)}`;
  return trouble('link-lost', `the connection to ${whom} was lost${why}`, 'try again', { retryable: true });
}

/** The node's own sshd gives no session: no subsystem of ours is asked for, so it is its settings. */
export function noSession(whom: string, error: Error): ReachError {
  return trouble(
    'no-shell',
    `${whom} starts no command: ${messageOf(error)}`,
    'look at the settings of its sshd (MaxSessions, ForceCommand, PermitTTY) and at the login shell',
  );
}

/** A host behind a bastion, or an address that a node should dial: sshd tells why in words. RFC 4254, 5.1 */
export function forwardTrouble(error: Error, whom: string, through: string): ReachError {
  const { reason } = error as { readonly reason?: number };
  const text = error.message.replace(/^\(SSH\) Channel open failure: /, '');
  const where = `${whom} through ${through}`;
  if (reason === 1) {
    return trouble(
      'bastion',
      `${through} does not forward to ${whom}: ${display(text, 120)}`,
      'its sshd has to allow it (AllowTcpForwarding, PermitOpen, permitopen in authorized_keys)',
    );
  }
  if (/refused/i.test(text)) {
    return trouble('refused', `${where} refuses connections`, 'is sshd running there, and on this port?', {
      retryable: true,
      again: true,
    });
  }
  if (/timed out|timeout/i.test(text)) return timeoutTrouble(where, 'the connection');
  if (/resolve|not known|unknown host|no address|name or service/i.test(text)) {
    return trouble(
      'dns',
      `${where}: the name does not resolve there`,
      'give an address that the bastion knows',
    );
  }
  return trouble(
    'unreachable',
    `there is no way to ${where}: ${display(text, 120)}`,
    'check routes from there',
    {
      retryable: true,
    },
  );
}
