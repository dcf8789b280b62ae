/** The words for what could not be read: a node, the API, a part of either. */
import { join, type Phrase, plain, said } from '../page.ts';
import type { Vocabulary } from './words.ts';

type ReachCodes =
  | 'api-unread'
  | 'not-read'
  | 'partly-read'
  | 'no-control-plane'
  | 'manifest-gone'
  | 'host-key-added';

export const reachWords: Vocabulary<ReachCodes> = {
  'api-unread': ({ what, why }) => ({
    head: join(plain('the API did not tell '), ...toldWords(what)),
    evidence: [said`${why}`],
    todo: plain(
      'what depends on it is unknown here, not absent; the manifest and the certificates had to do',
    ),
  }),
  'not-read': ({ message, hint }, node) => ({
    head: said`${node} could not be read: ${message}`,
    evidence: [],
    todo: said`${hint}`,
  }),
  'partly-read': ({ what, why }, node) => ({
    head: said`on ${node} ${what} could not be read`,
    evidence: [said`${why}`],
    todo: plain('what depends on it is unknown here, not absent'),
  }),
  'no-control-plane': ({ kind, dials = [] }, node) => ({
    head:
      kind === 'worker'
        ? said`this is a worker: no kube-apiserver manifest on ${node}`
        : said`no control plane here: there is no Kubernetes on ${node}`,
    evidence:
      kind === 'worker'
        ? [
            plain('a kubelet or what it leaves is there, and nothing of a control plane'),
            ...(dials.length === 0 ? [] : [said`its kubelet finds the API at ${dials}`]),
          ]
        : [plain('no kube-apiserver manifest, no kubelet, and no trace of kubeadm')],
    todo: plain(
      'name the control planes (kubectl get nodes -l node-role.kubernetes.io/control-plane -o wide lists them); --endpoint HOST:PORT tests a load balancer in front of them',
    ),
  }),
  'manifest-gone': ({ folder, evidence }, node) => ({
    head: said`there is no kube-apiserver manifest in ${folder} on ${node}, though it is a control plane (${evidence})`,
    evidence: [
      plain(
        'kubelet stops the API server as soon as its manifest is gone: some recipes move it away and back',
      ),
    ],
    todo: plain('look where it is, and put it back; or see why kubeadm did not come to its end on this node'),
  }),
  'host-key-added': ({ fingerprint }, node) => ({
    head: said`the host key of ${node} was unknown and has been added: ${fingerprint}`,
    evidence: [],
    todo: plain('compare it with what ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub says on the node'),
  }),
};

/** As the questions are called that were asked; anything else is in words already. */
const questions: Readonly<Record<string, string>> = {
  version: 'its version',
  'kubeadm-config': 'the ConfigMap kubeadm-config',
  'kube-proxy': 'the ConfigMap kube-proxy',
  'cluster-info': 'the ConfigMap cluster-info',
  service: 'the Service kubernetes',
  'endpoint-slices': 'the endpoints of the Service kubernetes',
  'load-balancers': 'the Services of type LoadBalancer',
  'control-planes': 'the list of control planes',
  workers: 'the list of workers',
};

function toldWords(what: readonly string[]): readonly Phrase[] {
  return what.flatMap((one, index) => {
    const known = questions[one];
    const words: Phrase = known === undefined ? [{ code: one }] : plain(known);
    return index === 0 ? [words] : [plain(', '), words];
  });
}
