import { defineConfig } from 'vitest/config';

/** What Stryker runs: the tests that scripts/mutate.ts names, all in one process. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    isolate: false,
    include: (process.env['FIX_SANS_MUTANT_TESTS'] ?? '').split(' '),
    setupFiles: ['test/mutants/setup.ts'],
    testTimeout: 60_000,
  },
});
