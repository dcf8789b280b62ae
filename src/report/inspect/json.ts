/** An inspection for programs: everything that the other formats say, and of the facts that it was made of what matters. */
import type { ClusterFacts, ReadNode } from '../../model/cluster-facts.ts';
import type { Finding } from '../../model/finding.ts';
import type { Inspection } from '../../model/inspection.ts';
import { envelope } from '../envelope.ts';
import { wordsOf } from '../findings/words.ts';
import type { Phrase } from '../page.ts';
import { interceptorCas } from './environment.ts';

export function inspectAsJson(inspection: Inspection): string {
  const { exitCode, verdict, names, findings, suggestions, next, vantages } = inspection;
  const result = {
    exitCode,
    verdict,
    findings: findings.map(toldFinding),
    names,
    suggestions,
    next,
    // In the order of facts.probes.
    issuers: vantages.map(({ issuedBy }) => issuedBy),
    facts: leanFacts(inspection),
  };
  return envelope('inspect', result);
}

/** With its words, for those who read JSON. */
export function toldFinding(finding: Finding): Finding & { readonly message: string; readonly toDo: string } {
  const { head, todo } = wordsOf(finding);
  return { ...finding, message: rawOf(head), toDo: rawOf(todo) };
}

/** Without what nobody asks of it and what is long: sockets that have nothing to do with the API server, and hundreds of public CAs. */
function leanFacts(inspection: Inspection): ClusterFacts {
  const { facts } = inspection;
  const shown = new Set(
    facts.probes.flatMap(({ result }) =>
      result.state === 'served' ? result.chain.map(({ fingerprint }) => fingerprint) : [],
    ),
  );
  const cas = interceptorCas(inspection) ?? [];
  return {
    ...facts,
    nodes: facts.nodes.map(leanNode),
    environment: {
      ...facts.environment,
      trustBundles: facts.environment.trustBundles.map((bundle) => ({
        ...bundle,
        fingerprints: bundle.fingerprints.filter((one) => shown.has(one)),
        // Of a CA that was not sent it is not known.
        ...(cas.length === 0
          ? {}
          : {
              holdsInterceptor: cas.some(({ fingerprint }) => bundle.fingerprints.includes(fingerprint)),
            }),
      })),
    },
  };
}

function leanNode(read: ReadNode): ReadNode {
  if (read.result.state !== 'read') return read;
  const { facts } = read.result;
  const ports = new Set([
    facts.apiserver?.securePort ?? 6443,
    ...facts.loadBalancers.flatMap(({ port, backends }) => [port, ...backends.map((one) => one.port)]),
  ]);
  const listening = facts.system.listening.filter(({ port }) => ports.has(port));
  return {
    ...read,
    result: { ...read.result, facts: { ...facts, system: { ...facts.system, listening } } },
  };
}

/** As it is: JSON has escapes of its own, and its readers want the value. */
function rawOf(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? part : part.code)).join('');
}
