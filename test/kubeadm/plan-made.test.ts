/** A whole plan, from facts to commands, run by real kubeadms: names, algorithm and use equal the plan, and the usual recipe loses what it says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readReply } from '../../src/inspect/node/read-node.ts';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { type Certificate, readCertificates } from '../../src/model/certificate.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodePlan } from '../../src/model/plan.ts';
import type { Ask } from '../../src/plan/ask.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { shellWord } from '../../src/plan/signing.ts';
import {
  addressOf,
  buildFacts,
  ca,
  changeApi,
  changeNode,
  factsOf,
  type FactsOptions,
  leafOf,
  namesOf,
  rsaCa,
} from '../support/facts.ts';
import { asking, nodeOf, planFor, valuesOf } from '../support/plans.ts';
import { type Machine, onMachine } from './machine.ts';
import { newestApi, subjects, type Subject } from './subjects.ts';

/** A name, an address, an IPv6 address and a wildcard. */
const wanted = ['new.example.com', '203.0.113.10', '2001:db8::10', '*.k8s.example.com'];

function certificateIn(pem: Buffer): Certificate {
  const reading = readCertificates(pem);
  if (!reading.ok) throw new Error(reading.refusal.code);
  return reading.certificates[0];
}

/** The same cluster under another version of Kubernetes. */
function withVersion(facts: ClusterFacts, subject: Subject): ClusterFacts {
  const told = changeApi(facts, ({ kubeadmConfig }) =>
    kubeadmConfig === undefined
      ? {}
      : {
          serverVersion: subject.version,
          kubeadmConfig: {
            ...kubeadmConfig,
            text: kubeadmConfig.text.replace(
              /^kubernetesVersion: .*$/m,
              `kubernetesVersion: ${subject.version}`,
            ),
            configuration: {
              ...kubeadmConfig.configuration,
              apiVersion: `kubeadm.k8s.io/${newestApi(subject)}`,
              kubernetesVersion: subject.version,
            },
          },
        },
  );
  return told.nodes.reduce(
    (all, { node }) =>
      node.role === 'control-plane'
        ? changeNode(all, node.name, () => ({
            kubeadm: { path: '/usr/bin/kubeadm', version: subject.version, isOddPath: false },
          }))
        : all,
    told,
  );
}

const asks: Ask = asking(wanted, { accepted: { uninspected: true } });

/** As kubespray does it: each certificate has the names of all. */
const others = [1, 2, 3].flatMap((number) => [`cp${number}`, addressOf(number)]);

/** The machine that the facts are of. */
function machineOf(facts: ClusterFacts, name: string): Machine {
  const { system } = factsOf(facts, name);
  return { hostname: system.hostname, address: system.defaultRouteAddress ?? '' };
}

async function formsSigned(
  subject: Subject,
  machine: Machine,
  plan: NodePlan,
  { keys, staging }: { readonly keys: FactsOptions['keys']; readonly staging: string },
): Promise<ReadonlyMap<'flags' | 'config', Certificate>> {
  const signed = new Map<'flags' | 'config', Certificate>();
  for (const kind of ['flags', 'config'] as const) {
    const form = plan.forms?.[kind];
    if (form === undefined || 'withheld' in form) continue;
    const file = 'file' in form ? `printf %s ${shellWord(form.file)} >${staging}/kubeadm.yaml\n` : '';
    const { certificate } = await onMachine(subject, machine, {
      ca: keys === 'rsa' ? rsaCa : ca,
      // kubespray's folder is the same by another name.
      script: `ln -s pki /etc/kubernetes/ssl
mkdir -m 0700 ${staging}
ln -s /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key ${staging}
${file}${form.line}
mv ${staging}/apiserver.crt /etc/kubernetes/out.crt
`,
    });
    signed.set(kind, certificateIn(certificate));
  }
  return signed;
}

function names(certificate: Certificate): readonly string[] {
  return certificate.names.map(({ value }) => value.toLowerCase()).toSorted();
}

function plannedNames(plan: NodePlan): readonly string[] {
  return [...valuesOf(plan, 'added'), ...valuesOf(plan, 'kept')].toSorted();
}

/** What most guides say: the pair removed, and kubeadm with the new names and nothing else. */
async function byRecipe(subject: Subject, machine: Machine, isRsa: boolean): Promise<Certificate> {
  const { certificate } = await onMachine(subject, machine, {
    ca: isRsa ? rsaCa : ca,
    script: `kubeadm init phase certs apiserver --apiserver-cert-extra-sans=${shellWord(wanted.join(','))}
cp pki/apiserver.crt out.crt
`,
  });
  return certificateIn(certificate);
}

async function expectSigned(
  subject: Subject,
  facts: ClusterFacts,
  plan: NodePlan,
  keys: FactsOptions['keys'],
): Promise<void> {
  const machine = machineOf(facts, plan.node);
  const staging = `${path.dirname(factsOf(facts, plan.node).certificate?.path ?? '')}/.fix-sans-stage`;
  const signed = await formsSigned(subject, machine, plan, { keys, staging });
  const config = signed.get('config');
  const flags = signed.get('flags');
  if (config === undefined) throw new Error(JSON.stringify(plan.forms));
  expect(names(config)).toEqual(plannedNames(plan));
  // Server authentication, and nothing else.
  expect(config.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(algorithmOf(config)).toBe(plan.certificate.algorithm);
  // The flags cannot say an elliptic key; where they are not withheld, they may add the host name, which is said.
  const form = plan.forms?.flags;
  const also = form !== undefined && 'alsoNames' in form ? form.alsoNames : [];
  const byFlags = { names: [...plannedNames(plan), ...also].toSorted(), algorithm: 'RSA-2048' };
  expect(flags && { names: names(flags), algorithm: algorithmOf(flags) }).toEqual(
    plan.certificate.algorithm === 'RSA-2048' ? byFlags : undefined,
  );
}

/** As kubeadm calls it. */
function algorithmOf({ key }: Certificate): string {
  if (key.type === 'rsa') return `RSA-${key.bits}`;
  if (key.type === 'ec' && key.curve === 'prime256v1') return 'ECDSA-P256';
  return JSON.stringify(key);
}

describe.each(subjects.filter(({ isSimulated }) => !isSimulated))('$name', (subject) => {
  beforeAll(async () => {
    await subject.command();
  });

  test.each<readonly [string, FactsOptions, string, string]>([
    ['a cluster of kubeadm', { keys: 'rsa' }, 'cp2', addressOf(2)],
    ['a host name that is not the node name', { keys: 'rsa' }, 'host-2.example.internal', addressOf(2)],
    ['a default route elsewhere, as on Vagrant', { keys: 'rsa' }, 'cp2', '10.0.2.15'],
    [
      'a cluster of kubespray',
      { keys: 'rsa', isKubespray: true, certSans: ['localhost', '127.0.0.1', '::1', ...others] },
      'cp2',
      '10.0.2.15',
    ],
    ...(newestApi(subject) === 'v1beta4'
      ? ([['elliptic keys', { keys: 'ec' }, 'cp2', addressOf(2)]] as const)
      : []),
  ])(
    '%s: what is signed is what was planned, and the recipe loses what was said',
    async (_, options, hostname, route) => {
      const built = withVersion(buildFacts(options), subject);
      const facts = changeNode(built, 'cp2', ({ system }) => ({
        system: { ...system, hostname, defaultRouteAddress: route },
      }));
      const plan = nodeOf(planFor(facts, asks), 'cp2');
      expect(valuesOf(plan, 'added').toSorted()).toEqual([...wanted].toSorted());
      await expectSigned(subject, facts, plan, options.keys);
      const made = names(await byRecipe(subject, machineOf(facts, 'cp2'), options.keys === 'rsa'));
      const lost = namesOf(leafOf(facts, 'cp2')).filter((name) => !made.includes(name));
      expect(plan.lostByRecipe.map(({ value }) => value).toSorted()).toEqual(lost.toSorted());
      expect(lost.length).toBeGreaterThan(0);
    },
  );
});

describe('a control plane as it was recorded', () => {
  const recorded = JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../inspect/fixtures/ha-control-plane.json'), 'utf8'),
  ) as Readonly<Record<string, string>>;
  const frames = Object.entries(recorded).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
  const asked = Number(recorded['started']) * 1000;
  const { facts: node, api } = readReply('cp1', { frames, talk: '' }, { asked, answered: asked });

  test.each(subjects.filter(({ minor, isSimulated }) => minor >= 31 && !isSimulated))(
    '$name',
    async (subject) => {
      const facts = withVersion(
        {
          readAt: new Date(asked).toISOString(),
          nodes: [
            {
              node: { name: 'cp1', role: 'control-plane', target: { via: 'local' }, source: 'flag' },
              result: { state: 'read', facts: node },
            },
          ],
          ...(api === undefined ? {} : { api }),
          probes: [],
          environment: { variables: [], trustBundles: [], hostname: 'bastion' },
          wishes: asks.wishes.map(({ san }) => san),
        },
        subject,
      );
      const whole = makePlan(diagnoseCluster(facts), asks);
      expect(whole.refusals).toEqual([]);
      const plan = nodeOf(whole, 'cp1');
      await expectSigned(subject, facts, plan, 'rsa');
      const made = names(await byRecipe(subject, machineOf(facts, 'cp1'), true));
      const old =
        node.certificate?.reading?.ok === true ? names(node.certificate.reading.certificates[0]) : [];
      expect(plan.lostByRecipe.map(({ value }) => value).toSorted()).toEqual(
        old.filter((name) => !made.includes(name)),
      );
    },
  );
});
