/** Asks the API server from inside pods: a pod of the probe image on every node, entered past kubectl, which may be what is broken. */
import { probeImage } from './image.ts';
import type { Kubectl } from './kubectl.ts';
import { run } from './run.ts';
import type { LabNode } from './state.ts';

/** One line of what kind-configs/image/go/probe prints. */
export interface Seen {
  readonly ok: boolean;
  readonly error?: string;
  readonly serial?: string;
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly status?: number;
}

export async function startProbes(kubectl: Kubectl): Promise<void> {
  const { image } = await probeImage();
  const labels = { app: 'lab-probe' };
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'lab-probe', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          tolerations: [{ operator: 'Exists' }],
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'probe', image, imagePullPolicy: 'Never', args: ['wait'] }],
        },
      },
    },
  };
  await kubectl(['apply', '--filename', '-'], JSON.stringify(manifest));
  await kubectl(['rollout', 'status', 'daemonset/lab-probe', '--timeout', '90s']);
}

/** Runs the probe in the pod on that node. Its exit code says whether anything failed, which the lines say as well. */
export async function askFromPod(node: LabNode, args: readonly string[]): Promise<readonly Seen[]> {
  const find = `ctr --namespace k8s.io containers list 'labels."io.kubernetes.container.name"==probe' --quiet`;
  const script = `id=$(${find} | tail -n 1) && exec ctr --namespace k8s.io tasks exec --exec-id "ask-$$" "$id" /usr/local/bin/probe "$@"`;
  const { stdout } = await run({ nothrow: true })`docker exec ${node.name} sh -c ${script} sh ${args}`;
  const lines = stdout.split('\n').filter(Boolean);
  if (lines.length === 0) throw new Error(`the probe on ${node.alias} said nothing`);
  return lines.map((line) => JSON.parse(line) as Seen);
}
