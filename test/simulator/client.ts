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
export async function handshake({ api }: SimulatedNode, ca: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: api.host, port: api.port, ca, checkServerIdentity: () => undefined },
      () => {
        const certificate = socket.getPeerX509Certificate();
        socket.destroy();
        if (certificate === undefined) reject(new Error('no certificate'));
        else resolve(certificate);
      },
    );
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
  { ca }: Pick<Simulation, 'ca'>,
  node: SimulatedNode,
  url: string,
  how: Call = {},
): Promise<Reply> {
  const credentials = how.asAdmin === true ? adminOf(node) : {};
  return new Promise((resolve, reject) => {
    const options = {
      host: node.api.host,
      port: node.api.port,
      path: url,
      method: how.method ?? 'GET',
      ca,
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
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal?: string;
}

/** Logs in and runs one command; `kill` is a signal that is sent when it has said something. */
export async function runOn(
  node: SimulatedNode,
  command: string,
  stdin = '',
  more: ConnectConfig & { readonly env?: Readonly<Record<string, string>>; readonly kill?: string } = {},
): Promise<Ran> {
  const { env = {}, kill, ...connection } = more;
  const client = await login(node, connection);
  try {
    return await new Promise((resolve, reject) => {
      client.exec(command, { env }, (error, channel) => {
        if (error !== undefined) return reject(error);
        const said = { stdout: '', stderr: '' };
        let end: { code: number | null; signal?: string } = { code: null };
        channel.on('data', (part: Buffer) => {
          said.stdout += part.toString();
          if (kill !== undefined) channel.signal(kill);
        });
        channel.stderr.on('data', (part: Buffer) => (said.stderr += part.toString()));
        channel.on('exit', (code: number | null, signal?: string) => {
          end = { code, ...(signal === undefined ? {} : { signal }) };
        });
        channel.on('close', () => resolve({ ...said, ...end }));
        // The library sends no signal on a channel that was ended.
        return kill === undefined ? channel.end(stdin) : channel.write(stdin);
      });
    });
  } finally {
    client.end();
  }
}

/** Rejects when the host key is not the one in known_hosts. */
export async function login({ ssh }: SimulatedNode, more: ConnectConfig = {}): Promise<Client> {
  const known = readFileSync(ssh.knownHostsFile, 'utf8').split('\n');
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('connect', () => client.setNoDelay(true));
    client.on('ready', () => resolve(client));
    client.on('error', reject);
    client.connect({
      host: ssh.host,
      port: ssh.port,
      username: ssh.user,
      privateKey: readFileSync(ssh.privateKeyFile),
      hostVerifier: (key: Buffer) =>
        known.includes(`[${ssh.host}]:${ssh.port} ssh-ed25519 ${key.toString('base64')}`),
      ...more,
    });
  });
}
