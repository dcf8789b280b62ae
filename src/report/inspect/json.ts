/** An inspection for programs: everything that the other formats say, and the facts that it was made of. */
import type { Inspection } from '../../model/inspection.ts';
import { envelope } from '../envelope.ts';
import { wordsOf } from '../findings/words.ts';
import type { Phrase } from '../page.ts';

export function inspectAsJson({
  exitCode,
  verdict,
  names,
  findings,
  suggestions,
  next,
  vantages,
  facts,
}: Inspection): string {
  const result = {
    exitCode,
    verdict,
    findings: findings.map((finding) => {
      const { head, todo } = wordsOf(finding);
      return { ...finding, message: rawOf(head), toDo: rawOf(todo) };
    }),
    names,
    suggestions,
    next,
    // In the order of facts.probes.
    issuers: vantages.map(({ issuedBy }) => issuedBy),
    facts,
  };
  return envelope('inspect', result);
}

/** As it is: JSON has escapes of its own, and its readers want the value. */
function rawOf(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? part : part.code)).join('');
}
