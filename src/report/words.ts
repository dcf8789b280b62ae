/** Small turns of phrase that all formats share. */
import type { Diagnosis, NamedSan } from '../model/diagnosis.ts';
import { display } from '../model/display.ts';
import { causes } from '../model/cause.ts';

export function times(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count.toLocaleString('en-GB')} times`;
}

export function someOf(items: readonly string[], most = 5): string {
  const shown = items.slice(0, most).map((item) => display(item, 80));
  const rest = items.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** `said 6 times by kubectl, of 10.220.70.56:6443` */
export function saidBy({
  count,
  clients,
  endpoints,
}: Pick<NamedSan, 'count' | 'clients' | 'endpoints'>): string {
  const by = clients.length > 0 ? ` by ${someOf(clients)}` : '';
  const of = endpoints.length > 0 ? ` of ${someOf(endpoints)}` : '';
  return `said ${times(count)}${by}${of}`;
}

/** The answer in one sentence. */
export function headline({ names, causes: found }: Diagnosis): string {
  const missing = names.filter((name) => name.verdict === 'add');
  if (missing.length === 1) return 'A name is missing from the API server certificate.';
  if (missing.length > 1)
    return `${missing.length.toLocaleString('en-GB')} names are missing from the API server certificate.`;
  const [first] = found;
  if (first === undefined || first.code === 'unknown') return 'Nothing in this text was understood.';
  if (first.code === 'san-missing') {
    return names.some((name) => name.refusal !== undefined)
      ? 'A name is missing from the certificate, but it cannot be added as it is.'
      : 'A name is missing from the certificate; the text does not say which.';
  }
  const means = causes[first.code].means;
  return `Not a missing name: ${means}.`;
}
