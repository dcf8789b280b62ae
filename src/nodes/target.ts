/** How a node is written on the command line and in files: one strict grammar, so that nothing odd ever reaches ssh, Docker or a shell. */
import { display } from '../model/display.ts';
import { canonicalIp } from '../model/ip.ts';
import type { Target } from '../model/node.ts';
import { UserError } from '../model/user-error.ts';

const grammar =
  'a node is ssh://user@host:port, user@host, host, [2001:db8::1]:22, docker://container, or local: for this machine';

/** What was wrong, without throwing: files name the line as well. */
export type TargetReading =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly fault: string };

// The first character is never a dash: ssh would take it for an option (CVE-2017-1000117 and its kin).
const userPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
// Looser than DNS: an alias of ssh_config may hold underscores.
const labelPattern = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const containerPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** Reads `--node`. */
export function parseTarget(text: string): Target {
  const reading = readTarget(text);
  if (reading.ok) return reading.target;
  const isUrl = /^https?:\/\//i.test(text);
  throw new UserError(
    `--node ${display(text, 80)}: ${reading.fault}`,
    isUrl ? `${grammar}; what clients dial is tested by --endpoint` : grammar,
  );
}

export function readTarget(text: string): TargetReading {
  if (text === '') return fault('it is empty');
  if (text === 'local:') return { ok: true, target: { via: 'local' } };
  const [, scheme, rest = text] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(rest)) return fault('it has a scheme (ssh://) twice');
  if (scheme === undefined || scheme.toLowerCase() === 'ssh') return readSsh(rest);
  if (scheme.toLowerCase() === 'docker') return readContainer(rest);
  return fault(`${display(scheme, 20)}:// is no way to reach a node`);
}

function readContainer(container: string): TargetReading {
  if (containerPattern.test(container)) return { ok: true, target: { via: 'docker', container } };
  return fault('a container is named by letters, digits, dots, dashes and underscores');
}

function readSsh(text: string): TargetReading {
  const parts = text.split('@');
  if (parts.length > 2) return fault('it has more than one @');
  const [before = '', after] = parts;
  const place = readPlace(after ?? before);
  if (typeof place === 'string') return fault(place);
  if (after === undefined) return { ok: true, target: { via: 'ssh', ...place } };
  const wrong = userFault(before);
  return wrong === undefined ? { ok: true, target: { via: 'ssh', ...place, user: before } } : fault(wrong);
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address, which has no room for a port. */
function readPlace(text: string): { host: string; port?: number } | string {
  const bare = canonicalIp(text);
  if (bare !== undefined) return { host: bare };
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? [];
  if (text.includes('%')) return 'an address with a zone means something else on each machine';
  if (bracketed === undefined && plain === undefined)
    return 'it is no address, and has more than one colon or a bracket too many';
  if (bracketed !== undefined && !bracketed.includes(':')) return 'only IPv6 addresses stand in brackets';
  const host = bracketed ?? plain ?? '';
  const wrong = hostFault(host);
  if (wrong !== undefined) return wrong;
  const canonical = canonicalIp(host) ?? host;
  if (portText === undefined) return { host: canonical };
  const port = readPort(portText);
  return port === undefined ? `${display(portText, 20)} is no port (1 to 65535)` : { host: canonical, port };
}

export function readPort(text: string): number | undefined {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port > 0 && port <= 65_535 ? port : undefined;
}

export function userFault(user: string): string | undefined {
  if (userPattern.test(user)) return undefined;
  if (user === '') return 'the user before the @ is missing';
  if (user.includes(':')) return 'a password is never given here; ssh keys or an agent are used';
  return 'the user holds a character that no user name has';
}

/** Why a text can be no host to connect to, if it cannot. */
export function hostFault(host: string): string | undefined {
  if (canonicalIp(host) !== undefined) return undefined;
  if (host === '') return 'the host is missing';
  if (host.startsWith('-')) return 'a host never starts with a dash';
  if (host.length > 253) return 'the host is longer than 253 characters';
  if (/[^\u0000-\u007f]/.test(host)) return 'write the host with ASCII letters (xn--… for others)';
  const labels = host.split('.');
  if (labels.some((label) => !labelPattern.test(label)))
    return 'the host is neither an address nor a name (letters, digits, dashes and dots)';
  // 10.0.0.300 and 0x7f.1 would be read as some other address by the system.
  if (/^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')) return 'the host reads like an address but is none';
  return undefined;
}

function fault(text: string): TargetReading {
  return { ok: false, fault: text };
}

/** Equal keys, same host: whatever the user. ssh's usual port is meant where none is said. */
export function targetKey(target: Target): string {
  switch (target.via) {
    case 'ssh':
      return `ssh ${target.host.toLowerCase()} ${target.port ?? 22}`;
    case 'docker':
      return `docker ${target.container}`;
    case 'local':
      return 'local';
  }
}

/** What a node is called that is known by its target alone. */
export function nameOfTarget(target: Target): string {
  switch (target.via) {
    case 'ssh': {
      if (target.port === undefined || target.port === 22) return target.host;
      return `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
    }
    case 'docker':
      return target.container;
    case 'local':
      return 'local';
  }
}
