/** The pod that is made to look from: tied to its node, without any right, and ended by kubelet if nobody comes back for it. */
import { probeLabels, probeNamespace, probePrefix } from '../model/probe-pod.ts';

export interface PodAsk {
  /** 16 hexadecimal digits of this run's. */
  readonly id: string;
  readonly image: string;
  /** As the cluster calls the node. */
  readonly nodeName: string;
  /** After this kubelet ends it by itself. */
  readonly deadlineSeconds: number;
}

export function probePodName(id: string): string {
  if (!/^[0-9a-f]{16}$/.test(id)) throw new Error('the id of a pod is 16 hexadecimal digits');
  return `${probePrefix}${id}`;
}

/**
 * The restricted Pod Security Standard, whatever the namespace asks for: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 * The user is given, since many images name none and kubelet would refuse to run them. nodeName needs no scheduler, and the default
 * ServiceAccount's token and CA are what makes it see what pods see.
 */
export function probePod({ id, image, nodeName, deadlineSeconds }: PodAsk): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: probePodName(id), namespace: probeNamespace, labels: probeLabels },
    spec: {
      nodeName,
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: true,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_535,
        runAsGroup: 65_535,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'probe',
          image,
          imagePullPolicy: 'IfNotPresent',
          resources: { requests: { cpu: '1m', memory: '4Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
