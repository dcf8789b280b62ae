/** What is edited byte by byte: group_vars, kubeadm-config, kubespray's file on a node. And plans, which come back from a file. */
import { certSansIn } from './yaml-check.ts';
import { parseClusterConfiguration } from '../../src/inspect/api/cluster-configuration.ts';
import { isHostile } from '../../src/model/display.ts';
import type { San } from '../../src/model/san.ts';
import { addToList } from '../../src/plan/yaml-list.ts';
import { readList } from '../../src/plan/yaml-place.ts';
import { removeFromList } from '../../src/plan/yaml-remove.ts';
import { setScalar } from '../../src/plan/yaml-scalar.ts';
import { editNodeFile } from '../../src/plan/node-file.ts';
import { patchInventory } from '../../src/plan/inventory-patch.ts';
import { sameName } from '../../src/plan/kubeadm-forms.ts';
import { readPlan, writePlan } from '../../src/plan/plan-file.ts';
import { askFrom, differences } from '../../src/plan/same-plan.ts';
import type { Plan } from '../../src/model/plan.ts';
import { planReports } from '../../src/report/index.ts';
import { kubesprayFile } from '../support/fake-cluster.ts';
import { samplePlans } from '../support/sample-plans.ts';
import { must, type Parser } from './parser.ts';

const variable = 'supplementary_addresses_in_ssl_keys';
const groupVars = `---
# Kubernetes
kube_version: 1.34.4
kube_apiserver_ip: "{{ x }}"
mode: 0644
## ${variable}: [10.0.0.1, 10.0.0.2]
${variable}:
  - "10.0.0.9"
  - a.example # why
cloud: {a: [1, 2], b: yes}
text: |
  ${variable}: [no]
last: ~
`;
const flow = `${variable}: [10.0.0.9, 'a.example']\r\nother: "x"\r\n`;
const kubeadmConfig = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
apiServer:
  certSANs:
  - localhost
  - "10.0.0.9"
  extraArgs:
  - name: v
    value: "2"
clusterName: kubernetes
networking: {dnsDomain: cluster.local, serviceSubnet: 10.96.0.0/12}
featureGates: {PublicKeysECDSA: false}
`;
const pieces = [
  variable,
  'apiServer:',
  'certSANs:',
  'kind: ClusterConfiguration',
  '- ',
  '[',
  ']',
  '{',
  '}',
  ': ',
  '\n',
  '  ',
  '\r\n',
  '#',
  '"',
  "'",
  '|',
  '>',
  '&a ',
  '*a',
  '<<: ',
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '? ',
  '!!str ',
  '',
  '~',
  'x',
];
const added = ['new.example', '10.9.9.9', '2001:db8::9'];
const sans: readonly San[] = added.map((value) => ({ type: /[:.]\d/.test(value) ? 'ip' : 'dns', value }));
const { poisoned: _poisoned, ...plans } = samplePlans();

function without(text: string): void {
  const removed = removeFromList(text, { path: [variable] }, (item) => item.length % 2 === 0);
  if (!removed.ok) return;
  const after = readList(removed.text, { path: [variable] });
  must(
    after.ok && (after.items ?? []).every((item) => item.length % 2 === 1),
    'what was taken out is still there',
  );
}

export const patchParsers: readonly Parser[] = [
  {
    name: 'group_vars',
    passes: 4,
    seeds: [groupVars, flow, `a: 1\n`, `# ${variable}: [x]\n`],
    pieces,
    inputs: 3000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const edit = addToList(text, { path: [variable] }, added, sameName);
      if (edit.ok) {
        const again = readList(edit.text, { path: [variable] });
        must(
          again.ok && added.every((name) => again.items?.some((item) => sameName(item, name)) === true),
          'the names are not there after the edit',
        );
        must(edit.text.length === text.length + edit.inserted.length, 'more has changed than was put in');
        const twice = addToList(edit.text, { path: [variable] }, added, sameName);
        must(twice.ok && twice.isSame, 'they would be added once more');
      } else must(edit.line >= 1 && edit.column >= 1, 'a refusal without a place');
      without(text);
      const file = { level: 'all' as const, path: '/all.yml', text };
      for (const patch of patchInventory({
        files: [file],
        controlPlanes: ['cp1'],
        names: added,
        belongs: { path: '/b.yml', text },
      }))
        must(
          patch.kind !== 'edit' || patch.before === text || patch.path === '/b.yml',
          'an edit of another text',
        );
    },
  },
  {
    name: 'kubeadm-config',
    passes: 3,
    seeds: [kubeadmConfig, kubesprayFile],
    pieces,
    inputs: 3000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const { certSans, faults } = parseClusterConfiguration(text);
      must(
        certSans.every((one) => typeof one === 'string'),
        'a name that is no text',
      );
      for (const { fault } of faults) must(fault.length < 2000, 'a fault without end');
      const edit = addToList(
        text,
        { path: ['apiServer', 'certSANs'], kind: 'ClusterConfiguration' },
        added,
        sameName,
      );
      if (edit.ok) {
        const now = certSansIn(edit.text);
        must(
          added.every((name) => now.some((item) => sameName(item, name))),
          'kubeadm would not see the names',
        );
      }
      setScalar(text, 'ClusterConfiguration', 'certificateValidityPeriod', '1h0m0s');
    },
  },
  {
    name: "kubespray's file on a node",
    passes: 3,
    seeds: [kubesprayFile, kubeadmConfig],
    pieces,
    inputs: 2000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const made = editNodeFile(text, { added: sans, removed: [{ type: 'dns', value: 'localhost' }] });
      if (!made.ok || made.edit === undefined) return;
      const { at, drop, gone, insert } = made.edit;
      const old = Buffer.from(text);
      must(old.subarray(at, at + drop).toString() === gone, 'it drops something else than it says');
      const now = Buffer.concat([
        old.subarray(0, at),
        Buffer.from(insert),
        old.subarray(at + drop),
      ]).toString();
      const names = certSansIn(now);
      must(
        added.every((name) => names.some((item) => sameName(item, name))),
        'the names are not there after the edit',
      );
    },
  },
  {
    name: 'plan files',
    seeds: Object.values(plans).map(writePlan),
    pieces: [
      '{"kind":"fix-sans plan"',
      ',"formatVersion":1',
      ',"digest":"',
      '"',
      ',"plan":',
      '{',
      '}',
      '[',
      ']',
    ],
    inputs: 600,
    read: (bytes) => {
      const reading = readPlan(bytes.toString('utf8'));
      if (!reading.ok) must(!isHostile(reading.detail), 'a fault that is not safe to show');
      else must(writePlan(reading.plan) !== '', 'no plan');
    },
  },
  {
    name: 'plans with a digest that fits',
    seeds: Object.values(plans).map((plan) => JSON.stringify(plan)),
    pieces: [],
    inputs: 2000,
    largest: 20_000,
    read: (bytes) => {
      let plan: Plan;
      try {
        plan = JSON.parse(bytes.toString('utf8')) as Plan;
      } catch {
        return;
      }
      const reading = readPlan(writePlan(plan));
      if (!reading.ok) return;
      askFrom(reading.plan);
      must(differences(reading.plan, reading.plan).length === 0, 'a plan that differs from itself');
      for (const [format, write] of Object.entries(planReports)) {
        const text = write(reading.plan, { colour: false, width: 100 });
        if (format === 'text')
          must(!isHostile(text.replaceAll('\n', '')), 'a report that is not safe to show');
      }
    },
  },
];
