/** What a certificate looks like when nobody can say who should have issued it. */
import type { Certificate } from '../model/certificate.ts';
import { isApiserverName } from '../model/san.ts';

/** kubeadm always writes the Service's name and addresses; a certificate without is another server's, or an interceptor's. */
export function isPlausible(leaf: Certificate): boolean {
  return holdsServiceName(leaf) && leaf.names.some(({ type }) => type === 'ip');
}

export function holdsServiceName(leaf: Certificate): boolean {
  return leaf.names.some(({ type, value }) => type === 'dns' && isApiserverName(value));
}

/**
 * Another server than the API server, by the marks that its certificate has: ingress-nginx's and Traefik's defaults, a kubelet's
 * self-signed one (`<node>-ca@<epoch>`), and kubeadm's other CAs.
 */
export function isOtherServer({ subject, issuer, names }: Certificate): boolean {
  return (
    /Kubernetes Ingress Controller Fake Certificate|TRAEFIK DEFAULT CERT/.test(subject) ||
    names.some(({ value }) => value === 'ingress.local') ||
    /CN=[^,]+-ca@\d+/.test(issuer) ||
    /CN=(?:etcd-ca|front-proxy-ca|kubernetes-front-proxy-ca)(?:,|$)/.test(issuer)
  );
}

/** Issued by a CA that Kubernetes tools name so: the API server of another cluster. */
export function isOtherCluster(leaf: Certificate): boolean {
  return (
    /CN=(?:kubernetes|kubernetes-ca|kube-ca|k3s-server-ca@\d+|rke2-server-ca@\d+)(?:,|$)/.test(leaf.issuer) &&
    holdsServiceName(leaf)
  );
}
