/** One context of a kubeconfig: where the API is, whom to trust, and who we are. Secrets are behind functions, so that no output holds them. */
import type { ClusterFacts } from './cluster-facts.ts';

export interface Kubeconfig {
  /** The file in which the context stands. */
  readonly path: string;
  readonly context: string;
  readonly clusterName: string;
  readonly server: ApiAddress;
  /** PEM, one certificate each; none where the system's store decides. */
  readonly ca: readonly string[];
  /** `tls-server-name` */
  readonly tlsServerName?: string;
  /** `proxy-url`, without its credentials. */
  readonly proxyUrl?: string;
  /** With its credentials: only to dial it. */
  readonly proxy: () => string | undefined;
  /** What the file asks for; this program verifies all the same. */
  readonly skipsVerification: boolean;
  /** Reads key files and runs a consented exec plugin. Rejects with UserError. */
  readonly credentials: () => Promise<ApiCredentials>;
  /** What was remarked while reading: sentences for the user, with text from outside in them. */
  readonly notes: readonly string[];
}

export interface ApiAddress {
  /** An address in its one spelling, or a lower-case DNS name. */
  readonly host: string;
  readonly port: number;
  /** `` or `/k8s/clusters/c-1`, without a final slash. */
  readonly path: string;
}

export interface ApiCredentials {
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly token?: string;
  /** Impersonate-User and its kin. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface ApiAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** GET of one path of the API, verified, with the credentials. Rejects with an Error whose message is a sentence part. */
export type ApiGet = (path: string) => Promise<ApiAnswer>;

/** `https://[2001:db8::1]:6443/prefix` */
export function formatServer({ host, port, path }: ApiAddress): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

/** What may be shown and written down. */
export function withoutSecrets(kubeconfig: Kubeconfig): NonNullable<ClusterFacts['kubeconfig']> {
  const { path, context, server, tlsServerName, proxyUrl, skipsVerification, ca } = kubeconfig;
  return {
    path,
    context,
    server: formatServer(server),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    skipsVerification,
    ca,
  };
}
