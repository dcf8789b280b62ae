/** An inspection for programs: everything that the other formats say, and the facts that it was made of. */
import type { Finding } from '../../model/finding.ts';
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
    findings: findings.map(toldFinding),
    names,
    suggestions,
    next,
    // In the order of facts.probes.
    issuers: vantages.map(({ issuedBy }) => issuedBy),
    facts,
  };
  return envelope('inspect', result);
}

/** With its words, for those who read JSON. */
export function toldFinding(finding: Finding): Finding & { readonly message: string; readonly toDo: string } {
  const { head, todo } = wordsOf(finding);
  return { ...finding, message: rawOf(head), toDo: rawOf(todo) };
}

/** As it is: JSON has escapes of its own, and its readers want the value. */
function rawOf(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? part : part.code)).join('');
}
