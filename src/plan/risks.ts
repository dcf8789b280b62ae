/** What goes along with a plan and should be known before it is carried out. */
import type { Inspection } from '../model/inspection.ts';
import type { Risk } from '../model/plan.ts';
import { formatSan, type San } from '../model/san.ts';
import type { Ask } from './ask.ts';
import { healthRisks } from './health.ts';
import type { Draft } from './make-plan.ts';
import type { Made } from './signing-of.ts';
import { minorOf } from './subject.ts';

interface Risky {
  readonly inspection: Inspection;
  readonly ask: Ask;
  readonly drafts: readonly Draft[];
  readonly makes: ReadonlyMap<string, Made>;
  readonly answered: readonly San[];
}

/** None where nothing is to be signed. */
export function risksOf({ inspection, ask, drafts, makes, answered }: Risky): readonly Risk[] {
  if (makes.size === 0) return [];
  const { facts } = inspection;
  const risks: Risk[] = [];
  if (drafts.length === 1 && (facts.api?.controlPlanes?.length ?? 1) <= 1)
    risks.push({
      code: 'single-control-plane',
      detail: 'there is one control plane: no other one answers if its API server has to be restarted',
    });
  if (facts.api?.kubeadmConfig === undefined)
    risks.push({
      code: 'api-unread',
      detail:
        'kubeadm-config could not be read, so kubeadm is told what the node itself shows; compare it with what you know of the cluster',
    });
  const subjects = drafts.map(({ subject }) => subject);
  risks.push(...healthRisks(inspection, subjects, new Set(makes.keys())));
  for (const { subject, reasons, names } of drafts) {
    const made = makes.get(subject.name);
    if (made !== undefined) risks.push(...ofNode(subject.name, made, facts.readAt));
    if (subject.lost.length > 0 && made !== undefined)
      risks.push({
        code: 'lost-names',
        node: subject.name,
        detail: `kubeadm cannot write these names, so they are lost: ${subject.lost.map(({ type, value }) => `${type}:${value}`).join(', ')}`,
      });
    if (reasons.includes('no-certificate'))
      risks.push({
        code: 'names-unknown',
        node: subject.name,
        detail:
          'there is no certificate to keep names of; only what is configured, served and asked for will be in the new one',
      });
    const minor = minorOf(subject.told.kubernetesVersion);
    const isStuck = subject.served !== undefined && subject.served.fingerprint !== subject.leaf?.fingerprint;
    if (made !== undefined && ((minor > 0 && minor < 17) || isStuck))
      risks.push({
        code: 'restart-fallback',
        node: subject.name,
        detail: isStuck
          ? 'its API server serves another certificate than the one on disk, so it may need a restart to take the new one'
          : 'an API server before 1.17 takes a new certificate only when it is restarted',
      });
    const breaks = names.names.filter((one) => one.fate === 'removed' && one.breaks.length > 0);
    for (const { san, breaks: who } of breaks)
      risks.push({
        code: 'breaks',
        node: subject.name,
        detail: `without ${formatSan(san)} these break: ${who.join(', ')}`,
      });
  }
  if (ask.accepted.uninspected === true)
    risks.push({
      code: 'not-inspected',
      detail:
        'control planes that nobody looked at keep their certificates: calls that reach them go on failing',
    });
  for (const san of answered)
    risks.push({
      code: 'answered-elsewhere',
      detail: `${formatSan(san)} is planned although something else answers on it`,
    });
  return risks;
}

function ofNode(node: string, { certificate, validity, algorithm }: Made, readAt: string): readonly Risk[] {
  const risks: Risk[] = [];
  if (certificate.isShorter)
    risks.push({
      code: 'validity',
      node,
      detail: `today's certificate is valid until ${certificate.notAfterToday ?? ''}, the new one for ${Math.round(validity.hours / 24)} days from ${readAt.slice(0, 10)}`,
    });
  if (algorithm.differsFrom !== undefined)
    risks.push({
      code: 'algorithm',
      node,
      detail: `the key will be ${algorithm.algorithm}; today it is ${algorithm.differsFrom}`,
    });
  return risks;
}
