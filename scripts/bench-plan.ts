/** How long it takes to decide: a plan for a thousand nodes with forty names each, and the patch of a large file of an inventory. */
import { stringify } from 'yaml';
import { diagnoseCluster } from '../src/diagnose/diagnose-cluster.ts';
import { patchInventory } from '../src/plan/inventory-patch.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { writePlan } from '../src/plan/plan-file.ts';
import { buildFacts, kubeadmNamesFor } from '../test/support/facts.ts';
import { asking, withText } from '../test/support/plans.ts';
import { machine, row } from './bench-output.ts';

const many = 1000;
const eachHas = 40;

export function benchPlan(): Promise<void> {
  console.log('the best of seven, in this process; what was read is there already');
  console.log(`${machine()}\n`);
  // First, so that the first time is what a user waits for: nothing is warm.
  patchOfLarge();
  planOfMany();
  return Promise.resolve();
}

function planOfMany(): void {
  const certSans = Array.from(
    { length: eachHas - kubeadmNamesFor(1).length },
    (_, at) => `name-${at}.example`,
  );
  const ask = asking(['203.0.113.10', 'api.example.com']);
  const facts = buildFacts({
    controlPlanes: many,
    workers: 0,
    certSans: [...certSans, 'localhost', '127.0.0.1'],
  });
  const wishes = ask.wishes.map(({ san }) => san);
  const inspection = diagnoseCluster({ ...withText(facts), wishes });
  const plan = makePlan(inspection, ask);
  const names = plan.nodes[0]?.names.length ?? 0;
  const signs = plan.nodes.filter(({ action, forms }) => action === 'reissue' && forms !== undefined).length;
  if (signs !== many || names < eachHas) throw new Error(`${signs} nodes are planned, ${names} names each`);
  const best = bestOf(() => makePlan(inspection, ask));
  row(`plan, ${many} nodes with ${names} names each`, `${best.toFixed(0)} ms`, 'at most 300 ms', best <= 300);
  const file = bestOf(() => writePlan(plan));
  row(`  written for --out (${(writePlan(plan).length / 1e6).toFixed(0)} MB)`, `${file.toFixed(0)} ms`);
  const diagnosis = bestOf(() => diagnoseCluster({ ...withText(facts), wishes }));
  row('  before it, the diagnosis', `${diagnosis.toFixed(0)} ms`);
}

/** Of two kinds: keys with a value each, and what groups have as a rule, nested and commented. */
function patchOfLarge(): void {
  const flat = stringify(
    Object.fromEntries(Array.from({ length: 4996 }, (_, at) => [`key_${at}`, `value ${at}`])),
  );
  const nested = Array.from(
    { length: 500 },
    (_, at) =>
      `# What ${at} is for\nkey_${at}: "{{ x }}"\nlist_${at}:\n  - name: a${at}\n    port: ${at}\n  - b\nmap_${at}:\n  a: 1\n  b: yes\n\n`,
  ).join('');
  // An anchor in each line: nothing that can be left out.
  const anchored = flat.replaceAll(/: /g, (_, at: number) => `: &a${at} `);
  patchOf('keys and values', flat, true);
  patchOf('nested, with comments', nested, true);
  patchOf('an anchor in each line', anchored, false);
}

function patchOf(what: string, rest: string, isBound: boolean): void {
  const text = `${rest}supplementary_addresses_in_ssl_keys:\n  - a.example\n  - 10.0.0.1\n# end\n`;
  const count = text.split('\n').length - 1;
  const files = [{ path: '/inv/group_vars/all/all.yml', text, level: 'all' as const }];
  const patch = () =>
    patchInventory({
      files,
      controlPlanes: ['cp1', 'cp2', 'cp3'],
      names: ['192.168.56.42', 'api.example.com'],
      belongs: { path: '/inv/group_vars/k8s_cluster/k8s-cluster.yml', text: '' },
    });
  const start = performance.now();
  const [change] = patch();
  const first = performance.now() - start;
  if (change?.kind !== 'edit' || change.added.length !== 2) throw new Error('it is not patched');
  const best = bestOf(patch);
  const took = `${best.toFixed(0)} ms (${first.toFixed(0)} ms the first time)`;
  const name = `patch of ${count} lines, ${what}`;
  if (isBound) row(name, took, 'at most 50 ms', best <= 50);
  else row(name, took);
}

/** In milliseconds. */
function bestOf(work: () => unknown): number {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
