/** Kubelets of a simulated cluster, as far as pods that are made by the API go: they start them, say how they are, and take them away. */
import type { ApiObject } from '../simulator/object-store.ts';
import { pathOf } from '../simulator/object-store.ts';
import type { SimulatedNode, Simulation } from '../simulator/simulate.ts';
import { startPod, stopPod } from './simulated-pod.ts';

export interface KubeletOptions {
  readonly serviceHost: string;
  /** In place of starting it: what its status says. */
  readonly status?: (pod: ApiObject) => object | undefined;
  /** False: what is to go stays. */
  readonly takesAway?: () => boolean;
}

export interface Kubelets {
  /** All that were ever seen, as they were made. */
  readonly seen: readonly ApiObject[];
  stop(): void;
}

const pods = '/api/v1/namespaces/kube-system/pods';
const pid = '700';

export function startKubelets(simulation: Simulation, options: KubeletOptions): Kubelets {
  const seen = new Map<string, ApiObject>();
  const look = (): void => {
    const { items } = simulation.objects.get(pods) as { items: readonly ApiObject[] };
    for (const item of items) {
      const pod: ApiObject = { ...item, apiVersion: 'v1', kind: 'Pod' };
      const { nodeName } = pod['spec'] as { nodeName?: string };
      const node = simulation.nodes.find(({ name }) => name === nodeName);
      if (node !== undefined && pod.metadata['uid'] !== undefined) tend(pod, node);
    }
  };
  const tend = (pod: ApiObject, node: SimulatedNode): void => {
    if (pod.metadata['deletionTimestamp'] !== undefined) {
      if (options.takesAway?.() === false) return;
      stopPod(node, { pid });
      simulation.objects.forget(pathOf(pod));
      return;
    }
    if (pod['status'] !== undefined) return;
    seen.set(pod.metadata.name, pod);
    const status = options.status === undefined ? running : options.status(pod);
    if (status === undefined) return;
    if (status === running)
      startPod(node, {
        pid,
        namespace: 'kube-system',
        name: pod.metadata.name,
        uid: String(pod.metadata['uid']),
        serviceHost: options.serviceHost,
        ca: simulation.ca,
        isPause: true,
      });
    simulation.objects.set({ ...pod, status });
  };
  const timer = setInterval(look, 50);
  return {
    get seen() {
      return [...seen.values()];
    },
    stop: () => clearInterval(timer),
  };
}

const running = {
  phase: 'Running',
  containerStatuses: [{ name: 'probe', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
};

export function waiting(reason: string, message: string): object {
  return {
    phase: 'Pending',
    containerStatuses: [{ name: 'probe', state: { waiting: { reason, message } } }],
  };
}
