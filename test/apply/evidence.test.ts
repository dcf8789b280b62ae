/** What a run leaves behind for whoever asks later: a line in each node's syslog, and a report with who, when, what and how well; no secret in either. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { steps } from '../../src/apply/steps.ts';
import { transaction } from '../../src/apply/transaction.ts';
import type { Rollout } from '../../src/model/rollout.ts';
import { rolloutReports } from '../../src/report/index.ts';
import { sampleRollouts } from '../support/sample-rollouts.ts';

const look = { colour: false, width: 100 };

test('a line goes to syslog, by which run and what became of it; on a simulated node none does', () => {
  const script = `${transaction}
logger() { printf '%s|' "$@"; }
set_run 20261121T120000Z-1a2b3c4d
tell_syslog "run $id: the new API server certificate is proven"
ROOT=/simulated
tell_syslog never
`;
  const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({
    stdout:
      '-t|fix-sans|-p|auth.notice|--|run 20261121T120000Z-1a2b3c4d: the new API server certificate is proven|',
    stderr: '',
  });
});

test('each end of a run on a node is told to syslog: the good one and the way back', () => {
  const telling = steps.filter(({ script }) =>
    /^ *tell_syslog "run \$id: \$DATA_summary"$|taken back/m.test(script),
  );
  expect(telling.map(({ name }) => name).toSorted()).toEqual(['finish', 'undo']);
});

const run: Rollout = {
  ...sampleRollouts().done,
  by: 'ops@bastion',
  nodes: sampleRollouts().done.nodes.map((node) => ({
    ...node,
    before: { fingerprint: 'b'.repeat(64), serial: '0b', names: [], notAfter: '2027-01-01' },
    after: {
      fingerprint: 'a'.repeat(64),
      serial: '0a',
      names: [{ type: 'dns', value: 'new.example.com' }],
      notAfter: '2028-01-01',
    },
  })),
  events: [{ at: '2026-11-21T12:00:01.000Z', node: 'cp1', event: 'swapped', detail: 'the-detail' }],
};

test.each(['json', 'markdown', 'html'])(
  'the report as %s has who, when, names, both certificates, handshakes and each step',
  (format) => {
    const text = rolloutReports[format]?.(run, look) ?? '';
    for (const word of [
      'ops@bastion',
      '2026-11-21T12:00:00.000Z',
      run.run,
      'new.example.com',
      'a'.repeat(64),
      'b'.repeat(64),
      '204',
      'swapped',
      'the-detail',
    ])
      expect(text).toContain(word);
    expect(text).not.toContain('PRIVATE KEY');
  },
);
