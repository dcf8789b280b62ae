/** The demo's cluster: three simulated control planes, and a load balancer before them whose address no certificate holds. */
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { simulate, type Simulation } from '../test/simulator/simulate.ts';

export interface DemoCluster extends AsyncDisposable {
  readonly simulation: Simulation;
  /** host:port of the load balancer. */
  readonly endpoint: string;
  readonly host: string;
  readonly config: string;
  /** What a client gets who dials the load balancer and checks the certificate for its address. */
  call(): Promise<string>;
}

export async function startDemoCluster(): Promise<DemoCluster> {
  const simulation = await simulate({ nodes: 3 });
  const [first] = simulation.nodes;
  if (!first) throw new Error('there are no simulated nodes');
  const { port } = first.api;
  const host = first.api.host.replace(/\d+$/, '250');
  const balancer = await startBalancer(host, simulation);
  const config = path.join(simulation.folder, 'fix-sans.yaml');
  writeFileSync(config, configText(simulation, `${host}:${port}`));
  return {
    simulation,
    endpoint: `${host}:${port}`,
    host,
    config,
    call: async () => callOnce(host, port, simulation.ca),
    [Symbol.asyncDispose]: async () => {
      balancer.close();
      await simulation.stop();
    },
  };
}

/** Hands each connection to the next control plane, as any TCP load balancer does. */
async function startBalancer(host: string, { nodes }: Simulation): Promise<net.Server> {
  let turn = 0;
  const server = net.createServer((client) => {
    const node = nodes[turn++ % nodes.length];
    if (!node) return;
    const upstream = net.connect(node.api.port, node.api.host);
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(nodes[0]?.api.port, host, resolve);
  });
  return server;
}

async function callOnce(host: string, port: number, ca: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host, port, ca }, () => {
      socket.destroy();
      resolve(`connected to ${host}:${port}: the certificate is valid for it`);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(`Error [${error.code}]: ${error.message}`);
    });
  });
}

function configText({ nodes }: Simulation, endpoint: string): string {
  const [first] = nodes;
  const targets = nodes.map(({ name, ssh }) => ({
    target: `ssh://${ssh.user}@${ssh.host}:${ssh.port}`,
    name,
  }));
  return JSON.stringify({
    formatVersion: 1,
    ssh: { identityFiles: [first?.ssh.privateKeyFile], knownHostsFiles: [first?.ssh.knownHostsFile] },
    clusters: { demo: { nodes: targets, endpoints: [endpoint] } },
  });
}
