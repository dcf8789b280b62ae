/** The words for findings about a node: its files, addresses, manifests and the things around the API server. */
import { join, listed, plain, said } from '../page.ts';
import type { Vocabulary } from './words.ts';

type NodeCodes =
  | 'clock-skew'
  | 'ca-key-absent'
  | 'ca-mismatch'
  | 'pair-mismatch'
  | 'certificate-unreadable'
  | 'unusual-path'
  | 'stray-manifest'
  | 'foreign-address'
  | 'wrong-default-route'
  | 'service-range-overlaps-nodes'
  | 'vip-bootstrap-loop'
  | 'stale-upstream'
  | 'stale-endpoints'
  | 'port-forwarded'
  | 'unfinished-run'
  | 'other-tool'
  | 'kubeadm-missing';

export const nodeWords: Vocabulary<NodeCodes> = {
  'clock-skew': ({ seconds }, node) => ({
    head: join(
      said`the clock of ${node} is ${Math.abs(seconds)} seconds `,
      plain(seconds > 0 ? 'ahead of ours' : 'behind ours'),
    ),
    evidence: [plain('a certificate signed there may be not valid yet elsewhere')],
    todo: plain('set the clocks (chronyc tracking, timedatectl)'),
  }),
  'ca-key-absent': ({ path }, node) => ({
    head: said`the CA key is not on ${node} (${path}): an external CA signs for this cluster`,
    evidence: [
      plain('kubeadm cannot make a certificate there; moving the old one away first would leave none at all'),
    ],
    todo: plain(
      'have a CSR with all the names signed by that CA, and put the answer in place of the old certificate',
    ),
  }),
  'ca-mismatch': ({ path }, node) => ({
    head: said`on ${node} the CA is not that of the other control planes, of its key or of the certificate (${path})`,
    evidence: [],
    todo: plain('find the CA that the clients trust before anything is signed'),
  }),
  'pair-mismatch': ({ certificate, key }, node) => ({
    head: said`on ${node} certificate and key do not belong together: ${certificate}, ${key}`,
    evidence: [plain('the running API server keeps the old pair; the next restart would not come up')],
    todo: plain('put the pair back that belongs together, or have it made anew'),
  }),
  'certificate-unreadable': ({ path, why }, node) => ({
    head: said`a file of the API server on ${node} cannot be read: ${path}, ${why}`,
    evidence: [],
    todo: plain('look at the file on the node; a restart of the API server may not come up with it'),
  }),
  'unusual-path': ({ what, path }, node) => ({
    head: join(
      said`on ${node} ${what} is not where `,
      plain(what === 'kubeadm' ? 'packages put' : 'kubeadm puts'),
      said` it: ${path}`,
    ),
    evidence: what === 'kubeadm' ? [] : [plain('recipes that name /etc/kubernetes/pki miss it')],
    todo: plain(
      what === 'kubeadm'
        ? 'see that only root may write there'
        : 'nothing: fix-sans follows the manifest and symlinks',
    ),
  }),
  'stray-manifest': ({ file }, node) => ({
    head: said`${file} lies in the manifests folder of ${node} beside the real one`,
    evidence: [plain('the kubelet runs every file there, also a backup: one of two wins, unnoticed')],
    todo: plain('move it out of that folder'),
  }),
  'foreign-address': ({ address, addresses }, node) => ({
    head: said`the API server of ${node} advertises ${address}, which is no address of the node`,
    evidence: [join(plain('the node has '), listed(addresses))],
    todo: plain(
      'this is a change of address, not a missing name: manifests, kubeconfigs and etcd are concerned too',
    ),
  }),
  'wrong-default-route': ({ advertise, defaultRoute }, node) => ({
    head: said`on ${node} the default route leaves by ${defaultRoute}, but the API server advertises ${advertise}`,
    evidence: [
      plain(
        'kubeadm without its configuration takes the first for the advertise address and drops the second',
      ),
    ],
    todo: plain('give kubeadm the advertise address whenever a certificate is made by hand'),
  }),
  'service-range-overlaps-nodes': ({ range, addresses }) => ({
    head: said`the service range ${range} holds addresses of nodes: ${addresses}`,
    evidence: [plain('a Service may get the address of a node')],
    todo: plain('no name helps here; plan another range'),
  }),
  'vip-bootstrap-loop': ({ address, service }) => ({
    head: said`kubelets dial ${address}, which the cluster itself serves (${service})`,
    evidence: [
      plain('after a full stop nobody answers there until kubelets run, and kubelets wait for the answer'),
    ],
    todo: plain(
      'have kubelets dial an address that needs no cluster: a local proxy, kube-vip as static pod, an outer load balancer',
    ),
  }),
  'stale-upstream': ({ kind, path, gone, absent }, node) => ({
    head: said`${kind} on ${node} sends to other control planes than there are (${path})`,
    evidence: [
      ...(gone.length > 0 ? [said`no control plane of this cluster: ${gone}`] : []),
      ...(absent.length > 0 ? [said`not in its list: ${absent}`] : []),
    ],
    todo: plain('correct its list, by kubespray if that wrote it'),
  }),
  'stale-endpoints': ({ gone, absent }) => ({
    head: plain('the endpoints of the Service kubernetes are not the control planes'),
    evidence: [
      ...(gone.length > 0 ? [said`no control plane: ${gone}`] : []),
      ...(absent.length > 0 ? [said`not among them: ${absent}`] : []),
    ],
    todo: plain('see which API servers run and what they advertise; pods are sent to all of these'),
  }),
  'port-forwarded': ({ port, rule }, node) => ({
    head: said`on ${node} a firewall rule redirects port ${port}`,
    evidence: [said`${rule}`],
    todo: plain('keep it in mind when what is served there surprises'),
  }),
  'unfinished-run': ({ run }, node) => ({
    head: said`on ${node} the run ${run} did not come to its end`,
    evidence: [],
    todo: plain(
      'fix-sans apply puts its old certificate back first and then goes on; fix-sans rollback with the name of that run only puts it back',
    ),
  }),
  'other-tool': ({ distribution, evidence, howTo }, node) => ({
    head: join(
      said`this cluster belongs to ${distribution}, not to kubeadm`,
      node === '' ? [] : said` (seen on ${node})`,
    ),
    evidence: [said`${evidence}`],
    todo: plain(howTo),
  }),
  'kubeadm-missing': (_args, node) => ({
    head: said`there is no kubeadm on ${node}`,
    evidence: [plain('only kubeadm can make the certificate as this cluster needs it')],
    todo: plain('install the kubeadm of the version of the cluster'),
  }),
};
