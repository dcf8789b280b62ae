/** From a text, in pieces, to a diagnosis: the one thing the rest of the program asks of this room. */
import type { Diagnosis } from '../model/diagnosis.ts';
import { conclude } from './conclude.ts';
import { gatherEvidence, noEvidence, own } from './evidence.ts';
import { observe } from './observe.ts';
import { count, emptyTally } from './tally.ts';

export interface Diagnoser {
  readonly push: (piece: string) => void;
  readonly end: () => Diagnosis;
}

const mostBlocks = 20;

/** A diagnosis of everything that is pushed until the end. */
export function startDiagnosis(): Diagnoser {
  const tally = emptyTally();
  const evidence = noEvidence();
  let unparsedLines = 0;
  const observer = observe({
    observed: (observation) => count(tally, observation),
    unparsed: () => {
      unparsedLines++;
    },
    line: (text) => gatherEvidence(text, evidence),
    block: (pem) => {
      if (evidence.blocks.length < mostBlocks) evidence.blocks.push(own(pem));
    },
    gaveUp: () => {
      evidence.overlong = true;
    },
  });
  return {
    push: observer.push,
    end() {
      observer.end();
      return conclude(tally, evidence, unparsedLines);
    },
  };
}

export function diagnose(text: string): Diagnosis {
  const diagnoser = startDiagnosis();
  diagnoser.push(text);
  return diagnoser.end();
}
