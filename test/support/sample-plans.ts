/** Plans of all kinds, with a text of the caller's in the places where text from outside comes in. */
import type { Plan } from '../../src/model/plan.ts';
import { buildFacts, changeNode } from './facts.ts';
import { asking, named, planFor } from './plans.ts';

export function samplePlans(
  text = 'safe',
): Readonly<
  Record<'nothing' | 'signed' | 'refused' | 'removed' | 'kubespray' | 'leftOut' | 'poisoned', Plan>
> {
  const kubespray = {
    ...buildFacts({ isKubespray: true, certSans: ['localhost', '127.0.0.1', '::1'] }),
    inventory: { path: '/inv/hosts.yaml', readBy: 'subset', kubesprayVersion: '2.31.0' } as const,
  };
  const inventory = {
    files: [
      {
        level: 'all' as const,
        path: `/inv/group_vars/all/${text}.yml`,
        text: 'supplementary_addresses_in_ssl_keys: [10.0.0.9]\n',
      },
    ],
    belongs: { path: '/inv/group_vars/k8s_cluster/k8s-cluster.yml', text: '' },
    controlPlanes: ['cp1', 'cp2', 'cp3'],
  };
  const signed = planFor({ ...buildFacts(), cluster: text }, asking(['203.0.113.10']));
  return {
    nothing: planFor(buildFacts()),
    signed,
    refused: planFor(
      changeNode(buildFacts({ hasCaKey: false }), 'cp1', () => ({ unfinishedRuns: [text] })),
      asking(['203.0.113.10']),
    ),
    removed: planFor(
      buildFacts({ certSans: ['localhost', 'gone.example'] }),
      asking([], { removals: [named('gone.example')] }),
    ),
    kubespray: planFor(kubespray, asking(['203.0.113.10'], { inventory })),
    leftOut: planFor(buildFacts(), asking([], { leftOut: [{ name: text, why: text }] })),
    poisoned: {
      ...signed,
      order: text,
      nodes: signed.nodes.map((node) => ({
        ...node,
        node: text,
        names: node.names.map((one) => ({ ...one, san: { type: 'dns', value: text } })),
        lostByRecipe: [{ type: 'dns', value: text }],
        certificate: { ...node.certificate, issuer: text, algorithm: 'RSA-2048' },
        forms: {
          flags: { argv: ['kubeadm', text], line: `kubeadm ${text}`, alsoNames: [text] },
          config: { file: `a: ${text}\nb: 1\n`, argv: ['kubeadm', text], line: `kubeadm ${text}` },
          runbook: `#!/bin/sh\n# ${text}\n`,
        },
      })),
      durable: [
        {
          kind: 'kubeadm-config',
          resourceVersion: text,
          names: [{ type: 'dns', value: text }],
          removed: [],
          diff: `+ ${text}\n`,
          after: text,
          command: text,
        },
        { kind: 'advice', about: 'kubeadm-config', where: text, why: text, text },
      ],
      refusals: [
        {
          code: 'ca-key-absent',
          node: text,
          detail: text,
          remedy: text,
          commands: [{ why: 'x', command: text }],
        },
      ],
      risks: [{ code: 'validity', node: text, detail: text }],
      wayOut: {
        name: { type: 'dns', value: text },
        isProven: false,
        commands: [{ why: 'x', command: text }],
      },
      leftOut: [{ name: text, why: text }],
      next: [{ where: 'here', why: 'x', command: text }],
    },
  };
}
