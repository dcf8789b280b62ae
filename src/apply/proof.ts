/** Whether what was staged, and later what is served, is what was planned. Clauses of what is wrong; none where all holds. Pure. */
import type { Certificate } from '../model/certificate.ts';
import { formatSan, isCovered, looseSan, type San } from '../model/san.ts';
import { pairFaults } from '../plan/rehearsed.ts';
import type { Proved, Staged } from './replies.ts';
import { plannedNames, sniOf, type Task } from './task.ts';

/** The node's clock may be that far from ours; beyond, the plan is refused before. */
const clockToleranceMs = 5 * 60_000;

/** Go verifies no other; SHA-1 it gave up in 1.18: https://go.dev/doc/go1.18#sha1 */
const taken: ReadonlySet<string> = new Set([
  'sha256-rsa',
  'sha384-rsa',
  'sha512-rsa',
  'rsa-pss',
  'sha256-ecdsa',
  'sha384-ecdsa',
  'sha512-ecdsa',
  'ed25519',
]);

export function stagedFaults(
  task: Task,
  { certificate, keyFingerprint }: Pick<Staged, 'certificate' | 'keyFingerprint'>,
  now: Date,
): readonly string[] {
  const { plan, ca, before, signed } = task;
  const time = now.getTime();
  const made = pairFaults(plan, { certificate, keyFingerprint, ca });
  return [
    ...(signed === undefined ? made : [...made.flatMap(ofSomebodyElse), ...shorter(signed, task)]),
    ...(taken.has(certificate.signatureAlgorithm)
      ? []
      : [`it is signed with ${certificate.signatureAlgorithm}, which no client of Kubernetes takes`]),
    ...(certificate.isCa ? ['it is a CA'] : []),
    ...(Date.parse(certificate.notBefore) > time + clockToleranceMs ? ['it is not valid yet'] : []),
    ...(Date.parse(certificate.notAfter) <= time ? ['it has expired already'] : []),
    ...(before?.fingerprint === certificate.fingerprint
      ? ['it is the certificate that is in use already']
      : []),
  ];
}

/** Of what was handed in, before anything is begun anywhere. */
export function signedFaults(task: Task, now: Date): readonly string[] {
  const { signed } = task;
  return signed === undefined
    ? []
    : stagedFaults(task, { certificate: signed, keyFingerprint: signed.keyFingerprint }, now);
}

/** Whoever holds the CA, and gives what time they give. */
function ofSomebodyElse(clause: string): readonly string[] {
  if (clause.startsWith('it would be valid for')) return [];
  return [
    clause.replace('what its kubeadm signed', 'what was signed').replace('its kubeadm', 'who signed it'),
  ];
}

function shorter(signed: Certificate, { before, acceptsShorter }: Task): readonly string[] {
  if (before === undefined || acceptsShorter === true) return [];
  return Date.parse(signed.notAfter) >= Date.parse(before.notAfter)
    ? []
    : [
        `it ends on ${signed.notAfter}, before that of today on ${before.notAfter} (--accept-shorter-validity takes it all the same)`,
      ];
}

/** Before what is said of the health of one that is told to elect no leader, and so renews no lease. */
const alone = 'alone ';

function isAlone(look: string): boolean {
  return look.startsWith(alone);
}

/** Good looks in a row, one look apart. */
export const goodLooks = 3;

export function servingFaults(task: Task, staged: Certificate, proved: Proved): readonly string[] {
  const { served } = proved;
  if (served === undefined) return ['nothing is served, or nothing that can be read'];
  if (served.fingerprint !== staged.fingerprint)
    return ['another certificate is served than the one that was staged'];
  const names = plannedNames(task.plan).filter((san) => !isServedFor(san, task, staged, proved));
  return [
    ...(names.length === 0
      ? []
      : [`no certificate that covers it is served for ${names.map(formatSan).join(', ')}`]),
    ...healthFaults(proved),
  ];
}

/** Of all API servers that were asked, and of the two that renew leases. */
export function healthFaults({ good, samples, leases }: Proved): readonly string[] {
  const looked = ['kube-controller-manager', 'kube-scheduler'].map((lease) => ({
    lease,
    first: leases.first.get(lease) ?? '',
    last: leases.last.get(lease) ?? '',
  }));
  const stale = looked.filter(
    ({ first, last }) => !isAlone(last) && (first === '' || last === '' || first === last),
  );
  const ill = looked.filter(({ last }) => isAlone(last) && last !== `${alone}ok`);
  return [
    ...(good >= goodLooks
      ? []
      : [`the API servers were not ready three times in a row${lastTrouble(samples)}`]),
    ...(stale.length === 0
      ? []
      : [`the lease of ${stale.map(({ lease }) => lease).join(' and ')} was not renewed`]),
    ...ill.map(
      ({ lease, last }) =>
        `${lease} elects no leader, and of its health it says: ${last.slice(alone.length, alone.length + 200)}`,
    ),
  ];
}

/** A client that dials an address sends no name, and is served what is served without one. */
function isServedFor(san: San, { others }: Task, staged: Certificate, { named }: Proved): boolean {
  const name = sniOf(san);
  if (name === undefined) return holds(staged, san);
  const fingerprint = named.get(name);
  const shown = [staged, ...others].find((one) => one.fingerprint === fingerprint);
  return shown !== undefined && holds(shown, san);
}

function holds(certificate: Certificate, san: San): boolean {
  return isCovered(
    certificate.names.flatMap(({ value }) => looseSan(value) ?? []),
    san,
  );
}

function lastTrouble(samples: readonly string[]): string {
  const bad = samples.findLast((line) => !line.endsWith(' ready'));
  return bad === undefined ? '' : `: ${bad.slice(0, 300)}`;
}
