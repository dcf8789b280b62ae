/** Every finding in words: one sentence, its evidence, what to do. The compiler asks for the words of a new code here. */
import type { Finding, FindingArgs, FindingCode } from '../../model/finding.ts';
import type { Phrase } from '../page.ts';
import { nameWords } from './name-words.ts';
import { nodeWords } from './node-words.ts';
import { reachWords } from './reach-words.ts';
import { servingWords } from './serving-words.ts';

export interface Words {
  readonly head: Phrase;
  readonly evidence: readonly Phrase[];
  readonly todo: Phrase;
}

export type Speak<Code extends FindingCode> = (args: FindingArgs[Code], node: string) => Words;

export type Vocabulary<Codes extends FindingCode> = { readonly [Code in Codes]: Speak<Code> };

const vocabulary: Vocabulary<FindingCode> = {
  ...nameWords,
  ...servingWords,
  ...nodeWords,
  ...reachWords,
};

export function wordsOf(finding: Finding): Words {
  const speak = vocabulary[finding.code] as Speak<FindingCode>;
  return speak(finding.args, finding.node ?? '');
}
