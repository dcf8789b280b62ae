/** The next commands to type: only what this version has, kubectl, kubeadm, openssl and curl; and all of them read-only but where said. */
import type { FoundCause, NamedSan, NextCommand } from '../model/diagnosis.ts';

const onNode =
  'openssl x509 -noout -issuer -enddate -ext subjectAltName -in /etc/kubernetes/pki/apiserver.crt';
const readConfig =
  "kubectl -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}'";

export function nextCommands(names: readonly NamedSan[], causes: readonly FoundCause[]): NextCommand[] {
  const missing = names.filter((name) => name.verdict === 'add');
  if (missing.length > 0) return forMissing(missing);
  const first = causes[0];
  return first === undefined ? [] : forCause(first);
}

function forMissing(missing: readonly NamedSan[]): NextCommand[] {
  const [first] = missing;
  if (first === undefined) return [];
  const list = missing.map((name) => name.value).slice(0, 20);
  const served = first.endpoints[0] ?? withPort(first, 6443);
  return [
    {
      why: 'see who issued the certificate that is served there, and its names (the issuer must be the cluster CA)',
      command: servedBy(served, first),
    },
    { why: 'on each control-plane node, see the names on disk', command: onNode },
    {
      why: 'is the missing address the ClusterIP? if so, every pod is affected',
      command: "kubectl get service kubernetes -o jsonpath='{.spec.clusterIPs}'",
    },
    {
      why: `save the cluster's own configuration, then add ${list.join(', ')} under apiServer.certSANs in it (kubeadm with the bare --apiserver-cert-extra-sans would forget the rest)`,
      command: `${readConfig} > cluster.yaml`,
    },
    {
      why: 'until it is mended, kubectl can check the certificate against a name that it surely holds',
      command: `kubectl --tls-server-name kubernetes --server https://${served} get --raw /version`,
    },
  ];
}

/** openssl sends no SNI for an address: RFC 6066 allows names only. */
function servedBy(endpoint: string, name?: NamedSan): string {
  const sni = name?.type === 'dns' && !name.value.startsWith('*') ? ` -servername ${name.value}` : '';
  return `openssl s_client -connect ${endpoint}${sni} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName`;
}

function withPort({ type, value }: NamedSan, port: number): string {
  return type === 'ip' && value.includes(':') ? `[${value}]:${port}` : `${value}:${port}`;
}

function forCause({ code, endpoints }: FoundCause): NextCommand[] {
  const endpoint = endpoints.find((one) => /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\]):\d+$/i.test(one));
  const served: NextCommand[] =
    endpoint === undefined
      ? []
      : [
          {
            why: 'see who issued the certificate that is served there, and its names',
            command: servedBy(endpoint),
          },
        ];
  const node: NextCommand = {
    why: 'on a control-plane node, see the certificate that should be served',
    command: onNode,
  };
  switch (code) {
    case 'intercepted':
    case 'wrong-endpoint':
    case 'untrusted-ca':
    case 'wrong-certificate':
    case 'legacy-common-name':
    case 'san-missing':
    case 'client-bug':
      return [...served, node, { why: 'is a proxy set for this client?', command: 'env | grep -i _proxy' }];
    case 'stale-ca':
      return [
        {
          why: 'the CA that the client trusts',
          command:
            "kubectl config view --raw --minify -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d | openssl x509 -noout -subject -fingerprint -sha256",
        },
        {
          why: 'the CA of the cluster, on a control-plane node',
          command: 'openssl x509 -noout -subject -fingerprint -sha256 -in /etc/kubernetes/pki/ca.crt',
        },
      ];
    case 'expired':
    case 'not-yet-valid':
    case 'client-certificate':
      return [
        ...served,
        { why: 'on a control-plane node, all dates', command: 'kubeadm certs check-expiration' },
      ];
    case 'kubelet-certificate':
      return [{ why: 'see the CSRs of kubelets that wait for approval', command: 'kubectl get csr' }];
    case 'webhook-certificate':
      return [
        {
          why: 'see which webhooks there are and what they call',
          command: 'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
        },
        { why: 'see which aggregated APIs do not answer', command: 'kubectl get apiservices' },
      ];
    case 'etcd-certificate':
      return [
        {
          why: "on a control-plane node, the names in etcd's certificate",
          command: 'openssl x509 -noout -ext subjectAltName -in /etc/kubernetes/pki/etcd/server.crt',
        },
      ];
    case 'unauthorized':
      return [{ why: 'see as whom the API server knows you', command: 'kubectl auth whoami' }];
    case 'unreachable':
    case 'not-tls':
      return endpoint === undefined
        ? []
        : [
            {
              why: 'see what answers there',
              command: `curl -sv --cacert /etc/kubernetes/pki/ca.crt https://${endpoint}/version`,
            },
          ];
    case 'refused-by-client':
    case 'unknown':
      return [...served];
  }
}
