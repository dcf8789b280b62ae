import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Cluster tests that share a cluster are named alike, and so come one after the other. */
class ByName extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => a.moduleId.localeCompare(b.moduleId)));
  }
}

/** They start many programs, a background process or a thousand nodes. */
const slowSimulator = ['kubectl', 'lab-simulated', 'thousand'].map(
  (name) => `test/simulator/${name}.test.ts`,
);

/** The test projects: `unit` is what `npm run check` runs; `slow` is as self-contained, and the others need programs, Docker or a built package. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    sequence: { sequencer: ByName },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // A worker for each file would cost more than the tests themselves; nothing here changes what is global.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/oracle/**',
            'test/package/**',
            'test/cluster/**',
            'test/ssh/**',
            'test/story/**',
            'test/browser/**',
            'test/kubeadm/**',
            'test/pipelines/**',
            'test/docs/**',
            'test/crash/**',
            'test/fuzz/**',
            'test/**/*.slow.test.ts',
            ...slowSimulator,
            'test/lab/docker.test.ts',
            'test/lab/rootfs.test.ts',
          ],
          testTimeout: 60_000,
          // One fewer than there are processors is what vitest takes, and so half of two.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/**/*.slow.test.ts'],
          // They wait for most of their time.
          maxWorkers: Math.max(3, availableParallelism() - 1),
          testTimeout: 120_000,
          // They start simulated clusters beside one another.
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          globalSetup: ['test/crash/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each has several nodes of its own, and keeps two processors busy.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 300_000,
          // What takes more for one input ends the process, and with it the test.
          execArgv: ['--max-old-space-size=1024'],
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
          name: 'pipelines',
          include: ['test/pipelines/**/*.test.ts', 'test/docs/**/*.test.ts'],
          testTimeout: 180_000,
          // Ansible may have to be installed.
          hookTimeout: 600_000,
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
          include: slowSimulator,
          testTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'ssh',
          include: ['test/ssh/**/*.test.ts', 'test/lab/docker.test.ts', 'test/lab/rootfs.test.ts'],
          globalSetup: ['test/ssh/global-setup.ts'],
          testTimeout: 60_000,
          // The image may have to be built.
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'story',
          include: ['test/story/**/*.test.ts'],
          globalSetup: ['test/ssh/global-setup.ts'],
          testTimeout: 120_000,
          // Real programs of Kubernetes may have to be built.
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          // Chromium may have to be installed.
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          // The first test may have to build the node image.
          testTimeout: 300_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
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
