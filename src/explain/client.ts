/** Who says it: the program behind a log line, and the way by which it reaches the API server. */
import type { AccessPath } from '../model/access-path.ts';

/** Each client, its marks in a log line, and its access path; the first mark in the line counts. */
const clients: Readonly<Record<string, { readonly marks: string; readonly path?: AccessPath }>> = {
  kubeadm: {
    marks: String.raw`\[(?:preflight|discovery|kubelet-start|download-certs|control-plane-(?:join|prepare)|upload-config)\]|validate the identity of the api server|error execution phase|certificate apiserver is invalid|kubeadm join`,
    path: 'kubeadm-join',
  },
  metallb: { marks: String.raw`metallb|"caller":"(?:main|k8s|client)\.go`, path: 'pods' },
  calico: { marks: 'calico|clusterinformation|felix|bird:|typha', path: 'pods' },
  coredns: { marks: String.raw`coredns|plugin/kubernetes|kube-?dns`, path: 'pods' },
  'metrics-server': {
    marks: String.raw`metrics-server|unable to fully scrape metrics|unable to fetch (?:node )?metrics|scraper\.go`,
    path: 'pods',
  },
  flannel: { marks: 'flannel|subnetmanager', path: 'pods' },
  cilium: { marks: 'cilium', path: 'pods' },
  multus: { marks: 'multus', path: 'pods' },
  weave: { marks: 'weave', path: 'pods' },
  'cert-manager': { marks: 'cert-manager|cainjector', path: 'pods' },
  'ingress-nginx': { marks: 'ingress-nginx|nginx-ingress', path: 'pods' },
  prometheus: { marks: 'prometheus', path: 'pods' },
  argocd: {
    marks: 'argo-?cd|argoproj|application-controller|failed to load live state|error syncing load balancer',
    path: 'remote-kubectl',
  },
  flux: {
    marks: String.raw`kustomize-controller|helm-controller|source-controller|fluxcd|reconciliation failed`,
    path: 'pods',
  },
  rancher: { marks: 'rancher|cattle', path: 'remote-kubectl' },
  helm: {
    marks: String.raw`kubernetes cluster unreachable|(?:installation|upgrade) failed|helm(?:\.go)?\b`,
    path: 'remote-kubectl',
  },
  terraform: { marks: 'terraform|provider["/]kubernetes', path: 'remote-kubectl' },
  'kube-controller-manager': {
    marks: String.raw`kube-?controller-?manager|lock kube-system/kube-controller-manager`,
    path: 'controller-manager-scheduler',
  },
  'kube-scheduler': { marks: String.raw`kube-?scheduler`, path: 'controller-manager-scheduler' },
  'kube-proxy': { marks: 'kube-?proxy', path: 'kube-proxy' },
  kubelet: {
    marks: String.raw`kubelet(?:\[\d+\])?:|\bkubelet\[|kubelet_\w+\.go|kubelet\.go|nodelease|node lease|node-leases|unable to register node|error updating node status|csi_plugin\.go|certificate_manager\.go|"command":"kubelet"`,
    path: 'kubelet',
  },
  kubectl: {
    marks: String.raw`memcache\.go|unable to connect to the server|the connection to the server|http: proxy error|\bkubectl\b|couldn't get current server api group list|^error: (?:get|post) |error from server\b|proxy_server\.go|must be logged in`,
    path: 'remote-kubectl',
  },
  curl: { marks: String.raw`curl: \(\d` },
  python: {
    marks: String.raw`_ssl\.c|SSLCertVerificationError|HTTPSConnectionPool|urllib3|aiohttp|httpx\.|requests\.exceptions|ssl\.CertificateError|Traceback \(most`,
  },
  java: { marks: String.raw`javax\.net\.ssl|java\.security|okhttp3?\.|java\.net\.` },
  openssl: { marks: String.raw`verify error:num|verify return code|verification error` },
  dotnet: { marks: String.raw`System\.(?:Net|Security)\.` },
  node: { marks: String.raw`ERR_TLS|node:internal|\bFetchError` },
  ruby: { marks: String.raw`OpenSSL::SSL` },
  wget: {
    marks: String.raw`error: (?:the certificate of|cannot verify|certificate common name|no certificate subject)|^--\d{4}-\d\d-\d\d .{8}--`,
  },
  gnutls: { marks: String.raw`\*\*\* Fatal error|gnutls` },
};

const pattern = new RegExp(
  Object.entries(clients)
    .map(([, { marks }], index) => `(?<c${index}>${marks})`)
    .join('|'),
  'i',
);
const everyPattern = new RegExp(pattern.source, 'gi');
const names = Object.keys(clients);

/** The client that the text names first, if any. */
export function clientIn(text: string): string | undefined {
  return clientOf(pattern.exec(text));
}

/** The client that the text names last: in prose, the one next to what follows. */
export function lastClientIn(text: string): string | undefined {
  return clientOf([...text.matchAll(everyPattern)].at(-1));
}

function clientOf(match: RegExpMatchArray | null | undefined): string | undefined {
  const groups = match?.groups;
  if (!groups) return undefined;
  return names.find((_, index) => groups[`c${index}`] !== undefined);
}

export function pathOf(client: string): AccessPath | undefined {
  return clients[client]?.path;
}
