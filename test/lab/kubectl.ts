/** kubectl as a cluster's administrator, past everything that a test may break: by one node's address, and a name that no certificate lacks. */
import { feed } from './run.ts';
import type { LabNode } from './state.ts';

export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

export function kubectlOn({ name, address }: LabNode): Kubectl {
  const direct = ['--kubeconfig', '/etc/kubernetes/admin.conf', '--server', `https://${address}:6443`];
  return async (args, input = '\n') =>
    (
      await feed(
        input,
      )`docker exec --interactive ${name} kubectl ${direct} --tls-server-name kubernetes ${args}`
    ).stdout;
}
