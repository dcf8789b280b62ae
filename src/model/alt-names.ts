/** The names in a certificate, typed from the DER of the one extension and never from printed text. */
import type { Asn1 } from 'node-forge/lib/asn1.js';
import { childrenOf, contentOf, hexOf, oidOf } from './der.ts';
import { ipFromBytes } from './ip.ts';
import type { San } from './san.ts';

/**
 * A name as it stands in a certificate. DNS names keep their letters, dots and commas: `a.example, DNS:evil.example` is
 * one name (https://nvd.nist.gov/vuln/detail/CVE-2021-44532). `malformed` is shown (escaped) and never matched; an
 * address of a wrong length is given in hex.
 */
export type FoundName =
  | San
  | { readonly type: 'uri' | 'email' | 'other'; readonly value: string }
  | { readonly type: 'malformed'; readonly of: 'dns' | 'ip' | 'uri' | 'email'; readonly value: string };

type NamesReading =
  | { readonly ok: true; readonly names: readonly FoundName[] }
  | { readonly ok: false; readonly fault: 'bad-names' | 'two-san-extensions' };

const subjectAltName = '\x55\x1d\x11'; // 2.5.29.17
const contextSpecific = 0x80;
const octetString = 4;

/** No extension and an empty one both mean no names, as Go takes them. */
export function readNames(
  extensions: readonly Asn1[],
  parse: (content: string) => Asn1 | undefined,
): NamesReading {
  const found = extensions.filter((extension) => contentOf(childrenOf(extension)[0]) === subjectAltName);
  const [extension] = found;
  if (extension === undefined) return { ok: true, names: [] };
  if (found.length > 1) return { ok: false, fault: 'two-san-extensions' };
  // Between the identifier and the content stands `critical`, where it is said.
  const content = childrenOf(extension).at(-1);
  const list = content?.type === octetString ? parse(contentOf(content)) : undefined;
  if (list === undefined) return { ok: false, fault: 'bad-names' };
  const names: FoundName[] = [];
  for (const node of childrenOf(list)) {
    const name = readName(node);
    if (name === undefined) return { ok: false, fault: 'bad-names' };
    names.push(name);
  }
  return { ok: true, names };
}

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 */
function readName(node: Asn1): FoundName | undefined {
  if (node.tagClass !== contextSpecific) return undefined;
  const isWhole = !node.constructed;
  switch (node.type) {
    case 0:
      return node.constructed ? { type: 'other', value: readOtherName(node) } : undefined;
    case 1:
      return isWhole ? readText('email', contentOf(node)) : undefined;
    case 2:
      return isWhole ? readText('dns', contentOf(node)) : undefined;
    case 3:
      return { type: 'other', value: 'x400Address' };
    case 4:
      return node.constructed ? { type: 'other', value: `dirName:${readDirectoryName(node)}` } : undefined;
    case 5:
      return { type: 'other', value: 'ediPartyName' };
    case 6:
      return isWhole ? readText('uri', contentOf(node)) : undefined;
    case 7:
      return isWhole ? readAddress(contentOf(node)) : undefined;
    case 8:
      return isWhole ? { type: 'other', value: `registeredID:${oidOf(contentOf(node))}` } : undefined;
    default:
      return undefined;
  }
}

/** A NUL ends the name for programs in C, and letters beyond ASCII have no meaning here, so such a name is no name. */
function readText(type: 'dns' | 'uri' | 'email', text: string): FoundName {
  const isPlain = /^[\u0020-\u007e]+$/.test(text);
  return isPlain ? { type, value: text } : { type: 'malformed', of: type, value: text };
}

function readAddress(content: string): FoundName {
  const value = ipFromBytes(Buffer.from(content, 'latin1'));
  return value === undefined ? { type: 'malformed', of: 'ip', value: hexOf(content) } : { type: 'ip', value };
}

/** `otherName:1.3.6.1.5.5.7.8.7:_sip.example.com`: its kind, then its text or else its bytes in hex. */
function readOtherName(node: Asn1): string {
  const [kind, wrapped] = childrenOf(node);
  return `otherName:${oidOf(contentOf(kind))}:${textOf(childrenOf(wrapped)[0])}`;
}

const attributes: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
]);

function readDirectoryName(node: Asn1): string {
  const parts = childrenOf(childrenOf(node)[0]).flatMap((set) => childrenOf(set));
  return parts
    .map((part) => {
      const [kind, value] = childrenOf(part);
      const oid = oidOf(contentOf(kind));
      return `${attributes.get(oid) ?? oid}=${textOf(value)}`;
    })
    .join(', ');
}

const utf8String = 12;
const printableString = 19;
const ia5String = 22;

function textOf(node: Asn1 | undefined): string {
  const content = contentOf(node);
  if (node?.tagClass !== 0) return hexOf(content);
  if (node.type === utf8String) return Buffer.from(content, 'latin1').toString('utf8');
  return node.type === printableString || node.type === ia5String ? content : hexOf(content);
}
