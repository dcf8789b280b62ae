/** The wordings of Go's crypto/x509 and crypto/tls, which kubectl, kubelet, kubeadm and most operators print. */
// Every sentence is in https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/verify.go
import { canonicalIp } from '../../model/ip.ts';
import type { Place, Reading, Rule } from '../reading.ts';
import { hostRule, plainRule, textAfter, textBefore, tidyHost } from '../reading.ts';

// A name in running text: host characters, and the invisible or foreign ones that only a hostile or international name
// has: they belong to the name, so that it is refused, and no cut one is suggested.
const invisible = String.raw`\p{Cf}\p{Cc}\p{Cs}\p{Co}\p{Cn}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0`;
const nameAt = new RegExp(
  `(?:(?![\\t\\n\\r])[\\w*%:.\\-\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}${invisible}])+`,
  'uy',
);
/** The same for plain text, which is nearly all text. */
const plainNameAt = /[\w*%:.-]+/y;
const openingAt = /[\s"'`‘’“”«»([{]*(?:\*\*)?/y;
const separatorAt = /[\s"'`‘’“”«»>)\]}]*[,;，、；]\s*/y;
const spaceAt = /[\s"'`‘’“”«»>)\]}*]*/y;
const dotsAt = /(?:\.{2,}|…|⋯)/y;
const manyAt = /\s*\d+ (?:names|IP SANs),? but none matched\s+/iy;
const notAt = /(?:but\s+|and\s+)?not(?![\w-])(?:\s+for(?=\s))?(?:[ \t]*:(?!:))?/iy;

/** As many list items as Go prints, and some. */
const mostItems = 2000;

function at(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** A name at this index, with what stands around it; undefined when none is there. */
function readName(text: string, index: number): { name: string; end: number } | undefined {
  const start = index + (at(openingAt, text, index) ?? '').length;
  const plain = at(plainNameAt, text, start);
  const next = text.charCodeAt(start + (plain?.length ?? 0));
  const isPlain = plain !== undefined && (Number.isNaN(next) || (next >= 32 && next < 127) || next === 10);
  // Prose in another script may stand directly behind an address.
  const isAddress = plain !== undefined && canonicalIp(plain) !== undefined;
  const name = isPlain || isAddress ? plain : at(nameAt, text, start);
  if (name === undefined || name.length > 1024) return undefined;
  const tidy = tidyHost(name).replace(/\*+$/, '');
  return tidy === '' ? undefined : { name: tidy, end: start + name.length };
}

/** `valid for A, B, not C`: the list item by item, then the name after the last `not`. */
function readValidFor(place: Place): Reading | undefined {
  const { text } = place;
  const many = at(manyAt, text, place.end);
  if (many !== undefined) {
    const host = readName(text, place.end + many.length);
    return host && { says: 'name-mismatch', host: host.name, end: host.end };
  }
  const listed: string[] = [];
  let listIsWhole = true;
  let index = place.end;
  for (let item = 0; item < mostItems; item++) {
    index += (at(openingAt, text, index) ?? '').length;
    const not = at(notAt, text, index);
    if (not !== undefined)
      return readNot(place, index + not.length, listed, listIsWhole && listed.length > 0);
    const dots = at(dotsAt, text, index);
    if (dots === undefined) {
      const name = readName(text, index);
      if (name === undefined) break;
      listed.push(name.name);
      index = name.end;
    } else {
      listIsWhole = false;
      index += dots.length;
    }
    const separator = at(separatorAt, text, index);
    index += (separator ?? at(spaceAt, text, index) ?? '').length;
    if (separator !== undefined) continue;
    if (/^and\s/i.test(text.slice(index, index + 4)) && at(notAt, text, index) === undefined) index += 4;
    else if (at(notAt, text, index) === undefined) break;
  }
  return readOddList(place);
}

/** The name after `not`; a hostile list may hold `, not X` itself, so the last one counts. */
function readNot(place: Place, start: number, list: string[], listIsWhole: boolean): Reading | undefined {
  const listed = [...list];
  const isSentence = /(?:x509:?[\s"]*certificate is|SANs? (?:is|are)|证书)\s*$/i.test(
    textBefore(place).slice(-40),
  );
  let name = readName(place.text, start);
  if (name === undefined) {
    // `not <PUBLIC_IP>`: the sentence is certain, the name is not in it; at the end of a line it may go on in the next.
    const isMasked = isSentence && /^[ \t]*\S/.test(place.text.slice(start, start + 20));
    return isMasked ? { says: 'name-mismatch', end: start } : undefined;
  }
  for (let more = 0; more < 20; more++) {
    const separator = at(separatorAt, place.text, name.end);
    if (separator === undefined) break;
    const not = at(notAt, place.text, name.end + separator.length);
    if (not === undefined) break;
    const next = readName(place.text, name.end + separator.length + not.length);
    if (next === undefined) break;
    listed.push(name.name);
    name = next;
  }
  // `valid for 1y, not 10y` is prose: outside Go's own sentence a name must look like one.
  if (!isSentence && !looksLikeHost(name.name)) return undefined;
  return { says: 'name-mismatch', host: name.name, listed, listIsWhole, end: name.end };
}

function looksLikeHost(name: string): boolean {
  return /[.:]/.test(name) || /^(?:localhost|kubernetes)$/i.test(name);
}

/** A SAN may hold spaces and commas, so that the list cannot be told apart; Go's own sentence still ends in `, not C`. */
function readOddList(place: Place): Reading | undefined {
  if (!textBefore(place).endsWith('x509: certificate is ')) return undefined;
  const [line = ''] = textAfter(place).split('\n');
  const last = line.lastIndexOf(', not ');
  const name = last === -1 ? undefined : readName(place.text, place.end + last + 6);
  return name && { says: 'name-mismatch', host: name.name, listed: [], listIsWhole: false, end: name.end };
}

export const goRules: readonly Rule[] = [
  // etcd's own check of a peer: https://github.com/etcd-io/etcd/blob/v3.6.5/client/pkg/transport/listener_tls.go
  {
    anchors: ['does not match any of dnsnames'],
    read: ({ text }) => ({ says: 'etcd-certificate', end: text.length }),
  },
  { anchors: ['valid for'], read: readValidFor },
  {
    // As people retype it: `x509 certificate is valid 10.96.0.1, 10.0.0.5 not 10.220.70.56`.
    anchors: ['certificate is valid ', 'certficate is valid '],
    read(place) {
      const reading = readValidFor(place);
      return reading?.host !== undefined &&
        looksLikeHost(reading.host) &&
        reading.listed?.every(looksLikeHost) === true
        ? reading
        : undefined;
    },
  },
  hostRule({
    anchors: ["doesn't contain any ip sans", 'doesn’t contain any ip sans', 'does not contain any ip sans'],
    says: 'no-names',
    before: /validate certificate for\s+(\S+)\s+because\s+it\s*$/,
  }),
  hostRule({
    anchors: ['not valid for any names'],
    says: 'no-names',
    after: /^,?\s*but\s+wanted\s+to\s+match\s+([^\s"\\]+)/,
  }),
  plainRule('legacy-common-name', ['legacy common name field', 'common name is not a valid hostname']),
  {
    anchors: ['signed by unknown authority'],
    read(place) {
      // The same CA name with another key: https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/verify.go (UnknownAuthorityError)
      const stale =
        /^\s*\(possibly because of .{0,200}? while trying to verify candidate authority certificate/s.exec(
          textAfter(place),
        );
      const end = place.end + (stale?.[0].length ?? 0);
      return { says: stale ? 'stale-ca' : 'untrusted-ca', end };
    },
  },
  {
    anchors: ['certificate has expired or is not yet valid', 'has expired or is not yet valid'],
    read(place) {
      const isBefore = /^:?\s*current time \S+ is before\b/.test(textAfter(place));
      return { says: isBefore ? 'not-yet-valid' : 'expired', end: place.end };
    },
  },
  plainRule('wrong-certificate', [
    'specifies an incompatible key usage',
    'private key does not match public key',
    'private key type does not match public key type',
  ]),
  // Go asks the system's verifier on macOS: https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/root_darwin.go
  {
    anchors: ['certificate is not trusted', 'certificate is not standards compliant'],
    read(place) {
      // GnuTLS says this of every fault and names the fault next.
      if (/^\.\s+The (?:name|certificate)/.test(textAfter(place))) return undefined;
      return { says: 'untrusted-ca', end: place.end };
    },
  },
  plainRule('name-mismatch', ['certificate name does not match input']),
  {
    anchors: [
      'remote error: tls: bad certificate',
      'remote error: tls: unknown certificate',
      'remote error: tls: certificate required',
      'remote error: tls: expired certificate',
      'remote error: tls: revoked certificate',
      'remote error: tls: unsupported certificate',
      'alert bad certificate',
      'alert certificate unknown',
      'alert unknown ca',
      'alert certificate required',
      'alert certificate expired',
      'tlsv13_alert_certificate_required',
    ],
    read(place) {
      const peer =
        /TLS handshake error from (\S+?):? ?$|rejected connection (?:from|on client endpoint).{0,80}?([\d.]+:\d+)/s.exec(
          textBefore(place),
        );
      const client = peer?.[1] ?? peer?.[2];
      if (client === undefined) return { says: 'client-certificate', end: place.end };
      return { says: 'refused-by-client', endpoint: client, end: place.end };
    },
  },
  plainRule('client-certificate', [
    'part of the existing bootstrap client certificate',
    'bootstrap client certificate is expired',
  ]),
  // A kubelet without a serving certificate answers so: its CSR was not approved.
  plainRule('no-certificate', ['remote error: tls: internal error', 'remote error: tls: handshake failure']),
  plainRule('not-tls', [
    'first record does not look like a tls handshake',
    'server gave http response to https client',
    'client sent an http request to an https server',
    'http request to an https',
    'http request was sent to https',
    'oversized record received',
  ]),
];
