/** DNS names as kubeadm writes them into a certificate: lower case, no final dot, at most one left-most wildcard label. */
import { domainToASCII, domainToUnicode } from 'node:url';

/** Why a text is no DNS name that kubeadm would take. */
export type DnsFault =
  | 'number-like'
  | 'too-long'
  | 'wildcard-place'
  | 'underscore'
  | 'bad-label'
  | 'bad-character';

// kubeadm takes RFC 1123 subdomains and `*.` before one:
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/apis/kubeadm/validation/validation.go
const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** The last label is a number, so programs that read addresses loosely may take the name for one (`0x7f.1`, `10.0.0.300`). */
function endsInNumber(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return /^(?:\d+|0x[0-9a-f]*)$/i.test(last);
}

/** What is wrong with a lower-case ASCII name without its final dot, if anything. */
export function dnsFault(name: string): DnsFault | undefined {
  if (endsInNumber(name)) return 'number-like';
  if (name.length > 253) return 'too-long';
  const labels = name.split('.');
  const rest = labels[0] === '*' ? labels.slice(1) : labels;
  if (rest.length === 0 || rest.some((part) => part.includes('*'))) return 'wildcard-place';
  if (rest.some((part) => !/^[a-z0-9_-]*$/.test(part))) return 'bad-character';
  for (const part of rest) {
    if (part === '') return 'bad-label';
    if (part.includes('_')) return 'underscore';
    if (!label.test(part)) return 'bad-label';
    if (part.length > 63) return 'too-long';
  }
  return undefined;
}

export type Idn =
  | { readonly fault: 'idn-invalid' }
  | { readonly mapsTo: string }
  | { readonly ascii: string };

/** The A-labels of a name with letters outside ASCII; `mapsTo` when the name only looks like what it would become. */
export function idnToAscii(name: string): Idn {
  const ascii = domainToASCII(name);
  if (ascii === '' || idnToUnicode(ascii) === undefined) return { fault: 'idn-invalid' };
  const folded = name.toLowerCase().normalize('NFC').replace(/\.$/, '');
  const shown = domainToUnicode(ascii).replace(/\.$/, '');
  return shown === folded ? { ascii } : { mapsTo: ascii.replace(/\.$/, '') };
}

/** The letters behind A-labels, or undefined when an `xn--` label is broken. */
export function idnToUnicode(name: string): string | undefined {
  const letters = name.split('.').map((part) => (part.startsWith('xn--') ? lettersOf(part) : part));
  return letters.includes(undefined) ? undefined : letters.join('.');
}

/** Node 24.21 and 26.10 let a broken A-label pass where 20.20 and 22.23 do not, so the way there and back is checked here. */
function lettersOf(part: string): string | undefined {
  const letters = domainToUnicode(part);
  return letters !== part && domainToASCII(letters) === part ? letters : undefined;
}

const scripts = ['Latin', 'Greek', 'Cyrillic', 'Armenian', 'Cherokee', 'Arabic', 'Hebrew', 'Han'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
);

/** Letters of more than one alphabet in one label: how look-alike names are made. */
export function mixesScripts(name: string): boolean {
  return name.split('.').some((part) => scripts.filter((script) => script.test(part)).length > 1);
}
