/** Which files are mutated by default, those where a mistake costs a cluster, and the tests that have to notice. */

export interface MutantSet {
  readonly name: string;
  readonly files: readonly string[];
  /** Quick ones, and none that measures time: mutated code carries a switch at every place, and is slower for it. */
  readonly tests: readonly string[];
}

export const sets: readonly MutantSet[] = [
  {
    name: 'names',
    files: ['src/model/san.ts', 'src/model/exit-code.ts'],
    tests: ['test/model/san-edges.test.ts', 'test/model/san.test.ts', 'test/model/exit-code.test.ts'],
  },
  {
    name: 'plan',
    files: ['src/plan/bound.ts', 'src/plan/same-plan.ts'],
    tests: ['test/plan/bound.test.ts', 'test/plan/same-plan.test.ts'],
  },
  // Beside the others each of its mutants would load all that makes a plan.
  { name: 'order', files: ['src/plan/order.ts'], tests: ['test/plan/order.test.ts'] },
  {
    name: 'apply',
    files: ['src/apply/proof.ts', 'src/apply/gate.ts'],
    tests: ['test/apply/gate.test.ts', 'test/apply/proof.test.ts'],
  },
];
