/** Run as a process of its own by `scripts/lab up simulated`: a simulated cluster, until somebody says stop on its socket. */
import { createServer } from 'node:net';
import { controlOf, type Standing, writeStanding } from './standing.ts';
import { simulate, type Simulation, type SimulationOptions } from './simulate.ts';

const [, , file = ''] = process.argv;
const story: SimulationOptions = { serviceSubnet: '10.240.0.64/26' };

/** The ports that people expect, where they are free on these addresses. */
async function start(): Promise<Simulation> {
  try {
    return await simulate({ ...story, apiPort: 6443, sshPort: 2222 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return simulate(story);
  }
}

const simulation = await start();
const { folder, kubeconfig, sshConfig, nodes } = simulation;
const standing: Standing = {
  pid: process.pid,
  folder,
  kubeconfig,
  sshConfig,
  nodes: nodes.map(({ name, root, api, ssh }) => ({
    name,
    root,
    address: api.host,
    apiPort: api.port,
    sshPort: ssh.port,
  })),
};

/** Whoever asked sees the connection end when everything is gone. */
async function end(): Promise<never> {
  await simulation.stop();
  process.exit();
}

// The folder is this user's alone, and so is the socket in it.
createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (said) => {
    if (said.toString() === 'stop\n') void end();
  });
}).listen(controlOf(folder), () => writeStanding(file, standing));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());
