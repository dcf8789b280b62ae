/** What Prometheus itself says to the metrics: promtool of Debian's prometheus. */
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { inspectReports, planReports, verifyReports } from '../../src/report/index.ts';
import { withLock } from '../lab/lock.ts';
import { inCache, inTemporaryFolder } from '../lab/places.ts';
import { buildFacts } from '../support/facts.ts';
import { samplePlans } from '../support/sample-plans.ts';
import { sampleVerifications } from '../support/sample-verifications.ts';

const look = { colour: false, width: 80 };
const hostile = 'a"b\\c\nd{}=,#\u202e';

let promtool: string;

/** Taken out of its package: an installation would start a server beside it. */
beforeAll(async () => {
  const folder = inCache('promtool');
  promtool = path.join(folder, 'usr/bin/promtool');
  await withLock('promtool', async () => {
    if (existsSync(promtool)) return;
    await inTemporaryFolder('promtool', async (temporary) => {
      await execa('apt-get', ['download', 'prometheus'], { cwd: temporary }).catch(async () => {
        await execa('apt-get', ['--quiet=2', 'update']);
        await execa('apt-get', ['download', 'prometheus'], { cwd: temporary });
      });
      const archive = readdirSync(temporary).find((file) => file.endsWith('.deb')) ?? '';
      await execa('dpkg-deb', ['--extract', archive, 'content'], { cwd: temporary });
      mkdirSync(path.dirname(promtool), { recursive: true });
      renameSync(path.join(temporary, 'content/usr/bin/promtool'), promtool);
    });
  });
});

const facts = { ...buildFacts(), cluster: hostile };
const texts = {
  inspect: inspectReports['prometheus']?.(diagnoseCluster(facts), look),
  ...Object.fromEntries(
    Object.entries(samplePlans(hostile)).map(([name, plan]) => [
      `plan ${name}`,
      planReports['prometheus']?.(plan, look),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(sampleVerifications(hostile)).map(([name, one]) => [
      `verify ${name}`,
      verifyReports['prometheus']?.(one, look),
    ]),
  ),
};

test.each(Object.entries(texts))('promtool has nothing to say against %s', async (_, text = '') => {
  expect(text).toContain('fix_sans_last_run_exit_code');
  const { exitCode, all } = await execa(promtool, ['check', 'metrics'], {
    input: text,
    all: true,
    reject: false,
  });
  expect({ exitCode, all }).toEqual({ exitCode: 0, all: '' });
});

test('it would find a label that is not escaped, and a metric without help', async () => {
  for (const input of ['a{x="b"c"} 1\n', 'a{x="b"} 1\n']) {
    const { exitCode } = await execa(promtool, ['check', 'metrics'], { input, reject: false });
    expect(exitCode).not.toBe(0);
  }
});
