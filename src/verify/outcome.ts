/** What one handshake says of one name: whether a client that dials it would be content. */
import type { Certificate } from '../model/certificate.ts';
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
  const { chain, isTrusted, isTrustedByPod, caOutOfDate } = result;
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
  if (caOutOfDate !== undefined) return { outcome: 'out-of-date', detail: `its CA is ${caOutOfDate}` };
  const fault = faultOf(leaf);
  if (fault !== undefined) return { outcome: 'rejected', detail: fault };
  return isHeld ? { outcome: 'good' } : { outcome: 'missing', detail: `serial ${leaf.serial}` };
}

/**
 * What clients refuse in a certificate of the right CA with the right names:
 * https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/verify.go and x509.go (InsecureAlgorithmError)
 */
function faultOf({ extendedKeyUsage, signatureAlgorithm }: Certificate): string | undefined {
  if (extendedKeyUsage.length > 0 && !extendedKeyUsage.some((one) => forServers.has(one)))
    return 'its certificate is not for servers (extended key usage), so clients refuse it';
  return /^(?:md5|sha1)-/.test(signatureAlgorithm)
    ? `its certificate is signed with ${signatureAlgorithm}, which clients refuse`
    : undefined;
}

/** serverAuth, and any use: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12 */
const forServers: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.3.1', '2.5.29.37.0']);

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
