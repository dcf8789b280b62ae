/** Mutants that no test notices, each with the reason why none has to. `npm run mutate` fails for any other that survives. */
import type { Explained } from './survivors.ts';

export const explained: readonly Explained[] = [];
