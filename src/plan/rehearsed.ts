/** What a node's own kubeadm made of the plan, put beside it: all of it is as planned, or the plan is refused. */
import { type Certificate, isSignedBy } from '../model/certificate.ts';
import type { NodePlan, Plan, Refusal, Risk } from '../model/plan.ts';
import { exitCodes } from '../model/exit-code.ts';
import type { Rehearsed } from '../model/rehearsal.ts';
import { looseSan, sanKey } from '../model/san.ts';
import { algorithmOf } from './validity.ts';

/** The node's configuration for a folder other than the one that it is staged in; undefined where that form is withheld. */
export function configurationFor({ forms }: NodePlan): ((folder: string) => string) | undefined {
  const form = forms?.config;
  if (form === undefined || 'withheld' in form) return undefined;
  const staging = form.argv.find((word) => word.startsWith('--config='))?.slice('--config='.length);
  const folder = staging?.slice(0, staging.lastIndexOf('/'));
  return folder === undefined ? undefined : (scratch) => form.file.replaceAll(folder, scratch);
}

export interface RehearsedNode {
  readonly node: string;
  readonly ca: Certificate | undefined;
  readonly rehearsed: Rehearsed;
}

export function withRehearsals(plan: Plan, all: readonly RehearsedNode[]): Plan {
  const byNode = new Map(plan.nodes.map((one) => [one.node, one]));
  const refusals = all.flatMap((one): readonly Refusal[] => {
    const node = byNode.get(one.node);
    const faults = node === undefined ? ['it is not planned'] : faultsOf(node, one);
    return faults.map((detail) => ({
      code: 'rehearsal-differs',
      node: one.node,
      detail,
      remedy:
        'nothing was changed; report it with this plan and with what kubeadm said, and do not go on by hand',
      commands: [],
    }));
  });
  const proven = all.flatMap(({ node, rehearsed }) =>
    rehearsed.state === 'signed' ? [{ node, serial: rehearsed.certificate.serial }] : [],
  );
  const tried = new Set(all.map(({ node }) => node));
  // It was asked for, and a quiet run says nothing else of it.
  const risks = plan.nodes
    .filter(({ node, action }) => action === 'reissue' && !tried.has(node))
    .map(({ node }): Risk => ({
      code: 'not-rehearsed',
      node,
      detail: 'its kubeadm was not tried: there is no configuration that it could be given',
    }));
  if (refusals.length === 0) return { ...plan, risks: [...plan.risks, ...risks], rehearsed: proven };
  return {
    ...plan,
    exitCode: exitCodes.refused.code,
    // Nobody is to paste a command of a plan that its own kubeadm contradicts.
    nodes: plan.nodes.map(withoutForms),
    refusals: [...plan.refusals, ...refusals],
    next: [],
  };
}

function withoutForms(node: NodePlan): NodePlan {
  const { forms: _, ...rest } = node;
  return rest;
}

function faultsOf(node: NodePlan, { ca, rehearsed }: RehearsedNode): readonly string[] {
  if (rehearsed.state === 'failed') return [`its kubeadm signed nothing: ${rehearsed.why}`];
  const { certificate, keyFingerprint, touched, left } = rehearsed;
  return [
    ...pairFaults(node, { certificate, keyFingerprint, ca }),
    ...touched.map((path) => `${path} was changed meanwhile, by whomever`),
    ...(left === undefined ? [] : [`the folder ${left} could not be taken away; it holds a key: remove it`]),
  ];
}

export interface MadePair {
  readonly certificate: Certificate;
  /** SHA-256 of the public half of the key that was made. */
  readonly keyFingerprint: string;
  readonly ca: Certificate | undefined;
}

/** What about a pair that kubeadm made is not as planned, in clauses: names, algorithm, use, CA, key and time. */
export function pairFaults(
  { names, certificate: planned }: NodePlan,
  { certificate, keyFingerprint, ca }: MadePair,
): readonly string[] {
  const wanted = new Set(names.filter(({ fate }) => fate !== 'removed').map(({ san }) => sanKey(san)));
  const made = new Set(
    certificate.names.map(({ type, value }) => {
      const san = looseSan(value);
      return san === undefined ? `${type} ${value}` : sanKey(san);
    }),
  );
  const lacks = [...wanted].filter((key) => !made.has(key));
  const more = [...made].filter((key) => !wanted.has(key));
  const hours = (Date.parse(certificate.notAfter) - Date.parse(certificate.notBefore)) / 3_600_000;
  const algorithm = algorithmOf(certificate.key) ?? 'another one';
  return [
    ...(lacks.length === 0 ? [] : [`its kubeadm left out ${lacks.join(', ')}`]),
    ...(more.length === 0 ? [] : [`its kubeadm added ${more.join(', ')}`]),
    ...(algorithm === planned.algorithm
      ? []
      : [`its kubeadm made a key of ${algorithm}, not of ${planned.algorithm}`]),
    ...(certificate.extendedKeyUsage.join(' ') === serverAuth
      ? []
      : [`its kubeadm allowed other uses: ${certificate.extendedKeyUsage.join(', ')}`]),
    ...(ca !== undefined && isSignedBy(certificate, ca) ? [] : ['what its kubeadm signed is not of the CA']),
    ...(keyFingerprint === certificate.keyFingerprint ? [] : ['key and certificate do not belong together']),
    // kubeadm dates a certificate back to when the CA was made, by minutes or by years.
    ...(hours + 1 >= planned.validityHours
      ? []
      : [`it would be valid for ${Math.round(hours)} hours, not for ${Math.round(planned.validityHours)}`]),
  ];
}

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12 */
const serverAuth = '1.3.6.1.5.5.7.3.1';
