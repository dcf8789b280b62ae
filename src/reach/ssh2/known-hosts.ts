/** known_hosts as OpenSSH understands it: which keys a host is known by, which are revoked, where only a certificate would do. */
import { createHash, createHmac } from 'node:crypto';

export interface HostKeyLine {
  readonly file: string;
  readonly line: number;
  readonly marker?: 'revoked' | 'cert-authority';
  /** Names and patterns, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  /** The key as it goes over the wire. */
  readonly key: Buffer;
}

export interface KnownHostsFault {
  readonly file: string;
  readonly line: number;
  readonly fault: string;
}

export interface KnownHosts {
  /** Lines that speak of `host`, which is a name, an address or `[name]:port`; in the order of the files. */
  readonly find: (host: string) => readonly HostKeyLine[];
  readonly faults: readonly KnownHostsFault[];
}

/** How ssh-keygen -l prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type at the head of a public key, or undefined where there is none. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  if (length === 0 || length > 64 || key.length < 4 + length) return undefined;
  return key.toString('latin1', 4, 4 + length);
}

/** What a host is called in known_hosts: `[host]:port` unless it is the usual port. */
export function hostPort(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** All files, in the order in which ssh reads them. */
export function knownHosts(files: readonly { readonly file: string; readonly text: string }[]): KnownHosts {
  const faults: KnownHostsFault[] = [];
  const named = new Map<string, number[]>();
  const others: number[] = [];
  const lines: HostKeyLine[] = [];
  for (const { file, text } of files) {
    for (const [index, raw] of text.split('\n').entries()) {
      const read = readLine(raw.replace(/\r$/, ''), file, index + 1);
      if (read === undefined) continue;
      if ('fault' in read) {
        faults.push(read);
        continue;
      }
      const place = lines.push(read) - 1;
      const names = read.hosts.toLowerCase();
      // Thousands of plain lines are looked up, not tried one after the other.
      if (/[*?!|]/.test(names)) others.push(place);
      else
        for (const name of names.split(',')) {
          const places = named.get(name);
          if (places === undefined) named.set(name, [place]);
          // One name a million times on one line is one name.
          else if (places.at(-1) !== place) places.push(place);
        }
    }
  }
  const search = (host: string): readonly HostKeyLine[] => {
    const plain = named.get(host.toLowerCase()) ?? [];
    const patterned = others.filter((place) => isNamedBy(lines[place]?.hosts ?? '', host));
    return [...new Set([...plain, ...patterned])]
      .toSorted((a, b) => a - b)
      .flatMap((place) => lines[place] ?? []);
  };
  // A host is looked for several times on its way in, and each hashed line costs a digest.
  const found = new Map<string, readonly HostKeyLine[]>();
  return {
    faults,
    find(host) {
      const hostLines = found.get(host) ?? search(host);
      found.set(host, hostLines);
      return hostLines;
    },
  };
}

/** https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT */
function readLine(raw: string, file: string, line: number): HostKeyLine | KnownHostsFault | undefined {
  const text = raw.replace(/^[ \t]+/, '');
  if (text === '' || text.startsWith('#')) return undefined;
  const fault = (what: string): KnownHostsFault => ({ file, line, fault: what });
  const [, mark, rest = ''] = /^(?:@(\S*)[ \t]+)?(.*)$/s.exec(text) ?? [];
  if (mark !== undefined && mark !== 'revoked' && mark !== 'cert-authority') return fault('unknown marker');
  const [, hosts, type, base64] = /^(\S+)[ \t]+(\S+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]|$)/.exec(rest) ?? [];
  if (hosts === undefined || type === undefined || base64 === undefined || hosts.startsWith('@')) {
    return fault('no host, type and key');
  }
  if (hosts.startsWith('|') && hashOf(hosts) === undefined) return fault('unknown kind of hash');
  const key = Buffer.from(base64, 'base64');
  // The type in words is only a label: what counts is in the key, and the two have to agree.
  if (keyTypeOf(key) !== type) return fault('the key is not of the type that the line says');
  return { file, line, ...(mark !== undefined && { marker: mark }), hosts, type, key };
}

function hashOf(hosts: string): { readonly salt: Buffer; readonly hash: Buffer } | undefined {
  const [, salt, hash] = /^\|1\|([A-Za-z0-9+/]+=*)\|([A-Za-z0-9+/]+=*)$/.exec(hosts) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const bytes = { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  return bytes.salt.length === 20 && bytes.hash.length === 20 ? bytes : undefined;
}

function isNamedBy(hosts: string, host: string): boolean {
  if (!hosts.startsWith('|')) return matchesPatterns(hosts.split(','), host);
  const hashed = hashOf(hosts);
  if (hashed === undefined) return false;
  // ssh writes names in lower case before it hashes them; whoever hashed by hand may not have.
  return [...new Set([host.toLowerCase(), host])].some((name) =>
    createHmac('sha1', hashed.salt).update(name).digest().equals(hashed.hash),
  );
}

/** A negated pattern that matches ends it, whatever else does: https://man.openbsd.org/ssh_config.5#PATTERNS */
function matchesPatterns(patterns: readonly string[], host: string): boolean {
  const name = host.toLowerCase();
  const lower = patterns.map((pattern) => pattern.toLowerCase());
  if (lower.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name)))
    return false;
  return lower.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, name));
}

/** `*` is anything, `?` one character. In one pass over the text, so that no pattern takes long. */
export function matchesPattern(pattern: string, text: string): boolean {
  let [p, t, star, resume] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star !== -1) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** A line to add; hashed where ssh_config says HashKnownHosts. */
export function knownHostsLine(host: string, key: Buffer, salt?: Buffer): string {
  const name = host.toLowerCase();
  const hosts =
    salt === undefined
      ? name
      : `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
  return `${hosts} ${keyTypeOf(key) ?? ''} ${key.toString('base64')}\n`;
}
