/** Where the stand-in for kubectl dials and by which certificates, from the kubeconfig and the flags over it. */
import type { CommandLine } from './command-line.ts';
import { Complaint } from './complaint.ts';

export interface Access {
  readonly server: URL;
  readonly tlsServerName: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

interface Named {
  readonly name?: string;
  readonly cluster?: Readonly<Record<string, string>>;
  readonly user?: Readonly<Record<string, string>>;
  readonly context?: Readonly<Record<string, string>>;
}

interface Kubeconfig {
  readonly clusters?: readonly Named[];
  readonly users?: readonly Named[];
  readonly contexts?: readonly Named[];
  readonly 'current-context'?: string;
}

export async function accessOf(line: CommandLine, fileText: (file: string) => string): Promise<Access> {
  const { kubeconfig } = line;
  const config = kubeconfig === undefined ? {} : await configOf(fileText(kubeconfig));
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.['cluster'])?.cluster ?? {};
  const user = config.users?.find(({ name }) => name === context?.['user'])?.user ?? {};
  // Data in the file outrank a path in it.
  const from = (fields: Readonly<Record<string, string>>, name: string) => {
    const data = fields[`${name}-data`];
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    const place = fields[name];
    return place === undefined ? undefined : fileText(place);
  };
  const server = line.server ?? cluster['server'] ?? 'http://localhost:8080';
  return {
    server: urlOf(server),
    tlsServerName: line.tlsServerName ?? cluster['tls-server-name'],
    ca:
      line.certificateAuthority === undefined
        ? from(cluster, 'certificate-authority')
        : fileText(line.certificateAuthority),
    cert: from(user, 'client-certificate'),
    key: from(user, 'client-key'),
  };
}

/** The simulator writes JSON; a parser of YAML takes its time to load. */
async function configOf(text: string): Promise<Kubeconfig> {
  try {
    return (JSON.parse(text) ?? {}) as Kubeconfig;
  } catch {
    const { parse } = await import('yaml');
    return (parse(text) ?? {}) as Kubeconfig;
  }
}

function urlOf(server: string): URL {
  try {
    return new URL(server.includes('://') ? server : `https://${server}`);
  } catch {
    throw new Complaint(`error: parse "${server}": invalid server address`);
  }
}
