/** The demo's usual stage: three simulated control planes, and a load balancer before them whose address no certificate holds. */
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { findCommand } from '../test/lab/install.ts';
import { freezeReload, type Undo } from '../test/simulator/damage.ts';
import { simulate, type Simulation } from '../test/simulator/simulate.ts';
import { openSimulatedChanger, openSimulatedNode } from '../test/support/simulated-cli.ts';
import type { Stage, Trouble } from './demo-stage.ts';

/** What a node's scripts take from this machine; kubeadm and kubectl are the simulation's own, and openssl where there is none. */
const needed = ['flock', 'timeout', 'setsid', 'sha256sum', 'base64', 'stat', 'awk', 'sed', 'grep'];

/** One sentence, where the simulated nodes cannot be played here. */
export function lacking(): string | undefined {
  const missing = needed.filter((command) => findCommand(command) === undefined);
  if (missing.length === 0) return undefined;
  return `the simulated nodes need ${missing.join(', ')}, which this machine lacks; on Debian: apt-get install util-linux coreutils gawk sed grep`;
}

export async function startSimulatedStage(): Promise<Stage & AsyncDisposable> {
  const simulation = await simulateOnUsualPort();
  const [first] = simulation.nodes;
  if (!first) throw new Error('there are no simulated nodes');
  const { port } = first.api;
  const host = first.api.host.replace(/\d+$/, '250');
  const balancer = await startBalancer(host, simulation);
  const config = path.join(simulation.folder, 'fix-sans.yaml');
  writeFileSync(config, configText(simulation, `${host}:${port}`));
  return {
    opening: `Three control planes, and a load balancer that somebody put before them: ${host}:${port}.
The nodes are folders of this machine, their kubeadm and kubectl are stand-ins; SSH, the scripts that run there,
TLS and every handshake are real. ./scripts/demo --kind does the same with real Kubernetes in Docker.`,
    closing:
      'The certificates were signed by a stand-in for kubeadm; on a cluster the kubeadm of each node does it.\nNothing is left behind: the nodes were folders, and are gone.',
    endpoint: `${host}:${port}`,
    ca: simulation.ca,
    where: ['--config', config, '--ssh-config', 'none'],
    pace: ['--look-every', '200ms', '--probe-interval', '400ms'],
    folder: simulation.folder,
    doors: { openNode: openSimulatedNode, openChanger: openSimulatedChanger },
    trouble: troubleOn(simulation),
    call: async () => [`client https://${host}:${port}`, await callOnce(host, port, simulation.ca)],
    refused: /ERR_TLS_CERT_ALTNAME_INVALID/,
    [Symbol.asyncDispose]: async () => {
      balancer.close();
      await simulation.stop();
    },
  };
}

/** The port that people expect, where it is free on these addresses; with keys that cost no time. */
async function simulateOnUsualPort(): Promise<Simulation> {
  try {
    return await simulate({ nodes: 3, keys: 'ec', apiPort: 6443 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return simulate({ nodes: 3, keys: 'ec' });
  }
}

/** By name it is the second: the one through which the API is read comes last. */
function troubleOn({ nodes }: Simulation): Trouble {
  const node = nodes.find(({ name }) => name === 'cp3');
  if (node === undefined) throw new Error('there is no cp3');
  let undo: Undo | undefined;
  return {
    what: 'the API server of cp3 does not take the new pair',
    options: ['--reload-wait', '2s'],
    begin: async () => {
      undo = freezeReload(node);
    },
    end: async () => undo?.(),
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
