/** Which endpoint a message speaks of: out of its URL, its dial target, or the command that was typed before it. */

export interface Endpoint {
  readonly host: string;
  readonly port?: number;
  readonly path?: string;
}

const url =
  /\bhttps?:\/\/(?:[^\s/@"'\\]{1,100}@)?(\[[^\]\s]{1,60}\]|[^\s/:"'\\,;()[\]{}<>?#`‘’“”]{1,253})(?::(\d{1,5}))?(\/[^\s"'\\<>]{0,300})?/gi;
const urlHere = new RegExp(url.source, 'iy');
const hostAndPort = `(\\[[^\\]\\s]{1,60}\\]|[\\w.-]{1,253}):(\\d{1,5})`;
const dialled: readonly RegExp[] = [
  new RegExp(`Addr: "${hostAndPort}"`, 'g'),
  new RegExp(`Resolving '${hostAndPort}'`, 'g'),
  /HTTPSConnectionPool\(host=['"]([^'"]{1,253})['"], port=(\d{1,5})\)/gi,
  new RegExp(
    `(?:dial tcp|connect(?:ing|ed)? to(?: host)?|connection to(?: the server)?|the server|-connect|upstream:)\\s+["'‘]?${hostAndPort}`,
    'gi',
  ),
  new RegExp(`\\(${hostAndPort}\\)`, 'g'),
  /-verify_(?:ip|hostname|host)\s+(\S{1,253})()/gi,
  /gnutls-cli\s(?:[^\n]{0,120}\s)?([\w.-]+\.[\w.-]+)()/gi,
  /\bhost: '([^'\n]{1,253})'()/g,
];

function endpointOf(match: RegExpExecArray | RegExpMatchArray): Endpoint {
  const [, host = '', port, path] = match;
  const isHttp = match[0].toLowerCase().startsWith('http:');
  const isUrl = /^https?:/i.test(match[0]);
  const fallback = isHttp ? 80 : 443;
  return {
    host: host.replace(/^\[|\]$/g, '').replace(/\.$/, ''),
    ...(port !== undefined && port !== '' ? { port: Number(port) } : {}),
    ...(isUrl && (port === undefined || port === '') ? { port: fallback } : {}),
    ...(path === undefined ? {} : { path }),
  };
}

/** The last URL or dial target in a text. */
export function lastEndpoint(text: string): Endpoint | undefined {
  for (let mark = text.lastIndexOf('://'); mark > 0; mark = text.lastIndexOf('://', mark - 1)) {
    urlHere.lastIndex = text.lastIndexOf('h', mark - 1);
    if (urlHere.lastIndex < mark - 5) continue;
    const match = urlHere.exec(text);
    // HTTPS_PROXY=http://… is where the client went through, not where it went.
    const isProxy =
      match !== null &&
      /proxy["']?\s*[=:]\s*["']?$/i.test(text.slice(Math.max(0, match.index - 20), match.index));
    if (match && !isProxy) return endpointOf(match);
  }
  for (const pattern of dialled) {
    const match = [...text.matchAll(pattern)].at(-1);
    if (match) return endpointOf(match);
  }
  return undefined;
}

/** Where a text names this host together with a port or in a URL. */
export function endpointOfHost(host: string, text: string): Endpoint | undefined {
  // Java prints host/address:port.
  const java = text.includes(`${host}/`)
    ? new RegExp(`${host.replace(/[^\\w]/g, '\\$&')}/[\\da-f.:]{0,45}:(\\d{1,5})`).exec(text)
    : null;
  if (java) return { host, port: Number(java[1]) };
  for (const bounded of [`${host}:`, `${host}]:`]) {
    for (let index = text.indexOf(bounded), tries = 0; index !== -1 && tries < 20; tries++) {
      const rest = text.slice(index + bounded.length, index + bounded.length + 320);
      const port = /^(\d{1,5})(?!\d|\.\d|:)(\/[^\s"'\\<>]{0,300})?/.exec(rest);
      const isWhole = !/[\w.-]/.test(text[index - 1] ?? ' ');
      if (port && isWhole)
        return { host, port: Number(port[1]), ...(port[2] === undefined ? {} : { path: port[2] }) };
      index = text.indexOf(bounded, index + bounded.length);
    }
  }
  if (!text.includes('://')) return undefined;
  const match = [...text.matchAll(url)].findLast((found) => found[1]?.replace(/^\[|\]$/g, '') === host);
  return match ? endpointOf(match) : undefined;
}

/** The command that was typed says what was dialled, where the message does not: openssl's own options come first. */
export function endpointTyped(text: string): Endpoint | undefined {
  const verify = [...text.matchAll(/-verify_(?:ip|hostname)\s+(\S{1,253})/g)].at(-1)?.[1];
  const connect = [...text.matchAll(new RegExp(`-connect\\s+${hostAndPort}`, 'g'))].at(-1);
  if (verify !== undefined) return { host: verify, ...(connect ? { port: Number(connect[2]) } : {}) };
  if (connect) return { host: (connect[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(connect[2]) };
  return lastEndpoint(text);
}

export function formatEndpoint({ host, port }: Endpoint): string {
  if (port === undefined) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
