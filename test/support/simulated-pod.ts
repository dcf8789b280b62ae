/** Pods on a simulated node: their processes, what kubelet mounted into them, and a stand-in for nsenter that leads Service addresses on. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ApiObject } from '../simulator/object-store.ts';
import type { SimulatedNode, Simulation } from '../simulator/simulate.ts';
import { writeProcess } from './node-tree.ts';

export interface SimulatedPod {
  readonly pid: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly serviceHost: string;
  readonly hasToken?: boolean;
  /** Its process is called as what holds the network of each pod is, which then runs beside it. */
  readonly isPause?: true;
  /** PEM of the ca.crt that kubelet put beside the token. */
  readonly ca: string;
}

/** The kernel and kubelet's own folder, as they show a pod whose token is mounted or not. */
export function startPod(node: SimulatedNode, pod: SimulatedPod): void {
  const { root } = node;
  const write = writer(root);
  write('proc/1/comm', 'systemd\n');
  for (const space of ['net', 'pid', 'mnt']) write(`proc/1/ns/${space}`, '');
  writeProcess(root, pod.pid, {
    comm: pod.isPause === true ? 'pause' : 'app',
    group: `/kubepods/burstable/pod${pod.uid}/1`,
    hasOwnNetwork: true,
    environ: [`KUBERNETES_SERVICE_HOST=${pod.serviceHost}`, 'KUBERNETES_SERVICE_PORT=443', 'PASSWORD=s3cret'],
  });
  // With the same network, and without an environment of kubelet's.
  if (pod.isPause === true) {
    const holder = `1${pod.pid}`;
    writeProcess(root, holder, {
      comm: 'pause',
      group: `/kubepods/burstable/pod${pod.uid}/0`,
      hasOwnNetwork: true,
      environ: ['PATH=/usr/bin'],
    });
    write(`proc/${holder}/mountinfo`, '299 1 0:9 / / rw - overlay overlay rw\n');
  }
  mkdirSync(path.join(root, `var/log/pods/${pod.namespace}_${pod.name}_${pod.uid}`), { recursive: true });
  const volume = `/var/lib/kubelet/pods/${pod.uid}/volumes/kubernetes.io~projected/kube-api-access-x`;
  const hasToken = pod.hasToken !== false;
  const mount = hasToken
    ? `300 299 0:77 / /run/secrets/kubernetes.io/serviceaccount ro,relatime - tmpfs tmpfs rw\n`
    : '';
  write(`proc/${pod.pid}/mountinfo`, `299 1 0:9 / / rw - overlay overlay rw\n${mount}`);
  write('proc/1/mountinfo', `30 1 0:77 / ${volume} rw,relatime - tmpfs tmpfs rw\n`);
  rmSync(path.join(root, volume), { recursive: true, force: true });
  if (!hasToken) return;
  write(`${volume}/token`, 's3cret-token');
  write(`${volume}/ca.crt`, pod.ca);
}

export function stopPod({ root }: SimulatedNode, { pid }: Pick<SimulatedPod, 'pid'>): void {
  for (const one of [pid, `1${pid}`]) rmSync(path.join(root, 'proc', one), { recursive: true, force: true });
}

function writer(root: string): (file: string, text: string) => void {
  return (file, text) => {
    const at = path.join(root, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
  };
}

/**
 * What kube-proxy does for the pods of a node: each address or `address:port` leads to another. The stand-in runs the program with them
 * replaced, so that nothing that a test does leaves this machine.
 */
export function leadTo({ root }: SimulatedNode, routes: Readonly<Record<string, string>>): void {
  writer(root)(
    'run/pod-network',
    Object.entries(routes)
      .map(([from, to]) => `${from} ${to}\n`)
      .join(''),
  );
  const file = path.join(root, 'usr/bin/nsenter');
  writeFileSync(
    file,
    `#!/bin/sh
# Simulated: the network of a pod is this machine's, with Service addresses led on.
case $1 in --net=/proc/self/fd/7) ;; *) echo "wrong arguments: $*" >&2; exit 2 ;; esac
[ "$2" = -- ] || exit 2
shift 2
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  while read -r from to; do [ "$word" = "$from" ] && { word=$to; break; }; done <"$FIX_SANS_ROOT/run/pod-network"
  set -- "$@" "$word"
  count=$((count - 1))
done
exec "$@"
`,
  );
  chmodSync(file, 0o755);
}

export function object(
  [apiVersion, kind, namespace, name]: readonly [string, string, string, string],
  {
    labels = {},
    ...more
  }: { readonly labels?: Readonly<Record<string, string>>; readonly [field: string]: unknown },
): ApiObject {
  return { apiVersion, kind, metadata: { name, namespace, labels }, ...more };
}

/** The DNS Service, its servers, and the CA that pods get. */
export function setDns({ objects, ca }: Simulation, address: string, servers: readonly string[]): void {
  const labels = { 'k8s-app': 'kube-dns' };
  objects.set(
    object(['v1', 'Service', 'kube-system', 'kube-dns'], {
      labels,
      spec: { clusterIP: address, clusterIPs: [address], ports: [{ port: 53, protocol: 'UDP' }] },
    }),
  );
  objects.set(
    object(['discovery.k8s.io/v1', 'EndpointSlice', 'kube-system', 'kube-dns-x'], {
      labels,
      addressType: 'IPv4',
      endpoints: servers.map((one) => ({ addresses: [one], conditions: { ready: true } })),
      ports: [{ port: 53, protocol: 'UDP' }],
    }),
  );
  for (const namespace of ['kube-system', 'default'])
    objects.set(object(['v1', 'ConfigMap', namespace, 'kube-root-ca.crt'], { data: { 'ca.crt': ca } }));
}
