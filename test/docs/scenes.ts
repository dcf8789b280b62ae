/** The clusters that the documentation speaks of, one for each story. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { namesOnDisk, reissue, takeCaKeyAway } from '../simulator/damage.ts';
import type { SimulatedNode } from '../simulator/simulate.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { startInterceptingProxy } from '../support/intercepting-proxy.ts';
import { leadTo, setDns, startPod } from '../support/simulated-pod.ts';
import type { World, WorldOptions } from './world.ts';

/** The ClusterIP of story S1. */
const clusterIp = '10.240.0.65';

export const scenes = {
  /** Nothing is missing but the address outside, which the kubeconfig dials. */
  outside: { outside: '10.220.70.56', dialsOutside: true, prepare: files },
  vip: { outside: '192.168.56.42', certSans: ['api.example.com'], prepare: files },
  healthy: { certSans: ['api.example.com'], prepare: files },
  two: { nodes: 2, certSans: ['api.example.com'], prepare: files },
  pods: { serviceSubnet: '10.240.0.64/26', prepare: async (world) => podsFail(world) },
  inspected: { outside: '203.0.113.10', certSans: ['api.example.com'], prepare: files },
  /** Pods on every node, and nothing is missing. */
  proven: { serviceSubnet: '10.240.0.64/26', certSans: ['api.example.com'], prepare: withPods },
  walk: {
    serviceSubnet: '10.240.0.64/26',
    prepare: async (world) => {
      await withPods(world);
      for (const node of world.simulation.nodes) withoutName(world, node, clusterIp);
    },
  },
  intercepted: {
    outside: '193.164.155.89',
    dialsOutside: true,
    answers: async ({ simulation, outside }) => {
      const [first] = simulation.nodes;
      if (first === undefined) throw new Error('no node');
      const { host, port } = first.api;
      const proxy = await startInterceptingProxy({
        front: 'transparent',
        upstream: { host, port },
        listen: outside,
        port: 6443,
      });
      return () => proxy.close();
    },
  },
  /** Both went down between the swap and the proof: who ran it was killed, and the node has started again since. */
  cutOff: { certSans: ['api.example.com'], prepare: cutOff },
  elsewhere: { certSans: ['api.example.com'], prepare: caElsewhere },
} as const satisfies Readonly<Record<string, WorldOptions>>;

export type SceneName = keyof typeof scenes;

/** What the commands name beside the cluster. */
function files({ simulation, outside, write }: World): void {
  const hosts = simulation.nodes.map(({ name, ssh }) => `        ${name}: { ansible_host: ${ssh.host} }\n`);
  const members = simulation.nodes.map(({ name }) => `            ${name}:\n`);
  write(
    'inventory/prod/hosts.yaml',
    `all:\n  hosts:\n${hosts.join('').replaceAll('        ', '    ')}  children:\n    k8s_cluster:\n      children:\n        kube_control_plane:\n          hosts:\n${members.join('')}`,
  );
  write(
    'inventory/prod/group_vars/k8s_cluster/k8s-cluster.yml',
    '# Ours since 2021.\nkube_version: v1.32.0\nsupplementary_addresses_in_ssl_keys: [api.example.com]   # the old name\n',
  );
  const error = `x509: certificate is valid for 10.96.0.1, 10.225.4.51, not ${outside}`;
  write('ticket.txt', `Since this morning:\nUnable to connect to the server: ${error}\n`);
  const logged = `Nov 21 10:00:00 w1 kubelet[811]: E1121 10:00:00.000001 811 reflector.go:205] "Failed to watch" err="failed to list *v1.Node: Get https://${outside}:6443/api/v1/nodes: tls: failed to verify certificate: ${error}"`;
  write('bin/journalctl', `#!/bin/sh\ncat <<'END'\n${logged}\nEND\n`, 0o755);
}

async function withPods(world: World): Promise<void> {
  files(world);
  const { simulation } = world;
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  const dns = await startDnsServer(first.api.host, [clusterIp]);
  world.atEnd(() => dns.stop());
  setDns(simulation, '10.240.0.74', ['10.240.9.9']);
  for (const [index, node] of simulation.nodes.entries()) {
    startPod(node, {
      pid: '500',
      namespace: 'metallb-system',
      name: index === 0 ? 'controller-7d9f4' : `speaker-${index}`,
      uid: '12345678-1234-1234-1234-123456789012',
      serviceHost: clusterIp,
      ca: simulation.ca,
    });
    leadTo(node, {
      [`${clusterIp}:443`]: `${first.api.host}:${first.api.port}`,
      '10.240.0.74': dns.host,
      '10.240.9.9': dns.host,
      '53': String(dns.port),
    });
  }
}

async function podsFail(world: World): Promise<void> {
  await withPods(world);
  for (const node of world.simulation.nodes) withoutName(world, node, clusterIp);
}

function withoutName({ simulation }: World, node: SimulatedNode, name: string): void {
  reissue(
    simulation,
    node,
    namesOnDisk(node).filter((one) => one !== name),
  );
}

/** Whoever holds the CA has it in a folder of his own. */
function caElsewhere(world: World): void {
  files(world);
  const { simulation, folder } = world;
  for (const [index, node] of simulation.nodes.entries()) {
    takeCaKeyAway(node);
    if (index > 0) continue;
    mkdirSync(path.join(folder, 'ca'));
    for (const [from, to] of [
      ['etc/kubernetes/pki/ca.crt', 'ca.crt'],
      ['tmp/ca.key.away', 'ca.key'],
    ] as const)
      writeFileSync(path.join(folder, 'ca', to), readFileSync(path.join(node.root, from)), { mode: 0o600 });
  }
}

async function cutOff(world: World): Promise<void> {
  files(world);
  await world.type(
    `fix-sans apply --kubeconfig admin.conf --user ops --san lb.example.com --yes 2>talk & pid=$!
     while ! grep -qs 'new pair is in place' talk; do kill -0 $pid || break; sleep 0.05; done
     kill -KILL $pid; wait`,
  );
  for (const { root } of world.simulation.nodes) {
    const lock = path.join(root, 'var/lib/fix-sans/lock');
    const [run, , ...rest] = readFileSync(lock, 'utf8').split('\n');
    writeFileSync(lock, [run, '11111111-2222-3333-4444-555555555555', ...rest].join('\n'));
  }
}
