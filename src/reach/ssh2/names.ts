/** Names of hosts and users that may be dialled, and the hops of a ProxyJump: a strict grammar, since some of them become arguments. */
import { isIP } from 'node:net';
import { display } from '../../model/display.ts';
import { UserError } from '../../model/user-error.ts';

/** One host of a ProxyJump. */
export interface Hop {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
}

// A leading dash would be an option of ssh's; a shell's characters have no place in either.
const hostPattern = /^(?!.*\.\.)[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_.])?$/;
const zonePattern = /^[A-Za-z0-9._-]+$/;
const userPattern = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}\$?$/;
// Directory services give names such as first.last@corp.example and CORP\name; a file may say so, a target may not.
const configUserPattern = /^[A-Za-z0-9_][A-Za-z0-9_.+@\\-]{0,127}\$?$/;

function isHostName(host: string): boolean {
  const [address = '', zone] = host.split('%', 2);
  if (isIP(address) === 6) return zone === undefined || zonePattern.test(zone);
  return hostPattern.test(host);
}

/** Throws a UserError for what could never be a host. */
export function refuseHost({ host, port, user }: Hop, from: 'target' | 'config'): void {
  const where = from === 'target' ? '' : ' (from ssh_config)';
  if (!isHostName(host)) {
    throw new UserError(
      `"${display(host)}" is not a host to log in to${where}`,
      'give a name or an address, e.g. ssh://ops@10.0.0.1:22',
    );
  }
  if (user !== undefined && !(from === 'target' ? userPattern : configUserPattern).test(user)) {
    throw new UserError(
      `"${display(user)}" is not a user to log in as${where}`,
      'a name with other characters than letters, digits and . _ + - belongs into ssh_config, as User',
    );
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new UserError(
      `${display(String(port))} is not a port${where}`,
      'a port is a number from 1 to 65535',
    );
  }
}

/** `a,ops@b:2222,ssh://ops@[2001:db8::1]:22`; `none` is none. */
export function hopsOf(proxyJump: string | undefined): readonly Hop[] {
  if (proxyJump === undefined || proxyJump.toLowerCase() === 'none') return [];
  return proxyJump.split(',').map((one) => {
    const [, user, bracketed, plain, port] =
      /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:[\]]+|[0-9A-Fa-f:]{2,}))(?::(\d{1,5}))?\/?$/.exec(
        one.trim(),
      ) ?? [];
    const hop = {
      host: bracketed ?? plain ?? '',
      ...(port !== undefined && { port: Number(port) }),
      ...(user !== undefined && { user }),
    };
    refuseHost(hop, 'config');
    return hop;
  });
}

/** `ops@jump:2222`, with brackets where an address needs them. */
export function nameOf({ host, port, user }: Hop): string {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${bracketed}${port === undefined ? '' : `:${port}`}`;
}
