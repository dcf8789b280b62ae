/** Small turns of phrase that all formats share. */
import { causes } from '../model/cause.ts';
import type { Diagnosis, NamedSan } from '../model/diagnosis.ts';
import { display } from '../model/display.ts';

export function times(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count.toLocaleString('en-GB')} times`;
}

export function someOf(items: readonly string[], most = 5): string {
  const shown = items.slice(0, most).map((item) => display(item, 80));
  const rest = items.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** `6 times by kubectl, dialling 10.220.70.56:6443` */
export function saidBy({
  count,
  clients,
  endpoints,
}: Pick<NamedSan, 'count' | 'clients' | 'endpoints'>): string {
  const by = clients.length > 0 ? ` by ${someOf(clients)}` : '';
  const of = endpoints.length > 0 ? `, dialling ${someOf(endpoints)}` : '';
  return `${times(count)}${by}${of}`;
}

/** The answer in one sentence, with the name in it. */
export function headline({ names, causes: found, certificates }: Diagnosis): string {
  const missing = names.filter((name) => name.verdict === 'add').map(({ value }) => value);
  if (missing.length > 0) {
    const are = missing.length === 1 ? 'is' : 'are';
    return `${someOf(missing, 3)} ${are} missing from the API server certificate.`;
  }
  const [first] = found;
  if (first === undefined || first.code === 'unknown') {
    return certificates.length > 0
      ? 'No error in this text that is known, but a certificate.'
      : 'Nothing in this text was understood as a TLS error.';
  }
  if (first.code === 'san-missing') {
    const refused = names.find((name) => name.refusal !== undefined);
    return refused === undefined
      ? 'A name is missing from the certificate; the text does not say which.'
      : `${display(refused.value, 80)} is missing from the certificate, but cannot be added as it is.`;
  }
  if (first.code === 'intercepted') {
    return 'Not a missing name: probably TLS interception. Do not touch the cluster.';
  }
  return `Not a missing name: ${causes[first.code].means}.`;
}

export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

export function sentence(text: string): string {
  return `${capital(text)}.`;
}

export const placeOf = { here: 'here', 'control-plane': 'on a control plane, as root' } as const;
