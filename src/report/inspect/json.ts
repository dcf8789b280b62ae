/** An inspection for programs: everything that the other formats say, and the facts that it was made of. */
import type { Inspection } from '../../model/inspection.ts';
import { envelope } from '../envelope.ts';
import { wordsOf } from '../findings/words.ts';
import type { Phrase } from '../page.ts';

export function inspectAsJson({
  exitCode,
  verdict,
  nodes,
  names,
  findings,
  suggestions,
  next,
  vantages,
  facts,
}: Inspection): string {
  const { cluster, readAt, environment, api, kubeconfig, inventory, wishes } = facts;
  const result = {
    exitCode,
    verdict,
    ...(cluster === undefined ? {} : { cluster }),
    readAt,
    wishes,
    findings: findings.map((finding) => {
      const { head, todo } = wordsOf(finding);
      return { ...finding, message: rawOf(head), toDo: rawOf(todo) };
    }),
    names,
    suggestions,
    next,
    nodes,
    vantages,
    environment,
    ...(api === undefined ? {} : { api }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(inventory === undefined ? {} : { inventory }),
  };
  return envelope('inspect', result);
}

/** As it is: JSON has escapes of its own, and its readers want the value. */
function rawOf(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? part : part.code)).join('');
}
