/** What may stand in a command that somebody pastes: text from outside passes one of these, or is left out. No quoting is relied upon. */
import { canonicalIp } from '../model/ip.ts';
import { parseSan } from '../model/san.ts';
import { formatEndpoint, parseServerAddress } from '../model/server-address.ts';

/** A name or an address in its canonical spelling; no wildcard, which a shell would expand. */
export function safeName(text: string): string | undefined {
  const reading = parseSan(text);
  return reading.ok && !reading.san.value.startsWith('*') ? reading.san.value : undefined;
}

export function safeEndpoint(text: string): string | undefined {
  const server = parseServerAddress(text);
  const name = server === undefined ? undefined : safeName(server.san.value);
  return server === undefined || name === undefined ? undefined : formatEndpoint(name, server.port);
}

/** Not from the start of a word on a hyphen: a program would take it for an option. */
export function safePath(text: string): string | undefined {
  return /^[\w./@+][\w./@+-]{0,254}$/.test(text) ? text : undefined;
}

export function safeWord(text: string): string | undefined {
  return /^[\w.@:+/][\w.@:+/-]{0,126}$/.test(text) ? text : undefined;
}

export function safeUser(text: string): string | undefined {
  return /^[a-z_A-Z0-9][\w.-]{0,63}$/.test(text) ? text : undefined;
}

/** For ssh, whose hosts may be aliases that are no DNS names: an underscore is fine there, a hyphen in front never. */
export function safeSshHost(text: string): string | undefined {
  return canonicalIp(text) ?? (/^[a-z0-9_][\w.-]{0,252}$/i.test(text) ? text : undefined);
}

/** A shell may take the brackets of `[fd00::1]:6443` for a pattern. */
export function unglobbed(endpoint: string): string {
  return endpoint.includes('[') ? `'${endpoint}'` : endpoint;
}
