/** How a plan ends: the exit code, and what to type next. */
import { type ExitCode, type ExitName, exitCodes, worstExit } from '../model/exit-code.ts';
import type { Inspection, NextStep } from '../model/inspection.ts';
import type { DurableChange, NodePlan, Refusal } from '../model/plan.ts';
import type { Ask } from './ask.ts';
import { shellWord } from './signing.ts';
import type { Subject } from './subject.ts';

export interface Outcome {
  readonly inspection: Inspection;
  readonly ask: Ask;
  readonly nodes: readonly NodePlan[];
  readonly durable: readonly DurableChange[];
  readonly refusals: readonly Refusal[];
  readonly subjects: readonly Subject[];
}

/** 8 only where nothing else remains: an operator behind a proxy must be able to mend the cluster. */
export function exitOf(outcome: Outcome): ExitCode {
  const { inspection, refusals, subjects } = outcome;
  const exits: ExitName[] = [];
  const isElsewhere = isNotTheCertificate(outcome);
  if (inspection.exitCode === exitCodes.authentication.code) exits.push('authentication');
  if (inspection.exitCode === exitCodes.temporary.code && subjects.length === 0)
    return exitCodes.temporary.code;
  if (refusals.length > 0) exits.push('refused');
  else if (hasChanges(outcome)) exits.push('changesNeeded');
  else if (isElsewhere) exits.push('notSan');
  else if (lacksSomething(inspection)) exits.push('changesNeeded');
  // Without any node there is nobody to sign.
  if (exits.length === 0 && subjects.length === 0) exits.push('failed');
  return worstExit(exits);
}

function hasChanges({ nodes, durable }: Outcome): boolean {
  return nodes.some(({ action }) => action !== 'nothing') || durable.some(({ kind }) => kind !== 'advice');
}

function isNotTheCertificate({ inspection, ask }: Outcome): boolean {
  const wasOtherCause = (ask.leftOut ?? []).length > 0 && ask.wishes.length === 0;
  return inspection.verdict === 'not-the-certificate' || wasOtherCause;
}

/** Such as the kubeconfig's own server, which is planned only when it is asked for by name; or a CA that is past its end. */
function lacksSomething({ findings }: Inspection): boolean {
  // What was not read is refused, or left out knowingly.
  return findings.some(({ code, severity }) => severity === 'error' && code !== 'not-read');
}

export function nextOf(outcome: Outcome): readonly NextStep[] {
  const { inspection, refusals, nodes, ask } = outcome;
  // Each refusal has its own way out; what to do about an interceptor goes for all.
  if (refusals.length > 0) return isNotTheCertificate(outcome) ? fromInspection(outcome) : [];
  if (!hasChanges(outcome)) {
    const isElsewhere = isNotTheCertificate(outcome);
    return isElsewhere || inspection.suggestions.length > 0 ? fromInspection(outcome) : [];
  }
  const signs = nodes.filter(({ action }) => action === 'reissue').map(({ node }) => node);
  const restarts = nodes.filter(({ action }) => action === 'restart').map(({ node }) => node);
  const steps: NextStep[] = [];
  const names = ask.wishes.map((one) => ` ${flagFor(one)}`).join('');
  if (
    signs.length > 0 ||
    restarts.length > 0 ||
    outcome.durable.some(({ kind }) => kind === 'kubeadm-config')
  )
    steps.push({
      where: 'here',
      why: 'do it, one control plane after the other, each proven before the next; with the same options as now',
      command: `fix-sans apply${names}`,
      takesOptions: true,
    });
  if (signs.length > 0)
    steps.push({
      where: 'here',
      why: 'or by hand: the script of each control plane, for one after the other; with the same options',
      command: 'fix-sans plan --runbooks ./runbooks',
      takesOptions: true,
    });
  if (restarts.length > 0)
    steps.push({
      where: 'control-plane',
      why: 'or by hand: the certificate on disk is right and is not taken, so restart only this container, one node at a time',
      command: 'crictl ps --name kube-apiserver -q | xargs -r crictl stop',
    });
  steps.push({
    where: 'here',
    why: 'afterwards: the proof by handshakes, with the same options',
    command: `fix-sans verify${names}`,
    takesOptions: true,
  });
  return steps;
}

function flagFor({ san }: Ask['wishes'][number]): string {
  return `--san ${shellWord(san.value)}`;
}

/** Without what leads here. */
function fromInspection({ inspection }: Outcome): readonly NextStep[] {
  return inspection.next
    .filter(({ command }) => command !== 'fix-sans plan' && command !== 'fix-sans apply')
    .map(asPlan);
}

function asPlan(step: NextStep): NextStep {
  return { ...step, command: step.command.replace(/^fix-sans inspect --san /, 'fix-sans plan --san ') };
}
