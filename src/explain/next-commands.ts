/** The next commands to type, and where: only kubectl, kubeadm, openssl and what this version has; none changes the cluster. */
import type { FoundCause, NamedSan, NextCommand } from '../model/diagnosis.ts';
import { pathOf } from './client.ts';

interface Findings {
  readonly names: readonly NamedSan[];
  readonly causes: readonly FoundCause[];
  readonly clusterIps: ReadonlySet<string>;
  /** host:port of the proxy in the text's environment. */
  readonly proxy: string | undefined;
}

/** More names than this make no readable command. */
const mostNames = 20;

const admin = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';
const namesOnDisk: NextCommand = {
  where: 'control-plane',
  why: 'the names on disk, on each control plane: all of them must survive',
  command: 'openssl x509 -noout -issuer -enddate -ext subjectAltName -in /etc/kubernetes/pki/apiserver.crt',
};

export function nextCommands(findings: Findings): NextCommand[] {
  const missing = findings.names.filter((name) => name.verdict === 'add');
  const [first] = missing;
  if (first !== undefined) return forMissing(first, missing, findings.clusterIps);
  const [cause] = findings.causes;
  return cause === undefined ? [] : forCause(cause, findings);
}

function forMissing(
  first: NamedSan,
  missing: readonly NamedSan[],
  clusterIps: ReadonlySet<string>,
): NextCommand[] {
  const isFromPods = first.clients.some((client) => pathOf(client) === 'pods');
  const isClusterIp = clusterIps.has(first.value);
  const why = 'is it your cluster that answers? the issuer must be the cluster CA';
  const served = servedAt(first.endpoints[0] ?? withPort(first, isClusterIp ? 443 : 6443), why, first);
  // Only nodes and pods reach the ClusterIP.
  const commands: NextCommand[] = [isClusterIp ? { ...served, where: 'control-plane' } : served, namesOnDisk];
  if (!isFromPods && !isClusterIp) {
    commands.unshift({
      where: 'here',
      why: 'works at once, where the certificate is the only trouble: kubectl checks it against a name that it surely holds',
      command: 'kubectl --tls-server-name kubernetes get nodes',
    });
  }
  if (first.type === 'ip' && !isClusterIp) {
    commands.push({
      where: 'control-plane',
      why: `if this prints ${first.value}, every pod is affected`,
      command: `${admin} -n default get service kubernetes -o jsonpath='{.spec.clusterIPs}'`,
    });
  }
  // A wildcard has no place here: it is a wish that has to be thought about.
  const names = missing.flatMap(({ value }) => (/^[\w.:-]+$/.test(value) ? [` --san ${value}`] : []));
  commands.push({
    where: 'here',
    why: 'what would be signed, with no name lost and nothing changed yet; name every control plane so, or give --kubeconfig FILE; fix-sans apply with the same options does it',
    command: `fix-sans plan${names.slice(0, mostNames).join('')} --node USER@CONTROL-PLANE`,
  });
  commands.push({
    where: 'control-plane',
    why: 'or by hand: the way that loses no name and needs no restart',
    command: 'fix-sans help by-hand',
  });
  return commands;
}

/** openssl sends no SNI for an address: RFC 6066 allows names only. It ignores proxy settings, which kubectl obeys. */
function servedAt(endpoint: string, why: string, name?: NamedSan, proxy?: string): NextCommand {
  const sni = name?.type === 'dns' && !name.value.startsWith('*') ? ` -servername ${name.value}` : '';
  const through = proxy === undefined ? '' : ` -proxy '${proxy}'`;
  return {
    where: 'here',
    why,
    command: `openssl s_client${through} -connect '${endpoint}'${sni} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate -ext subjectAltName`,
  };
}

function withPort({ type, value }: Pick<NamedSan, 'type' | 'value'>, port: number): string {
  return type === 'ip' && value.includes(':')
    ? `[${value}]:${port}`
    : `${value.replace(/^\*/, 'any')}:${port}`;
}

/** What is served at the endpoint of a cause; 6443 where the text has no port. */
function servedFor({ code: cause, endpoints }: FoundCause, { names, proxy }: Findings): NextCommand[] {
  const name = names.find(
    (one) => one.cause === cause && one.refusal === undefined && /^[\w.:*-]+$/.test(one.value),
  );
  const said = endpoints.find((one) => /:\d+$/.test(one)) ?? name?.endpoints[0];
  const endpoint = said ?? (name === undefined ? undefined : withPort(name, 6443));
  if (endpoint === undefined) return [];
  const assumed = said === undefined ? ' (port 6443 is assumed)' : '';
  const direct = servedAt(
    endpoint,
    `${cause === 'unreachable' || cause === 'not-tls' ? 'what answers there, if anything' : 'who issued the certificate that is served, dialled directly'}${assumed}`,
    name,
  );
  if (proxy === undefined) return [direct];
  return [direct, servedAt(endpoint, 'the same through the proxy, as kubectl goes', name, proxy)];
}

function forCause(cause: FoundCause, findings: Findings): NextCommand[] {
  const served = servedFor(cause, findings);
  switch (cause.code) {
    case 'intercepted':
    case 'wrong-endpoint':
    case 'untrusted-ca':
    case 'wrong-certificate':
    case 'legacy-common-name':
    case 'san-missing':
    case 'client-bug': {
      const proxies: NextCommand = {
        where: 'here',
        why: 'is a proxy set for this client',
        command: 'env | grep -i _proxy',
      };
      const isSuspect = cause.code === 'intercepted' || cause.code === 'untrusted-ca';
      const own: NextCommand = {
        ...namesOnDisk,
        why: isSuspect
          ? 'what should be served: a foreign issuer above and the cluster CA here mean interception'
          : 'what the API server should serve, to compare',
      };
      return findings.proxy === undefined ? [...served, own, proxies] : [...served, own];
    }
    case 'stale-ca':
      return [
        {
          where: 'here',
          why: 'the CA that the client trusts',
          command:
            "kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d | openssl x509 -noout -subject -fingerprint -sha256",
        },
        {
          where: 'control-plane',
          why: 'the CA of the cluster: another fingerprint means that the client needs a fresh kubeconfig',
          command: 'openssl x509 -noout -subject -fingerprint -sha256 -in /etc/kubernetes/pki/ca.crt',
        },
      ];
    case 'expired':
    case 'not-yet-valid':
      return [
        ...served,
        { where: 'control-plane', why: 'all dates', command: 'kubeadm certs check-expiration' },
      ];
    case 'client-certificate':
      return [{ where: 'control-plane', why: 'all dates', command: 'kubeadm certs check-expiration' }];
    case 'kubelet-certificate':
      return [
        {
          where: 'control-plane',
          why: 'CSRs of kubelets that wait for approval',
          command: `${admin} get csr`,
        },
      ];
    case 'webhook-certificate':
      return [
        {
          where: 'control-plane',
          why: 'which webhooks there are',
          command: `${admin} get validatingwebhookconfigurations,mutatingwebhookconfigurations`,
        },
        {
          where: 'control-plane',
          why: 'which aggregated APIs do not answer',
          command: `${admin} get apiservices`,
        },
      ];
    case 'etcd-certificate':
      return [
        {
          where: 'control-plane',
          why: "the names in etcd's certificate",
          command: 'openssl x509 -noout -ext subjectAltName -in /etc/kubernetes/pki/etcd/server.crt',
        },
      ];
    case 'unauthorized':
      return [
        {
          where: 'here',
          why: 'which user and credentials this kubeconfig has (secrets are not shown)',
          command: 'kubectl config view --minify',
        },
      ];
    case 'unreachable':
    case 'not-tls':
      return served;
    case 'refused-by-client':
    case 'unknown':
      return [];
  }
}
