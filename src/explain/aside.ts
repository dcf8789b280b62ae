/** What stands beside the errors in a text and bears on them: tests that prove nothing, known interceptors, Service addresses. */
import { canonicalIp } from '../model/ip.ts';
import { compileFinder } from './needles.ts';

export interface Aside {
  readonly clusterIps: Set<string>;
  interceptor: string | undefined;
  insecure: string | undefined;
  privateKey: boolean;
  /** A line was too long to be read to its end. */
  overlong: boolean;
}

export function emptyAside(): Aside {
  return {
    clusterIps: new Set(),
    interceptor: undefined,
    insecure: undefined,
    privateKey: false,
    overlong: false,
  };
}

// Products met in place of an API server, and how an issuer names a proxy.
const interceptors: readonly string[] = [
  'zscaler|fortinet|fortigate|palo alto|paloalto|netskope|blue coat|bluecoat|mitmproxy',
  'cisco umbrella|check point|checkpoint|forcepoint|sophos|websense|mcafee|barracuda',
  'kaspersky|bitdefender|egress-proxy|egress proxy|proxy ca|proxy-ca|burp|fiddler',
];
const findInterceptor = compileFinder(interceptors);
const issuer = /\b(?:issuer|subject|issued by|CN|O)\s*[=:`'"‘]|\b[is]:/i;

const tests = ['curl', 'no-check-cert', 'insecure', 'reject_unauthorized', 'verify=false', 'skipcertificate'];
const findTest = compileFinder(tests);
const insecureTest =
  /(?:\bcurl\b[^|\n]{0,200}?\s(?:-[a-zA-Z]*k[a-zA-Z]*|--insecure)(?=\s|$)|--no-check-certificate|--?insecure-skip-tls-verify(?!=false)|insecure-skip-tls-verify: true|NODE_TLS_REJECT_UNAUTHORIZED=["']?0|verify=False|-SkipCertificateCheck)/;

const services = ['clusterip', 'cluster ip', 'kubernetes_service_host'];
const findService = compileFinder(services);
const serviceIp =
  /(?:kubernetes\s+ClusterIP|cluster ?ip[^\d\n]{0,30}|KUBERNETES_SERVICE_HOST=)\s*([\da-f][\da-f.:]{2,44})/i;

const keys = ['private key-----'];
const findKey = compileFinder(keys);

const findAny = compileFinder([...interceptors, ...tests, ...services, ...keys]);

/** Only the start of a line is looked at: what matters here stands in short lines. */
const farthest = 2000;

export function lookAside(line: string, aside: Aside): void {
  const to = Math.min(line.length, farthest);
  if (findAny(line, 0, to) === -1) return;
  if (aside.insecure === undefined && findTest(line, 0, to) !== -1) {
    aside.insecure = insecureTest.exec(line.slice(0, to))?.[0].trim().slice(0, 80);
  }
  if (aside.interceptor === undefined) {
    const end = findInterceptor(line, 0, to);
    if (end !== -1 && issuer.test(line.slice(Math.max(0, end - 150), end))) {
      const lower = line.slice(0, end).toLowerCase();
      aside.interceptor = interceptors.flatMap((row) => row.split('|')).find((name) => lower.endsWith(name));
    }
  }
  if (!aside.privateKey && findKey(line, 0, to) !== -1) aside.privateKey = true;
  if (aside.clusterIps.size < 20 && findService(line, 0, to) !== -1) {
    const ip = canonicalIp((serviceIp.exec(line.slice(0, to))?.[1] ?? '').replace(/[.:]+$/, ''));
    if (ip !== undefined) aside.clusterIps.add(ip);
  }
}
