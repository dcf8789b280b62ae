/** The wordings for "never got that far" and "got past TLS": unreachable endpoints and refused credentials. */
import type { Place, Reading, Rule } from '../reading.ts';
import { textBefore, textOnwards } from '../reading.ts';

// Only with a target does such a line speak of an endpoint; logs are full of lines that do not.
const targets: readonly RegExp[] = [
  /(?:dial tcp|dial udp|connect to|connecting to|connection to(?: the)?(?: server)?|server|proxyconnect tcp:.*?dial tcp)\s+["'‘]?(\[[^\]\s]+\]:\d+|[\w.-]+:\d+)/gi,
  /https?:\/\/([^\s/"'\\]+)/gi,
];

/** host:port of the last target in a text. */
function targetIn(text: string): string | undefined {
  for (const pattern of targets) {
    const found = [...text.matchAll(pattern)].at(-1)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function readUnreachable(place: Place): Reading | undefined {
  const before = textBefore(place);
  const onwards = textOnwards(place).slice(0, 200);
  const curl = /^\s*["']?([\w.:[\]-]+) port (\d+)/.exec(onwards);
  const dotnet = /^["')]*\s*\(([\w.-]+:\d+)\)/.exec(onwards);
  const named = /^:?\s*["'‘]?([\w.-]+(?::\d+)?)/.exec(onwards);
  const resolve = /(?:lookup|ENOTFOUND|getaddrinfo \w+)\s+([\w.-]+)[^\n]{0,80}$/.exec(before);
  const node =
    /(?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ECONNRESET|ENOTFOUND|EAI_AGAIN)\s+(\[?[\w.:-]+\]?)/.exec(
      place.text.slice(place.start, place.end + 200),
    );
  const isCurl = place.text.slice(place.start, place.end).toLowerCase().startsWith('could not resolve');
  const target =
    targetIn(before) ??
    dotnet?.[1] ??
    (curl ? `${curl[1]}:${curl[2]}` : undefined) ??
    node?.[1] ??
    resolve?.[1] ??
    (isCurl ? named?.[1] : undefined);
  if (target === undefined) {
    const isKubectl = /unable to connect to the server:?[^:]{0,40}[: ]*$/i.test(before);
    return isKubectl ? { says: 'unreachable', end: place.end } : undefined;
  }
  return { says: 'unreachable', endpoint: target, end: place.end };
}

export const reachRules: readonly Rule[] = [
  {
    anchors: [
      'connection refused',
      'was refused - did you specify',
      'i/o timeout',
      'no route to host',
      'network is unreachable',
      'no such host',
      'connection reset by peer',
      'tls handshake timeout',
      'connection timed out',
      'operation timed out',
      'context deadline exceeded',
      'client.timeout exceeded',
      'unexpected eof',
      ': eof',
      'failed to connect to',
      "couldn't connect to server",
      'could not resolve host',
      'econnrefused',
      'etimedout',
      'ehostunreach',
      'econnreset',
      'enotfound',
      'eai_again',
      'server misbehaving',
    ],
    read: readUnreachable,
  },
  {
    anchors: ['must be logged in to the server', 'unauthorized', 'user "system:anonymous"'],
    read(place) {
      // `UnauthorizedException` and paths like /unauthorized/x are no answers of an API server.
      const next = place.text[place.end] ?? '';
      const previous = place.text[place.start - 1] ?? '';
      if (/[\w/-]/.test(next) || /[\w/-]/.test(previous)) return undefined;
      const isInParentheses = /logged in to the server \($/i.test(textBefore(place));
      if (isInParentheses) return undefined;
      const tail = /^\s*\(unauthorized\)/i.exec(place.text.slice(place.end, place.end + 20));
      return { says: 'unauthorized', end: place.end + (tail?.[0].length ?? 0) };
    },
  },
];
