import { defineConfig } from 'vitest/config';

/** The test projects: `unit` is what `npm run check` runs; the others need openssl, Go or a built package. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/oracle/**',
            'test/package/**',
            'test/kubeadm/**',
            'test/simulator/thousand.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'oracle',
          include: ['test/oracle/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'simulator',
          include: ['test/simulator/thousand.test.ts'],
          testTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kubeadm',
          include: ['test/kubeadm/**/*.test.ts'],
          // The first run builds four of them, one after the other.
          testTimeout: 60_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
