/** A TLS handshake with an endpoint, seen from one place by one way: what was served, or how it failed. */
import type { Certificate } from './certificate.ts';

/** How the bytes went. `ssh`: through the SSH connection to the node named in `from`. */
export type Way = 'direct' | 'proxy' | 'ssh';

export const probeTroubles = [
  'dns',
  'refused',
  'unreachable',
  'timeout',
  'reset',
  'closed',
  'not-tls',
  'alert',
  'proxy-refused',
  'proxy-unreachable',
  'too-large',
  'failed',
] as const;

export type ProbeTroubleCode = (typeof probeTroubles)[number];

export interface Probe {
  /** `here`, the name given with --vantage, or a node's name. */
  readonly from: string;
  readonly way: Way;
  /** host:port of the proxy, without its credentials. */
  readonly proxy?: string;
  readonly host: string;
  readonly port: number;
  /** Sent as SNI; none for an address: RFC 6066. */
  readonly serverName?: string;
  readonly at: string;
  readonly milliseconds: number;
  readonly result:
    | {
        readonly state: 'served';
        /** Leaf first, as served. */
        readonly chain: readonly Certificate[];
        /** Whether the chain leads to the CA that was given; undefined where none was. */
        readonly isTrusted?: boolean;
        /** Why the chain is shorter here than it was served: a certificate in it that nobody can read. */
        readonly chainFault?: string;
        readonly protocol: string;
        readonly answer?: HttpAnswer;
        /** Why there is no `answer`: what hides behind a proxy often shows only here. */
        readonly noAnswer?: { readonly trouble: ProbeTroubleCode; readonly detail: string };
        readonly health?: Health;
      }
    | {
        readonly state: 'failed';
        readonly trouble: ProbeTroubleCode;
        readonly detail: string;
        /** `proxy-refused`: what the proxy said to CONNECT. */
        readonly answer?: HttpAnswer;
      };
}

/** What `GET /readyz` said, etcd included: asked of nobody but who shows a certificate of the cluster's CA. */
export interface Health {
  /** Undefined where it said nothing in time. */
  readonly status?: number;
  /** The checks that fail, by their names: `etcd`, `poststarthook/…`. */
  readonly failing: readonly string[];
}

/** What `GET /version` said: without credentials. */
export interface HttpAnswer {
  readonly status: number;
  readonly server?: string;
  /** At most 200 characters: of a page its title, of Kubernetes' own errors the message. */
  readonly firstLine: string;
  readonly gitVersion?: string;
  /** Whether its body is of the kind that an API server writes, errors included: then no proxy made it up. */
  readonly isKubernetes?: boolean;
}

/** Where we stand: what decides how a client here reaches the API. Secrets are redacted before they come in here. */
export interface Environment {
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  readonly trustBundles: readonly TrustBundle[];
  /** What of the proxy variables no client understands: `"10.*" in NO_PROXY matches nothing`. */
  readonly faults?: readonly { readonly name: string; readonly fault: string }[];
  readonly kubectlVersion?: string;
  readonly hostname: string;
}

export interface TrustBundle {
  /** `SSL_CERT_FILE`, `system` … */
  readonly source: string;
  readonly path: string;
  readonly count: number;
  readonly fault?: string;
  /** SHA-256 fingerprints, in lower-case hex: of all its certificates, and in reports only of those that somebody was shown. */
  readonly fingerprints: readonly string[];
  /** In reports of an interception: whether its CA is among them. */
  readonly holdsInterceptor?: boolean;
}
