/** Why a text is refused as a name, and what is remarked on one that is taken: stable codes, each with its one sentence. */
import { display } from './display.ts';
import type { San } from './san.ts';

const refusals = {
  empty: 'no name was given',
  'control-character': 'it holds a character that is invisible or that a terminal would obey',
  'white-space': 'it holds white space',
  url: 'it is a URL, not a name',
  port: 'a certificate names hosts, not ports',
  brackets: 'brackets belong to URLs, not to addresses',
  range: 'it is an address range; a certificate names single addresses',
  zone: 'an address with a zone means something else on each machine',
  option: 'it reads like a command-line option',
  'number-like': 'it reads like an IP address but is none, and a DNS name must not end in a number',
  'too-long': 'a DNS name has at most 253 characters, and 63 between two dots',
  'wildcard-place': 'a wildcard is one whole label, the left-most, with a name after it (*.example.com)',
  'wildcard-broad': 'a wildcard for a whole top-level domain vouches for hosts that are not yours',
  underscore: 'kubeadm refuses names with an underscore',
  'bad-label': 'each part between dots starts and ends with a letter or a digit and is not empty',
  'bad-character': 'only letters, digits, hyphens and dots make a DNS name',
  'idn-invalid': 'its international letters do not make a valid DNS name',
  'idn-maps': 'it is written with characters that DNS turns into others',
  'unspecified-address': 'it is the unspecified address, which names no host; dial a real address instead',
  'multicast-address': 'it is a multicast address, which names no single host',
  'broadcast-address':
    'it is the broadcast address or one that was never given out, and names no single host',
  'metadata-address':
    'it is a cloud metadata service; a certificate for it would let this cluster impersonate it',
  'too-many': 'more than 1,000 names make every TLS handshake too large',
} as const;

export type SanRefusalCode = keyof typeof refusals;

export interface SanRefusal {
  readonly code: SanRefusalCode;
  readonly input: string;
  /** The corrected name, where there is one. */
  readonly suggestion?: string;
  /** The name all the same, where the refusal is a matter of policy that a named flag may lift. */
  readonly san?: San;
}

const notes = {
  trimmed: 'white space around it was dropped',
  'lower-cased': 'DNS names are written in lower case',
  'final-dot': 'its final dot was dropped',
  wildcard: 'it covers exactly one label: *.example.com covers a.example.com, not a.b.example.com',
  idn: 'it is written in the certificate with its A-label (xn--…)',
  'mixed-scripts': 'it mixes letters of several alphabets, as look-alike names do',
  'link-local': 'it is a link-local address, which other networks cannot reach',
  'ipv4-mapped': 'it is the same as the IPv4 address inside it',
  duplicate: 'it was named more than once',
  'many-names': 'with so many names, clients no longer list them in their errors',
} as const;

export type SanNote = keyof typeof notes;

export const sanRefusalCodes: readonly SanRefusalCode[] = Object.keys(refusals) as SanRefusalCode[];

/** The reason alone, for a place that names the text and the correction itself. */
export function sanRefusalReason({ code }: Pick<SanRefusal, 'code'>): string {
  return refusals[code];
}

/** `"https://x:6443/" is refused: it is a URL, not a name; did you mean x?` */
export function sanRefusalSentence(refusal: SanRefusal): string {
  const meant = refusal.suggestion === undefined ? '' : `; did you mean ${display(refusal.suggestion)}?`;
  return `"${display(refusal.input, 80)}" is refused: ${refusals[refusal.code]}${meant}`;
}

export function sanNoteSentence(note: SanNote): string {
  return notes[note];
}
