/** Which of the names that were asked for may be added: by their kind, by the site's policy, by who answers on them. */
import { isInRange, parseRange } from '../flavours/service-range.ts';
import type { Finding } from '../model/finding.ts';
import type { Inspection } from '../model/inspection.ts';
import { canonicalIp } from '../model/ip.ts';
import type { Refusal } from '../model/plan.ts';
import { sanRefusalSentence } from '../model/san-refusal.ts';
import { formatSan, type San, sanKey } from '../model/san.ts';
import { parseServerAddress } from '../model/server-address.ts';
import { type Ask, type AskedName, flagOf, type NamePolicy } from './ask.ts';

export interface Judged {
  /** Keys of the names that are not planned. */
  readonly refused: ReadonlySet<string>;
  readonly refusals: readonly Refusal[];
  /** Names that are planned although something else answers on them. */
  readonly answered: readonly San[];
}

/** Names that every certificate holds already are not asked about again. */
export function judgeWishes(inspection: Inspection, ask: Ask, held: (san: San) => boolean): Judged {
  const refused = new Set<string>();
  const refusals: Refusal[] = [];
  const answered: San[] = [];
  for (const wish of ask.wishes) {
    if (held(wish.san)) continue;
    const elsewhere = whoAnswers(inspection, wish.san);
    const refusal = refusalOf(wish, ask, elsewhere);
    if (refusal === undefined) {
      if (elsewhere !== undefined) answered.push(wish.san);
      continue;
    }
    refused.add(sanKey(wish.san));
    refusals.push(refusal);
  }
  return { refused, refusals, answered };
}

function refusalOf(
  { san, from, special }: AskedName,
  { accepted, policy }: Ask,
  elsewhere: string | undefined,
): Refusal | undefined {
  const shown = formatSan(san);
  if (special !== undefined && accepted.specialNames !== true)
    return refuse(
      'name-refused',
      sanRefusalSentence({ code: special, input: san.value }),
      `leave it out, or take the responsibility with ${flagOf.specialNames}`,
    );
  if (!isAllowed(san, policy))
    return refuse(
      'policy',
      `${shown} is not among the names that policy.allow of fix-sans.yaml lets in`,
      'leave it out, or have the policy changed',
    );
  const isVouchedFor = policy.allow !== undefined;
  if (from === 'text' && accepted.pastedNames !== true && !isVouchedFor)
    return refuse(
      'unconfirmed-name',
      `${shown} comes from a text that was pasted, which anybody may have written`,
      `confirm the names with ${flagOf.pastedNames}, or let policy.allow of fix-sans.yaml name them`,
    );
  if (elsewhere !== undefined && accepted.answeredNames !== true)
    return refuse(
      'name-elsewhere',
      `${shown}: ${elsewhere}`,
      `see who answers there before the cluster vouches for that name; if it is right all the same, ${flagOf.answeredNames}`,
    );
  return undefined;
}

function refuse(code: Refusal['code'], detail: string, remedy: string): Refusal {
  return { code, detail, remedy, commands: [] };
}

/** No list lets everything in; an empty one lets nothing in. */
export function isAllowed(san: San, { allow }: NamePolicy): boolean {
  return allow === undefined || allow.some((pattern) => fits(pattern, san));
}

function fits(pattern: string, { type, value }: San): boolean {
  if (type === 'ip') {
    if (!pattern.includes('/')) return canonicalIp(pattern) === value;
    const range = parseRange(pattern);
    return range !== undefined && isInRange(range, value);
  }
  const wanted = pattern.toLowerCase().replace(/\.$/, '');
  return wanted.startsWith('*.') ? value.endsWith(wanted.slice(1)) : value === wanted;
}

/** In a clause: who else shows a certificate of its own where this name leads to. */
function whoAnswers({ findings }: Inspection, { value }: San): string | undefined {
  for (const finding of findings) {
    const said = answerIn(finding);
    if (said !== undefined && parseServerAddress(said.endpoint)?.san.value === value) return said.clause;
  }
  return undefined;
}

function answerIn({
  code,
  args,
}: Finding): { readonly endpoint: string; readonly clause: string } | undefined {
  if (code !== 'wrong-endpoint' && code !== 'intercepted') return undefined;
  const { endpoint, subject, issuer } = args;
  const whose =
    code === 'intercepted' ? 'something between here and there answers' : 'another server answers';
  return {
    endpoint,
    clause: `${whose} on ${endpoint} with a certificate that the CA of this cluster did not sign (${subject}, by ${issuer})`,
  };
}
