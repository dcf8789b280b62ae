/** Runs what a plan emits by the kubeadm of each node of a cluster, in a folder that is gone afterwards, and compares. */
import { expect } from 'vitest';
import { type Certificate, readCertificates } from '../../src/model/certificate.ts';
import type { Command, ConfigForm, NodePlan, Plan, Withheld } from '../../src/model/plan.ts';
import { shellWord } from '../../src/plan/signing.ts';
import type { LabCluster } from '../lab/handle.ts';
import { planBySsh } from './inspected.ts';

type LabNode = LabCluster['nodes'][number];

/** For each control plane: what both forms sign is what was planned, and the usual recipe would lose what the plan says. */
export async function expectPlanHolds(cluster: LabCluster, wanted: string): Promise<Plan> {
  const { plan, code, stderr } = await planBySsh(cluster, { options: [`--san=${wanted}`] });
  expect({ stderr, refusals: plan.refusals, code }).toEqual({ stderr: '', refusals: [], code: 2 });
  expect(plan.nodes.map(({ node }) => node).toSorted()).toEqual(
    cluster.controlPlanes.map(({ name }) => name).toSorted(),
  );
  for (const planned of plan.nodes) {
    const node = cluster.controlPlanes.find(({ name }) => name === planned.node);
    if (node === undefined) throw new Error(planned.node);
    const names = planned.names.filter(({ fate }) => fate !== 'removed').map(({ san }) => san.value);
    const old = await certificateOf(cluster, node, 'cat /etc/kubernetes/pki/apiserver.crt');
    expect(names).toEqual(expect.arrayContaining([...namesOf(old), wanted]));
    await expectForm(cluster, node, planned, planned.forms?.config, names);
    await expectForm(cluster, node, planned, planned.forms?.flags, names);

    const byRecipe = await certificateOf(cluster, node, recipeBeside(wanted));
    const lost = namesOf(old).filter((name) => !namesOf(byRecipe).includes(name));
    expect(planned.lostByRecipe.map(({ value }) => value).toSorted()).toEqual(lost.toSorted());
    expect(lost.length).toBeGreaterThan(0);
  }
  return plan;
}

async function expectForm(
  cluster: LabCluster,
  node: LabNode,
  planned: NodePlan,
  form: Command | ConfigForm | Withheld | undefined,
  names: readonly string[],
): Promise<void> {
  const { algorithm } = planned.certificate;
  if (form === undefined) throw new Error('a plan that signs has both forms');
  if ('withheld' in form) {
    // Flags cannot say an elliptic key; a configuration can say all.
    expect([algorithm, form.withheld]).toEqual(['ECDSA-P256', expect.stringContaining('flags')]);
    return;
  }
  const signed = await certificateOf(cluster, node, signBeside(form));
  const also = 'alsoNames' in form ? form.alsoNames : [];
  expect(namesOf(signed)).toEqual([...names, ...also].toSorted());
  expect(algorithmOf(signed)).toBe(algorithm);
  // Server authentication, and nothing else.
  expect(signed.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
}

/** The form's own line, in the folder that it names. */
function signBeside(form: Command | ConfigForm): string {
  const inWords = /^--(?:cert-dir=(?<folder>.+)|config=(?<file>.+)\/kubeadm\.yaml)$/;
  const found = form.argv.map((word) => inWords.exec(word)?.groups).find((one) => one !== undefined);
  const staging = shellWord(found?.['folder'] ?? found?.['file'] ?? '');
  return `set -e
umask 077
mkdir ${staging}
trap 'rm -rf ${staging}' EXIT
ln -s /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key ${staging}
${'file' in form ? `printf %s ${shellWord(form.file)} >${staging}/kubeadm.yaml` : ':'}
${form.line} >/dev/null
cat ${staging}/apiserver.crt
`;
}

/** The usual recipe, though not on the pair that is in use. */
function recipeBeside(name: string): string {
  return `set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key "$folder"
kubeadm init phase certs apiserver --cert-dir "$folder" --apiserver-cert-extra-sans ${shellWord(name)} \\
  --kubernetes-version "$(cat /kind/version)" >/dev/null 2>&1
cat "$folder/apiserver.crt"
`;
}

async function certificateOf(cluster: LabCluster, node: LabNode, script: string): Promise<Certificate> {
  const reading = readCertificates(Buffer.from(await cluster.inNode(node, script)));
  if (!reading.ok) throw new Error(reading.refusal.code);
  return reading.certificates[0];
}

function namesOf({ names }: Certificate): readonly string[] {
  return names.map(({ value }) => value).toSorted();
}

/** As kubeadm calls it. */
function algorithmOf({ key }: Certificate): string {
  if (key.type === 'rsa') return `RSA-${key.bits}`;
  return key.type === 'ec' && key.curve === 'prime256v1' ? 'ECDSA-P256' : JSON.stringify(key);
}
