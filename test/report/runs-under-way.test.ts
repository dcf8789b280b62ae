/** `runs` while another run is at work, or died with its lock still live: never "each came to its end", and what to type. */
import { expect, test } from 'vitest';
import { runsReports } from '../../src/report/index.ts';

const run = '20261121T190923Z-1a2b3c4d';

test('a run under way is said, with the command that looks again', () => {
  const report = runsReports['text']?.(
    {
      madeAt: '2026-11-21T19:10:00Z',
      exitCode: 2,
      nodes: [
        {
          node: 'cp2',
          lock: { run, by: 'ops@bastion', isLive: true, secondsLeft: 240 },
          runs: [{ run, state: 'swapped', isEnded: false, steps: [], hasConfig: false }],
        },
      ],
      unread: [],
    },
    { colour: false, width: 100 },
  );
  expect(report).toMatch(/^A run is under way, or whoever ran it is gone/);
  expect(report).not.toContain('came to its end');
  expect(report).toMatch(/^ +fix-sans runs$/m);
});
