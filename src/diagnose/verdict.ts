/** The answer in a word, and the exit code. */
import { type ExitCode, type ExitName, worstExit } from '../model/exit-code.ts';
import type { Finding, FindingCode } from '../model/finding.ts';
import type { Verdict } from '../model/inspection.ts';
import { isRefusal, type ReachTroubleCode } from '../model/trouble.ts';
import type { Context } from './context.ts';
import { isNoControlPlane } from './no-control-plane.ts';

/** A certificate lacks a name, or one that has it is not the one in use. */
function isAboutNames({ code, args }: Finding): boolean {
  return (
    code === 'san-missing' ||
    code === 'one-backend-stale' ||
    (code === 'not-reloaded' && args.names.length > 0)
  );
}

/** The trouble is on the way to the API server, or in what a client trusts. */
const notTheCertificate: ReadonlySet<FindingCode> = new Set([
  'intercepted',
  'proxy-cannot-reach-upstream',
  'wrong-endpoint',
  'stale-ca',
]);

/** Something answers, and another port is meant: no later try finds an API server there. */
function isNotTls({ code, args }: Finding): boolean {
  return code === 'endpoint-unreachable' && args.trouble === 'not-tls';
}

const unanswered: ReadonlySet<ReachTroubleCode> = new Set([
  'dns',
  'refused',
  'unreachable',
  'timeout',
  'reset',
  'bastion',
  'link-lost',
]);

export function verdictOf(
  context: Context,
  findings: readonly Finding[],
): { readonly verdict: Verdict; readonly exitCode: ExitCode } {
  const toDo = findings.filter(({ severity }) => severity !== 'info');
  const has = (codes: ReadonlySet<FindingCode>) => toDo.some(({ code }) => codes.has(code));
  const isForeign = findings.some(({ code }) => code === 'other-tool');
  const hasNames = toDo.some(isAboutNames);
  const isElsewhere = (has(notTheCertificate) || toDo.some(isNotTls)) && !hasNames;
  const trouble = toDo.filter(({ code }) => !ofReading.has(code));
  // That the API could not be read leaves a clean bill open; a trouble that was found stands by itself, and often is the reason.
  const isUncounted = trouble.length === 0 && toDo.some(({ code }) => code === 'api-unread');
  const partial = isUncounted || isPartial(context, toDo);
  const hasSeen = sawSomething(context);
  const exits: ExitName[] = [...reachExits(context)];
  // Where no machine was what it was named for, nothing is done in part.
  if (isNowhere(context)) exits.push('failed');
  else if (partial) exits.push('partial');
  if (isForeign) exits.push('refused');
  else if (isElsewhere) exits.push('notSan');
  else if (trouble.length > 0 && hasSeen) exits.push('changesNeeded');
  const word = (): Verdict => {
    if (isForeign) return 'other-tool';
    if (hasNames) return 'names-missing';
    if (isElsewhere) return 'not-the-certificate';
    if (trouble.length > 0 && hasSeen) return 'to-fix';
    // Nothing bad was seen, but not everything was.
    return partial || exits.length > 0 || !hasSeen ? 'unknown' : 'healthy';
  };
  const verdict = word();
  if (exits.length === 0 && verdict === 'unknown') exits.push('temporary');
  return { verdict, exitCode: worstExit(exits) };
}

/** These say what could not be seen; the exit code has words of its own for that. */
const ofReading: ReadonlySet<FindingCode> = new Set([
  'not-read',
  'api-unread',
  'partly-read',
  'path-not-proven',
  'control-plane-not-inspected',
  'no-control-plane',
]);

function isPartial({ facts }: Context, toDo: readonly Finding[]): boolean {
  const troubles = facts.nodes.flatMap(({ result }) =>
    result.state === 'unread' ? [result.trouble.code] : [],
  );
  const isSilent = troubles.length === facts.nodes.length && troubles.every((code) => unanswered.has(code));
  // Where no node answered at all, that is what is said.
  if (troubles.length > 0 && !isSilent) return true;
  return toDo.some(({ code }) => code !== 'not-read' && code !== 'api-unread' && ofReading.has(code));
}

function isNowhere({ facts, backends }: Context): boolean {
  const named = facts.nodes.filter(({ node }) => node.role === 'control-plane');
  return (
    named.length > 0 &&
    backends.length === 0 &&
    named.every(({ result }) => result.state === 'read' && isNoControlPlane(result.facts))
  );
}

function reachExits({ facts }: Context): readonly ExitName[] {
  const troubles = facts.nodes.flatMap(({ result }) => (result.state === 'unread' ? [result.trouble] : []));
  if (troubles.some(isRefusal)) return ['authentication'];
  const isSilent = troubles.length > 0 && troubles.length === facts.nodes.length;
  return isSilent && troubles.every(({ code }) => unanswered.has(code)) ? ['temporary'] : [];
}

/** At least one API server's certificate, on disk or served. */
function sawSomething({ backends, facts }: Context): boolean {
  return (
    backends.some(({ leaf, served }) => leaf !== undefined || served !== undefined) ||
    facts.nodes.some(({ result }) => result.state === 'read')
  );
}
