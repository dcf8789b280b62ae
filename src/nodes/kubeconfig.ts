/** Reads one context of a kubeconfig into a plain value, strictly where trust is decided and like client-go elsewhere. */
import { readCertificates } from '../model/certificate.ts';
import { certificateRefusalSentence } from '../model/certificate-refusal.ts';
import { display } from '../model/display.ts';
import type { Kubeconfig } from '../model/kubeconfig.ts';
import { UserError } from '../model/user-error.ts';
import { readServer } from './api-address.ts';
import { meant } from './did-you-mean.ts';
import type { Fields } from './fields.ts';
import { credentialsOf } from './kubeconfig-credentials.ts';
import { decode, fileOf } from './kubeconfig-data.ts';
import {
  type Entry,
  type Env,
  kubeconfigHint,
  type MergedKubeconfig,
  readKubeconfigFiles,
} from './kubeconfig-files.ts';

export interface KubeconfigOptions {
  /** --kubeconfig; without it $KUBECONFIG, then ~/.kube/config. */
  readonly file?: string;
  /** --context; without it `current-context`. */
  readonly context?: string;
  /** --run-exec-plugin: the file may name a program to run. */
  readonly allowExecPlugin: boolean;
  readonly env: Env;
}

export async function readKubeconfig(options: KubeconfigOptions): Promise<Kubeconfig> {
  const merged = await readKubeconfigFiles(options.file, options.env);
  const { name: contextName, entry: context } = contextOf(merged, options.context);
  const clusterName = context.fields.text('cluster') ?? '';
  const cluster = find(merged.clusters, clusterName, `context ${display(contextName)}: cluster`);
  const userName = context.fields.text('user');
  const user = userName === undefined ? undefined : find(merged.users, userName, 'user');
  const { fields } = cluster;
  const server = readServer(fields.text('server') ?? '');
  if (!server.ok) throw fields.refuse('server', server.fault);
  const tlsServerName = fields.text('tls-server-name');
  if (tlsServerName !== undefined && !/^[A-Za-z0-9_.:-]{1,253}$/.test(tlsServerName))
    throw fields.refuse('tls-server-name', 'is neither a DNS name nor an address');
  const skipsVerification = fields.flag('insecure-skip-tls-verify');
  // That this program verifies all the same is said in a finding.
  const notes = [...merged.notes, ...server.notes];
  const proxyUrl = proxyOf(fields);
  return {
    path: context.file,
    context: contextName,
    clusterName,
    server: server.address,
    ca: await authoritiesOf(cluster, notes),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl: withoutPassword(proxyUrl) }),
    proxy: () => proxyUrl?.href,
    skipsVerification,
    credentials: credentialsOf(user, { ...options, cluster: fields }),
    notes,
  };
}

function contextOf(merged: MergedKubeconfig, asked: string | undefined): { name: string; entry: Entry } {
  const names = [...merged.contexts.keys()];
  const listed =
    names.length === 0
      ? 'it has none'
      : `it has ${names
          .slice(0, 20)
          .map((name) => display(name, 80))
          .join(', ')}`;
  const files = merged.files.map((file) => display(file)).join(', ');
  const name = asked ?? merged.currentContext;
  if (name === undefined || name === '')
    throw new UserError(
      `the kubeconfig ${files} has no current-context`,
      `choose one with --context: ${listed}`,
    );
  const entry = merged.contexts.get(name);
  if (entry) return { name, entry };
  throw new UserError(
    `the kubeconfig ${files} has no context ${display(name, 80)}${meant(name, names)}`,
    `choose one with --context: ${listed}`,
  );
}

function find(entries: ReadonlyMap<string, Entry>, name: string, what: string): Entry {
  const entry = entries.get(name);
  if (entry) return entry;
  throw new UserError(
    `the kubeconfig has no ${what} ${display(name, 80)}${meant(name, [...entries.keys()])}`,
    kubeconfigHint,
  );
}

/** Data wins over a file: https://github.com/kubernetes/client-go/blob/v0.34.0/tools/clientcmd/client_config.go */
async function authoritiesOf({ file, fields }: Entry, notes: string[]): Promise<readonly string[]> {
  const data = fields.text('certificate-authority-data');
  const from = fields.text('certificate-authority');
  if (data === undefined && from === undefined) {
    notes.push("the kubeconfig names no certificate authority, so the system's store decides");
    return [];
  }
  const what = data === undefined ? 'certificate-authority' : 'certificate-authority-data';
  const bytes =
    data === undefined
      ? await fileOf(file, from ?? '', 'the certificate authority')
      : decode(fields, what, data);
  return pemsOf(Buffer.from(bytes).toString('latin1'), fields, what, notes);
}

/** Go takes every readable CERTIFICATE block out of a bundle and is content with one: https://pkg.go.dev/crypto/x509#CertPool.AppendCertsFromPEM */
function pemsOf(text: string, fields: Fields, what: string, notes: string[]): readonly string[] {
  const blocks = text.match(/^-----BEGIN CERTIFICATE-----[ \t]*\r?\n[^-]*-----END CERTIFICATE-----/gm) ?? [];
  const pems: string[] = [];
  let fault = 'holds no certificate in PEM';
  for (const block of blocks.slice(0, 256)) {
    const reading = readCertificates(Buffer.from(block, 'latin1'));
    if (reading.ok) pems.push(`${block}\n`);
    else fault = `is not usable: ${certificateRefusalSentence(reading.refusal)}`;
  }
  if (pems.length === 0) throw fields.refuse(what, fault);
  if (pems.length < blocks.length)
    notes.push(`${what}: ${blocks.length - pems.length} of its certificates cannot be read`);
  return pems;
}

function proxyOf(fields: Fields): URL | undefined {
  const text = fields.text('proxy-url');
  if (text === undefined) return undefined;
  // https://github.com/kubernetes/client-go/blob/v0.34.0/tools/clientcmd/helpers.go (parseProxyURL)
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:', 'socks5:'].includes(url.protocol) || url.hostname === '')
    throw fields.refuse('proxy-url', 'is no http, https or socks5 URL');
  return url;
}

function withoutPassword(url: URL): string {
  const shown = new URL(url.href);
  if (shown.username !== '' || shown.password !== '') {
    shown.username = '';
    shown.password = '';
    return shown.href.replace('//', '//***@');
  }
  return shown.href;
}
