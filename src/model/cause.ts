/** Every cause and finding that the tool can name: stable kebab-case codes, each with its sentence and its way out, here and nowhere else. */

interface Cause {
  /** What is wrong, as a clause: "the certificate does not hold the name that was dialled". */
  readonly means: string;
  /** What to do about it. */
  readonly advice: string;
  /** Whether a SAN is the right remedy. */
  readonly remedy: 'add-name' | 'other';
}

export const causes = {
  'san-missing': {
    means: 'the API server certificate does not hold the name that was dialled',
    advice:
      'add the name to apiServer.certSANs of kubeadm-config and re-issue the certificate on every control plane, one at a time; never delete apiserver.crt first, since a run without the full config loses other names without a word',
    remedy: 'add-name',
  },
  'legacy-common-name': {
    means: 'the certificate has a common name but no SANs, which Go no longer accepts',
    advice:
      'kubeadm always writes SANs, so find out which server answers and who made its certificate; if it is the API server, re-issue its certificate with kubeadm and the dialled name',
    remedy: 'add-name',
  },
  'wrong-endpoint': {
    means: 'another server than the kube-apiserver answered',
    advice:
      'correct the address, the port or the DNS entry that the client uses; do not add the name to the API server certificate',
    remedy: 'other',
  },
  intercepted: {
    means: 'something between client and API server seems to answer with a certificate of its own',
    advice:
      'do not touch the cluster; compare who issued the certificate that is served here with the one on the node: if the node serves one issued by the cluster CA, a proxy intercepts (set NO_PROXY or a routing exception for this address); if the same foreign certificate is served there, the endpoint is wrong',
    remedy: 'other',
  },
  'untrusted-ca': {
    means: 'the client does not trust the CA that issued the certificate',
    advice:
      'give the client the cluster CA (certificate-authority in its kubeconfig, --cacert /etc/kubernetes/pki/ca.crt); if the issuer is not the cluster CA, something intercepts or the endpoint is wrong',
    remedy: 'other',
  },
  'stale-ca': {
    means:
      'the client holds a CA of the right name but with another key: the cluster was rebuilt or its CA replaced',
    advice: 'fetch a fresh kubeconfig from the cluster; names in the certificate have nothing to do with it',
    remedy: 'other',
  },
  expired: {
    means: 'a certificate has expired, or a clock is ahead',
    advice:
      'compare the clocks, then look at `kubeadm certs check-expiration`; `kubeadm certs renew apiserver` keeps all names of the certificate on disk',
    remedy: 'other',
  },
  'not-yet-valid': {
    means: 'a certificate is not valid yet, as a clock that is behind sees it',
    advice: 'compare the clocks of client and control planes (chronyc tracking, timedatectl)',
    remedy: 'other',
  },
  'wrong-certificate': {
    means: 'the server shows a certificate that was made for another purpose',
    advice:
      'look which files --tls-cert-file and --tls-private-key-file of the kube-apiserver name, and what is in them; a server certificate has the extended key usage serverAuth',
    remedy: 'other',
  },
  'client-certificate': {
    means: 'the API server refuses the certificate that the client shows',
    advice:
      'renew or replace the client certificate (kubeadm certs check-expiration; for a kubelet /var/lib/kubelet/pki/kubelet-client-current.pem); the serving certificate is not the matter',
    remedy: 'other',
  },
  'refused-by-client': {
    means: 'a client turned down the certificate that it was served',
    advice: 'only the log of that client tells why: run explain on it',
    remedy: 'other',
  },
  'kubelet-certificate': {
    means: "the serving certificate of a kubelet (port 10250) is at fault, not the API server's",
    advice:
      'set serverTLSBootstrap: true in the kubelet configuration and approve the CSRs (kubectl get csr); do not add node names to the API server certificate',
    remedy: 'other',
  },
  'webhook-certificate': {
    means: 'the certificate of a webhook or of an aggregated API service is at fault',
    advice:
      'mend that service: its certificate must hold <service>.<namespace>.svc and the caBundle of its configuration must match; the API server certificate has nothing to do with it',
    remedy: 'other',
  },
  'etcd-certificate': {
    means: 'an etcd certificate is at fault',
    advice:
      'etcd has certificates of its own (etcd.local.serverCertSANs and peerCertSANs in kubeadm-config); the API server certificate has nothing to do with it',
    remedy: 'other',
  },
  'client-bug': {
    means: 'the certificate holds the dialled name, yet the client refuses it',
    advice:
      'update the client, or dial the name in the spelling that the certificate has (some clients compare IPv6 addresses as text); a new certificate would not help',
    remedy: 'other',
  },
  'not-tls': {
    means: 'one side speaks TLS and the other does not',
    advice: 'check scheme and port: the kube-apiserver speaks only HTTPS, on 6443 unless told otherwise',
    remedy: 'other',
  },
  unauthorized: {
    means: 'TLS succeeded, but the API server does not accept the credentials',
    advice: 'renew the token or client certificate of that client; the serving certificate is fine for it',
    remedy: 'other',
  },
  unreachable: {
    means: 'the endpoint could not be reached, so nothing is known of its certificate',
    advice:
      'check address, port, firewall and load balancer, and that the kube-apiserver runs, before any certificate',
    remedy: 'other',
  },
  unknown: {
    means: 'nothing in the text is an error that this version knows',
    advice:
      'paste the error itself, with the line before it; if it is there, look at the certificate that is served with openssl and please report the wording',
    remedy: 'other',
  },
} as const satisfies Record<string, Cause>;

export type CauseCode = keyof typeof causes;
export const causeCodes: readonly CauseCode[] = Object.keys(causes) as CauseCode[];

/** Only these suggest a name. */
export function addsName(code: CauseCode): boolean {
  return causes[code].remedy === 'add-name';
}
