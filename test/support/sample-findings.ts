/** One finding of every kind, with what is typical in it. */
import type { Finding, FindingCode } from '../../src/model/finding.ts';

const until = '2026-11-28T06:00:00Z';
const endpoint = '203.0.113.10:6443';

const all: readonly Finding[] = [
  {
    code: 'san-missing',
    severity: 'error',
    node: 'cp1',
    args: { names: ['10.240.0.65'], affected: ['pods'], wantedBy: ['service default/kubernetes', 'wish'] },
  },
  {
    code: 'not-reloaded',
    severity: 'error',
    node: 'cp1',
    args: { onDisk: 'ab'.repeat(32), served: 'cd'.repeat(32), names: ['api.example'] },
  },
  { code: 'one-backend-stale', severity: 'error', args: { names: ['api.example'], stale: ['cp2'] } },
  { code: 'config-drift', severity: 'warning', args: { names: ['api.example'] } },
  { code: 'inventory-drift', severity: 'warning', args: { names: ['api.example'] } },
  {
    code: 'intercepted',
    severity: 'error',
    args: {
      endpoint,
      from: 'here',
      way: 'proxy',
      issuer: 'CN=Corp Inspection CA',
      subject: 'CN=egress-proxy',
      proxy: 'proxy.corp.example:3128',
      genuineFrom: ['cp1'],
      trustedBy: ['system'],
    },
  },
  {
    code: 'proxy-cannot-reach-upstream',
    severity: 'error',
    args: {
      endpoint,
      proxy: 'proxy.corp.example:3128',
      status: 503,
      server: 'squid',
      firstLine: '503 Service Unavailable',
    },
  },
  {
    code: 'wrong-endpoint',
    severity: 'error',
    args: { endpoint, subject: 'CN=web', issuer: 'CN=Public CA' },
  },
  { code: 'stale-ca', severity: 'error', args: { path: '/root/.kube/config' } },
  { code: 'insecure-kubeconfig', severity: 'warning', args: { path: '/root/.kube/config' } },
  { code: 'expired', severity: 'error', node: 'cp1', args: { what: 'apiserver.crt', notAfter: until } },
  {
    code: 'expiring',
    severity: 'warning',
    node: 'cp1',
    args: { what: 'apiserver.crt', notAfter: until, days: 1 },
  },
  {
    code: 'not-yet-valid',
    severity: 'error',
    node: 'cp1',
    args: { what: 'apiserver.crt', notBefore: until },
  },
  { code: 'clock-skew', severity: 'warning', node: 'cp1', args: { seconds: -400 } },
  { code: 'ca-key-absent', severity: 'info', node: 'cp1', args: { path: '/etc/kubernetes/pki/ca.key' } },
  { code: 'ca-mismatch', severity: 'error', node: 'cp1', args: { path: '/etc/kubernetes/pki/ca.crt' } },
  {
    code: 'pair-mismatch',
    severity: 'error',
    node: 'cp1',
    args: { certificate: '/etc/kubernetes/pki/apiserver.crt', key: '/etc/kubernetes/pki/apiserver.key' },
  },
  {
    code: 'certificate-unreadable',
    severity: 'error',
    node: 'cp1',
    args: { path: '/etc/kubernetes/pki/apiserver.crt', why: 'its end is missing' },
  },
  {
    code: 'unusual-path',
    severity: 'info',
    node: 'cp1',
    args: { what: 'the certificate', path: '/srv/pki/apiserver.crt' },
  },
  { code: 'stray-manifest', severity: 'warning', node: 'cp1', args: { file: 'kube-apiserver.yaml.bak' } },
  {
    code: 'foreign-address',
    severity: 'error',
    node: 'cp1',
    args: { address: '10.0.0.9', addresses: ['10.0.0.1'] },
  },
  {
    code: 'wrong-default-route',
    severity: 'info',
    node: 'cp1',
    args: { advertise: '10.0.0.1', defaultRoute: '192.0.2.1' },
  },
  {
    code: 'service-range-overlaps-nodes',
    severity: 'warning',
    args: { range: '10.0.0.0/16', addresses: ['10.0.0.1'] },
  },
  {
    code: 'vip-bootstrap-loop',
    severity: 'warning',
    args: { address: '10.0.0.42', service: 'kube-system/api' },
  },
  {
    code: 'stale-upstream',
    severity: 'warning',
    node: 'worker1',
    args: { kind: 'nginx', path: '/etc/nginx/nginx.conf', gone: ['10.0.0.8'], absent: ['10.0.0.3'] },
  },
  { code: 'stale-endpoints', severity: 'warning', args: { gone: ['10.0.0.8'], absent: ['10.0.0.3'] } },
  {
    code: 'port-forwarded',
    severity: 'info',
    node: 'cp1',
    args: { port: 6443, rule: '-A PREROUTING -p tcp --dport 6443 -j DNAT --to-destination 10.0.0.1:6443' },
  },
  {
    code: 'wrong-certificate',
    severity: 'error',
    node: 'cp1',
    args: { why: 'no serverAuth among its uses' },
  },
  {
    code: 'sni-certificate',
    severity: 'warning',
    node: 'cp1',
    args: { path: '/etc/kubernetes/pki/public.crt', names: ['api.example'] },
  },
  { code: 'garbage-name', severity: 'warning', node: 'cp1', args: { names: ['https://api.example:6443'] } },
  { code: 'address-as-dns-name', severity: 'warning', node: 'cp1', args: { names: ['10.0.0.1'] } },
  { code: 'unsupported-names', severity: 'warning', node: 'cp1', args: { names: ['uri:spiffe://cluster'] } },
  {
    code: 'certificate-per-node-differs',
    severity: 'warning',
    args: { name: 'api.example', has: ['cp1'], lacks: ['cp2', 'cp3'] },
  },
  { code: 'weak-algorithm', severity: 'warning', node: 'cp1', args: { algorithm: 'sha1-rsa' } },
  { code: 'outlives-ca', severity: 'warning', node: 'cp1', args: { notAfter: until, caNotAfter: until } },
  { code: 'unfinished-run', severity: 'warning', node: 'cp1', args: { run: '2026-11-20-1' } },
  {
    code: 'other-tool',
    severity: 'error',
    node: 'cp1',
    args: { distribution: 'k3s', evidence: '/etc/rancher/k3s', howTo: 'add the name under tls-san' },
  },
  { code: 'api-unread', severity: 'info', args: { what: ['kubeadm-config'], why: 'it is forbidden' } },
  {
    code: 'not-read',
    severity: 'error',
    node: 'cp3',
    args: { code: 'timeout', message: 'no answer within 10 seconds', hint: 'try: ssh ops@10.0.0.3' },
  },
  { code: 'no-control-plane', severity: 'warning', node: 'worker1', args: { kind: 'worker' } },
  {
    code: 'manifest-gone',
    severity: 'error',
    node: 'cp1',
    args: { folder: '/etc/kubernetes/manifests', evidence: '/etc/kubernetes/admin.conf' },
  },
  { code: 'partly-read', severity: 'warning', node: 'cp1', args: { what: 'pods', why: 'crictl is missing' } },
  { code: 'endpoint-unreachable', severity: 'error', args: { endpoint, from: 'here', trouble: 'refused' } },
  { code: 'path-not-proven', severity: 'warning', args: { endpoint, trouble: 'timeout' } },
  { code: 'control-plane-not-inspected', severity: 'warning', args: { names: ['cp4'] } },
  {
    code: 'kubeadm-config-fault',
    severity: 'warning',
    args: { path: 'apiServer.certSANs', line: 12, column: 13, fault: 'is a string' },
  },
  { code: 'kubeadm-missing', severity: 'warning', node: 'cp1', args: {} },
  { code: 'host-key-added', severity: 'info', node: 'cp1', args: { fingerprint: 'SHA256:abc' } },
];

export const sampleFindings = Object.fromEntries(all.map((one) => [one.code, one])) as {
  readonly [Code in FindingCode]: Extract<Finding, { code: Code }>;
};
