/** The steps of a run on a real control plane: served at once, and what puts the old pair back when nobody is heard of any more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { steps } from '../../src/apply/steps.ts';
import type { Plan } from '../../src/model/plan.ts';
import { configurationFor } from '../../src/plan/rehearsed.ts';
import { nodeChanger } from '../../src/reach/changer.ts';
import { openDocker } from '../../src/reach/docker.ts';
import { usualLimits } from '../../src/reach/transport.ts';
import { handshake, type Tally, watchHandshakes } from '../lab/handshakes.ts';
import { run } from '../lab/run.ts';
import { firstNode } from '../lab/state.ts';
import { runCli } from '../support/run-cli.ts';
import { type Answers, newRun } from '../support/steps.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('single');
const home = mkdtempSync(path.join(tmpdir(), 'steps-'));
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

// Locks of runs that nobody ended, and what the runs left to look at.
beforeEach(() => inNode('rm -rf /var/lib/fix-sans'));

const pki = '/etc/kubernetes/pki';
const port = 6443;

async function inNode(script: string): Promise<string> {
  return get().inNode(firstNode(get()), script);
}

/** Everything but what changes by itself: the pair, its folder, what systemd has of ours. */
async function state(): Promise<string> {
  return inNode(`cd ${pki}
sha256sum apiserver.crt apiserver.key
stat -c '%n %a %u %g %i' apiserver.crt apiserver.key
ls -A1 | grep fix-sans || true
find /etc/systemd/system -name '*fix-sans-undo*'
systemctl list-units --plain --no-legend 'fix-sans-undo*'
`);
}

/** The old files are copies after a rollback, so only their inodes are others. */
function bytes(text: string): string {
  return text.replaceAll(/^(\S+ \d+ \d+ \d+) \d+$/gm, '$1');
}

interface OnNode {
  readonly id: string;
  ask(name: string, data?: Readonly<Record<string, string>>): Promise<Answers>;
  /** Up to where the swap could begin; the sums for it. */
  staged(): Promise<string>;
}

async function onNode(): Promise<OnNode> {
  const node = firstNode(get());
  const id = newRun();
  const changer = nodeChanger(
    { name: 'cp1', role: 'control-plane', target: { via: 'docker', container: node.name }, source: 'flag' },
    openDocker(node.name, { env: process.env }),
    { as: 'root', limits: { ...usualLimits, commandTimeoutMs: 200_000 } },
  );
  const ask: OnNode['ask'] = async (name, data = {}) => {
    const step = steps.find((one) => one.name === name);
    if (step === undefined) throw new Error(`no step ${name}`);
    const endpoint = `${node.address}:${port}`;
    const usual = {
      run: id,
      seconds: '300',
      by: 'a test',
      endpoint,
      wait: '75',
      admin: '/etc/kubernetes/admin.conf',
    };
    const { frames } = await changer.change(step, { ...usual, ...data });
    return Object.fromEntries(frames.map((one) => [one.name, Buffer.from(one.bytes).toString('utf8')]));
  };
  return {
    id,
    ask,
    staged: async () => {
      const { stdout, stderr } = await runCli(
        [
          'plan',
          `--node=docker://${node.name}`,
          '--san=new.example.com',
          '--accept-uninspected',
          '--format=json',
        ],
        { env: { HOME: home, PATH: process.env['PATH'] } },
      );
      expect(stdout, stderr).not.toBe('');
      const plan = JSON.parse(stdout) as Plan;
      expect(plan.refusals).toEqual([]);
      const [planned] = plan.nodes;
      const [bound] = plan.bound.nodes;
      const config = planned === undefined ? undefined : configurationFor(planned);
      expect((await ask('take-lock'))['lock']).toBe('taken');
      const answers = await ask('stage', {
        certificate: `${pki}/apiserver.crt`,
        key: `${pki}/apiserver.key`,
        ca: `${pki}/ca.crt`,
        caKey: `${pki}/ca.key`,
        seen: bound?.certificate ?? '',
        kubeadm: '/usr/bin/kubeadm',
        version: bound?.kubeadmVersion ?? '',
        config: config?.(`${pki}/.fix-sans-${id}`) ?? '',
      });
      expect(answers['fault'], JSON.stringify(answers)).toBeUndefined();
      return answers['sums'] ?? '';
    },
  };
}

async function swapped(on: OnNode, data: Readonly<Record<string, string>> = {}): Promise<Answers> {
  const answers = await on.ask('swap', { sums: await on.staged(), ...data });
  expect(answers['fault'], JSON.stringify(answers)).toBeUndefined();
  return answers;
}

async function until(what: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 180_000;
  while (!(await what().catch(() => false))) {
    if (Date.now() > end) throw new Error('it did not come to that in three minutes');
    await sleep(300);
  }
}

async function servedSerial(): Promise<string | undefined> {
  return (await handshake(firstNode(get()).address, port)).serial;
}

test('a whole run: no handshake fails, the new certificate is served at once, the API server is not restarted', async () => {
  const before = await state();
  const on = await onNode();
  const sums = await on.staged();
  const stop = watchHandshakes(firstNode(get()).address, port, 100);
  await sleep(1000);
  const answers = await on.ask('swap', { sums });
  expect(answers['fault'], JSON.stringify(answers)).toBeUndefined();
  const proof = await on.ask('prove', { names: 'kubernetes\nnew.example.com', peers: '', settle: '60' });
  const tally: Tally = await stop();
  process.stderr.write(
    `served after ${answers['served']} ms; ${tally.total} handshakes, ${tally.failures.length} failed\n`,
  );
  expect(tally.failures).toEqual([]);
  expect(tally.serials).toHaveLength(2);
  expect(Number(answers['served'])).toBeLessThan(5000);
  expect(Number(proof['good']), proof['samples']).toBeGreaterThanOrEqual(3);
  expect(
    (proof['samples'] ?? '').split('\n').filter((row) => row.endsWith(' ready')).length,
  ).toBeGreaterThanOrEqual(3);
  const [, after = ''] = (proof['leases'] ?? '').split('\n--\n');
  expect(after).toMatch(/kube-scheduler "renewTime"/);
  expect((await on.ask('finish', { keep: '5', release: '1', patch: '', summary: 'a test' }))['ended']).toBe(
    'done',
  );
  expect(await inNode('journalctl -t fix-sans --no-pager -o cat | tail -n 1')).toContain(on.id);

  const back = await onNode();
  await back.ask('take-lock');
  expect(await back.ask('undo', { of: on.id, isBack: '1' })).toMatchObject({ result: 'back' });
  expect(bytes(await state())).toBe(bytes(before));
});

test('systemd puts the old pair back when nobody is heard of any more: the very same files (faults 32, 35 and 64)', async () => {
  const before = await state();
  const serial = await servedSerial();
  const on = await onNode();
  await swapped(on, { seconds: '10' });
  expect(await servedSerial()).not.toBe(serial);
  expect(await inNode(`systemctl is-active fix-sans-undo-${on.id}.service`)).toBe('active\n');
  await until(async () => (await servedSerial()) === serial);
  await until(async () => (await state()) === before);
  expect(await inNode(`cat /var/lib/fix-sans/${on.id}/ended`)).toMatch(/\nundone /);
});

test('a restart of the node puts the old pair back before kubelet starts (fault 34)', async () => {
  const before = await state();
  const serial = await servedSerial();
  const on = await onNode();
  await swapped(on, { seconds: '3000' });
  const { name, address } = firstNode(get());
  await run`docker restart ${name}`;
  // The rule by which the outside address leads here went with it (kind-configs/single.after.sh), and other tests need that.
  await inNode(
    `iptables -t nat -I PREROUTING -d 203.0.113.56 -p tcp --dport 6443 -j DNAT --to-destination ${address}:6443`,
  );
  await until(async () => (await servedSerial()) === serial);
  expect(await state()).toBe(before);
  expect(await inNode(`cat /var/lib/fix-sans/${on.id}/ended`)).toMatch(/\nundone /);
  const times = await inNode(
    'systemctl show fix-sans-undo.service kubelet.service --property ExecMainStartTimestampMonotonic --value 2>/dev/null',
  );
  const [undone = 0, kubelet = 0] = times.trim().split(/\s+/).map(Number);
  expect(undone).toBeLessThan(kubelet);
});

test('an API server that has to be restarted comes back with the pair on disk (fault 43)', async () => {
  const on = await onNode();
  await swapped(on);
  const answers = await on.ask('restart', { wait: '120' });
  expect(answers['fault'], JSON.stringify(answers)).toBeUndefined();
  expect(Number(answers['served'])).toBeGreaterThan(0);
  expect(await inNode(`cat /var/lib/fix-sans/${on.id}/journal`)).toMatch(/\nrestarted /);
  expect(await on.ask('undo', { of: on.id, isBack: '', wait: '120' })).toMatchObject({ result: 'back' });
});
