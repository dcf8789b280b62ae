/** Mutants that no test notices, each with the reason why none has to. `npm run mutate` fails for any other that survives. */
import type { Explained } from './survivors.ts';

export const explained: readonly Explained[] = [
  {
    file: 'src/plan/same-plan.ts',
    line: "const all = names.map(({ san, fate }) => `${sanKey(san)} ${fate === 'removed'}`);",
    mutator: 'EqualityOperator',
    replacement: "fate !== 'removed'",
    why: 'both plans are written down by it and only compared, so yes for no on both sides says the same',
  },
  {
    file: 'src/apply/proof.ts',
    line: 'certificate.names.flatMap(({ value }) => looseSan(value) ?? []),',
    mutator: 'ArrayDeclaration',
    replacement: '["Stryker was here"]',
    why: 'what it puts in for something that is no name has no type, so it covers nothing, as nothing does',
  },
];
