/** What one handshake says of one name: whether a client that dials it would be content. */
import { probeTroubleText } from '../model/probe-words.ts';
import { isCovered } from '../model/san.ts';
import type { Dial, Outcome, Seen } from '../model/verification.ts';

export const notTried: Seen = { outcome: 'not-tried' };

/** `at`: our clock. A name that is to be gone is good where the certificate no longer holds it. */
export function seenBy({ place, result, san }: Dial, at: string, isGone = false): Seen {
  switch (result.state) {
    case 'accepted':
      if (place.kind === 'pod' && result.isTrustedByPod === false)
        return { outcome: 'untrusted', detail: "the node's CA verifies it, and the pod has another" };
      return isGone ? { outcome: 'still-there' } : { outcome: 'good' };
    case 'rejected':
      // curl says of the name what it would say of the chain, so this proves nothing of a name that is to be gone.
      return isGone
        ? { outcome: 'not-tried', detail: result.detail }
        : { outcome: 'rejected', detail: result.detail };
    case 'failed':
      return { outcome: 'unreachable', detail: probeTroubleText(result) };
    case 'served':
      break;
  }
  const { chain, isTrusted, isTrustedByPod } = result;
  const [leaf] = chain;
  const trust = place.kind === 'pod' ? (isTrustedByPod ?? isTrusted) : isTrusted;
  if (leaf === undefined || trust === false)
    return {
      outcome: 'untrusted',
      ...(leaf === undefined ? {} : { detail: `${leaf.subject}, issued by ${leaf.issuer}` }),
    };
  if (trust === undefined) return { outcome: 'not-tried', detail: 'no CA is known to verify it with' };
  const held = leaf.names.flatMap((name) => (name.type === 'dns' || name.type === 'ip' ? [name] : []));
  const isHeld = isCovered(held, san);
  if (isGone) return { outcome: isHeld ? 'still-there' : 'good' };
  if (leaf.notAfter < at || leaf.notBefore > at)
    return { outcome: 'out-of-date', detail: `valid from ${leaf.notBefore} to ${leaf.notAfter}` };
  return isHeld ? { outcome: 'good' } : { outcome: 'missing', detail: `serial ${leaf.serial}` };
}

const order: readonly Outcome[] = [
  'still-there',
  'untrusted',
  'missing',
  'out-of-date',
  'rejected',
  'good',
  'unreachable',
  'not-tried',
];

/** Of several looks from one place the worst that was seen; of two addresses of one API server, one that answers is enough. */
export function worst(seen: readonly Seen[]): Seen {
  return (
    seen.toSorted((one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome))[0] ?? notTried
  );
}

export function isBad({ outcome }: Seen): boolean {
  return outcome !== 'good' && outcome !== 'not-tried' && outcome !== 'unreachable';
}
