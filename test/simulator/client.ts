/** How tests talk to a simulated node: a handshake, a request, a command by SSH. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import path from 'node:path';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { parse } from 'yaml';
import type { SimulatedNode, Simulation } from './simulate.ts';

/** The certificate that a handshake by address gets, its chain checked. */
export async function handshake({ address, apiPort }: SimulatedNode, ca: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: apiPort, ca, checkServerIdentity: () => undefined }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error('no certificate'));
      else resolve(certificate);
    });
    socket.on('error', reject);
  });
}

export interface Reply {
  readonly status: number | undefined;
  readonly body: string;
}

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  /** By the node's admin.conf; otherwise nobody. */
  readonly asAdmin?: boolean;
}

export async function call(
  simulation: Simulation,
  node: SimulatedNode,
  url: string,
  how: Call = {},
): Promise<Reply> {
  const credentials = how.asAdmin === true ? adminOf(node) : {};
  return new Promise((resolve, reject) => {
    const options = {
      host: node.address,
      port: node.apiPort,
      path: url,
      method: how.method ?? 'GET',
      ca: simulation.ca,
      agent: false,
      ...credentials,
    };
    const sent = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('error', reject);
    sent.end(how.body === undefined ? undefined : JSON.stringify(how.body));
  });
}

function adminOf({ root }: SimulatedNode): { readonly cert: string; readonly key: string } {
  const text = readFileSync(path.join(root, 'etc/kubernetes/admin.conf'), 'utf8');
  const { users } = parse(text) as { users: { user: Record<string, string> }[] };
  const decode = (name: string) => Buffer.from(users[0]?.user[name] ?? '', 'base64').toString();
  return { cert: decode('client-certificate-data'), key: decode('client-key-data') };
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** Logs in and runs one command. */
export async function ssh(
  simulation: Simulation,
  node: SimulatedNode,
  command: string,
  stdin = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const client = await login(simulation, node);
  try {
    return await new Promise((resolve, reject) => {
      client.exec(command, { env }, (error, channel) => {
        if (error !== undefined) return reject(error);
        const said = { stdout: '', stderr: '' };
        let code: number | null = null;
        channel.on('data', (part: Buffer) => (said.stdout += part.toString()));
        channel.stderr.on('data', (part: Buffer) => (said.stderr += part.toString()));
        channel.on('exit', (status: number | null) => (code = status));
        channel.on('close', () => resolve({ ...said, code }));
        return channel.end(stdin);
      });
    });
  } finally {
    client.end();
  }
}

/** Rejects when the host key is not the one in the simulation's known_hosts. */
export async function login(
  simulation: Simulation,
  node: SimulatedNode,
  more: ConnectConfig = {},
): Promise<Client> {
  const known = readFileSync(simulation.knownHosts, 'utf8');
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('connect', () => client.setNoDelay(true));
    client.on('ready', () => resolve(client));
    client.on('error', reject);
    client.connect({
      host: node.address,
      port: node.sshPort,
      username: 'root',
      privateKey: readFileSync(simulation.userKey),
      hostVerifier: (key: Buffer) =>
        known.includes(`[${node.address}]:${node.sshPort} ssh-ed25519 ${key.toString('base64')}\n`),
      ...more,
    });
  });
}
