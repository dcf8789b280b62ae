/** What stands beside the errors in a text and bears on them: who issued what, proxies, Service addresses, tests that prove nothing. */
import { canonicalIp } from '../model/ip.ts';
import { looseSan } from '../model/san.ts';
import { compileFinder } from './needles.ts';

export interface Evidence {
  /** Addresses that the text calls the ClusterIP of the API server. */
  readonly clusterIps: Set<string>;
  /** Issuers of served certificates, as openssl and curl print them. */
  readonly issuers: Set<string>;
  /** Proxy settings, without user and password. */
  readonly proxies: Map<string, string>;
  /** Certificates in PEM that were pasted along. */
  readonly blocks: string[];
  interceptor: string | undefined;
  insecure: string | undefined;
  privateKey: boolean;
  kubespray: boolean;
  /** kubeadm found an older apiserver.crt in its way. */
  staleFile: boolean;
  /** HTTPS_PROXY says https:// of a proxy that speaks plain HTTP. */
  proxyScheme: boolean;
  /** A line was too long to be read to its end. */
  overlong: boolean;
}

export function noEvidence(): Evidence {
  return {
    clusterIps: new Set(),
    issuers: new Set(),
    proxies: new Map(),
    blocks: [],
    interceptor: undefined,
    insecure: undefined,
    privateKey: false,
    kubespray: false,
    staleFile: false,
    proxyScheme: false,
    overlong: false,
  };
}

// Products met in place of an API server, and how an issuer names a proxy.
const interceptors: readonly string[] = [
  'zscaler|fortinet|fortigate|palo alto|paloalto|netskope|blue coat|bluecoat|mitmproxy',
  'cisco umbrella|check point|checkpoint|forcepoint|sophos|websense|mcafee|barracuda',
  'kaspersky|bitdefender|egress-proxy|egress proxy|proxy ca|proxy-ca|burp|fiddler',
];
const interceptorNames = interceptors.flatMap((row) => row.split('|'));
const findInterceptor = compileFinder(interceptors);
// `issuer=CN = x` and ` 0 s:CN = x` / `   i:CN = x` (openssl), `*  issuer: CN=x` (curl), `issued by ‘CN=x’` (wget)
const issuerLine =
  /(?:^|\s)(?:issuer\s*[=:]|issued by|i:)\s*[`'"‘/]*((?:CN|C|O|OU|L|ST|DC)\s*=[^\n]{1,200})/i;
// The CA of a cluster, by the names that installers give it.
const clusterCa =
  /\bCN\s*=\s*["']?[\w.@-]*(?:kubernetes|kube|k3s|rke2|rancher|etcd-ca|front-proxy-ca)[\w.@-]*/i;

const insecureTest =
  /(?:\bcurl\b[^|\n]{0,200}?\s(?:-[a-zA-Z]*k[a-zA-Z]*|--insecure)(?=\s|$)|--no-check-certificate|--?insecure-skip-tls-verify(?!=false)|insecure-skip-tls-verify: true|NODE_TLS_REJECT_UNAUTHORIZED=["']?0|verify=False|-SkipCertificateCheck)/;
const proxySetting = /\b((?:https?|all|no)_proxy)["']?\s*[=:]\s*["']?([^\s"']{1,300})/gi;
const serviceIp =
  /(?:kubernetes\s+ClusterIP|cluster ?ip[^\d\n]{0,30}|KUBERNETES_SERVICE_HOST=)\s*([\da-f][\da-f.:]{2,44})/i;

/** Lines without one of these have nothing for this file; scan.ts looks for them too. */
export const evidenceWords: readonly string[] = [
  ...interceptors,
  'curl|no-check-cert|insecure|reject_unauthorized|verify=false|skipcertificate|private key-----',
  'clusterip|cluster ip|kubernetes_service_host|kubespray|issuer|issued by| i:|_proxy',
  'certificate apiserver is invalid|proxyconnect',
];
const findAny = compileFinder(evidenceWords);

/** Only the start of a line is looked at: what matters here stands in short lines. */
const farthest = 2000;
const most = 20;

export function gatherEvidence(whole: string, evidence: Evidence): void {
  const line = whole.slice(0, farthest);
  if (findAny(line, 0, line.length) === -1) return;
  evidence.insecure ??= insecureTest.exec(line)?.[0].trim().slice(0, 80);
  evidence.privateKey ||= /PRIVATE KEY-----/.test(line);
  evidence.kubespray ||= /kubespray/i.test(line);
  evidence.staleFile ||= line.includes('certificate apiserver is invalid');
  evidence.proxyScheme ||= /proxyconnect tcp: tls: first record does not look/.test(line);
  gatherIssuer(line, evidence);
  if (evidence.clusterIps.size < most) {
    const ip = canonicalIp((serviceIp.exec(line)?.[1] ?? '').replace(/[.:]+$/, ''));
    if (ip !== undefined) evidence.clusterIps.add(ip);
  }
  if (evidence.proxies.size >= most || !/_proxy/i.test(line)) return;
  for (const [, name = '', value = ''] of line.matchAll(proxySetting)) {
    evidence.proxies.set(name.toUpperCase(), own(value.replace(/\/\/[^@/]*@/, '//')));
  }
}

function gatherIssuer(line: string, evidence: Evidence): void {
  const issuer = issuerLine
    .exec(line)?.[1]
    ?.replace(/['"’`]+:?\s*$/, '')
    .trim();
  const end = findInterceptor(line, 0, line.length);
  if (end !== -1 && (issuer !== undefined || /\b(?:subject|CN|O)\s*[=:]|\bs:/i.test(line))) {
    const lower = line.slice(0, end).toLowerCase();
    evidence.interceptor ??= interceptorNames.find((name) => lower.endsWith(name));
  }
  if (issuer !== undefined && evidence.issuers.size < most) evidence.issuers.add(own(issuer));
}

/** An issuer in the text that is no cluster's CA. */
export function foreignIssuer({ issuers }: Evidence): string | undefined {
  return [...issuers].find((issuer) => !clusterCa.test(issuer));
}

/** Who issued what was served is in the text, and it was the cluster. */
export function isClusterIssuer({ issuers }: Evidence): boolean {
  return issuers.size > 0 && [...issuers].every((issuer) => clusterCa.test(issuer));
}

/** host:port of the proxy that the environment in the text names, if it can be put into a command. */
export function proxyEndpoint({ proxies }: Evidence): string | undefined {
  const setting = proxies.get('HTTPS_PROXY') ?? proxies.get('ALL_PROXY') ?? proxies.get('HTTP_PROXY');
  const [, host = '', port = ''] =
    /^(?:[a-z]+:\/\/)?(\[[0-9a-f:]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i.exec(setting ?? '') ?? [];
  if (looseSan(host.replace(/^\[|\]$/g, '')) === undefined) return undefined;
  return `${host}:${port === '' ? '3128' : port}`;
}

/** A copy of its own: a slice would keep the whole piece of log alive that it was cut from. */
export function own(text: string): string {
  return ` ${text}`.slice(1);
}
