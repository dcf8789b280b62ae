/** The words for findings about names: which is missing, which would be lost, which is odd. */
import { type AccessPath, affectedPath } from '../../model/access-path.ts';
import { join, listed, type Phrase, plain, said } from '../page.ts';
import type { Vocabulary } from './words.ts';

type NameCodes =
  | 'san-missing'
  | 'one-backend-stale'
  | 'config-drift'
  | 'inventory-drift'
  | 'garbage-name'
  | 'address-as-dns-name'
  | 'unsupported-names'
  | 'certificate-per-node-differs'
  | 'sni-certificate'
  | 'kubeadm-config-fault'
  | 'control-plane-not-inspected';

export const nameWords: Vocabulary<NameCodes> = {
  'san-missing': ({ names, affected, wantedBy }, node) => ({
    head: said`the certificate of ${node} lacks ${names}`,
    evidence: [
      ...(wantedBy.length > 0 ? [join(plain('wanted by '), listed(wantedBy, 4))] : []),
      brokenPaths(affected),
    ],
    todo: plain(
      'add the names to apiServer.certSANs of kubeadm-config and re-issue the certificate of every control plane, one at a time, with its full configuration',
    ),
  }),
  'one-backend-stale': ({ names, stale }) => ({
    head: said`some control planes serve a certificate without ${names}: ${stale}`,
    evidence: [
      plain(
        'behind a load balancer and for pods this looks like an error that comes and goes: only the calls that land there fail',
      ),
    ],
    todo: plain('re-issue the certificate on those control planes too; the others need nothing'),
  }),
  'config-drift': ({ names }) => ({
    head: said`kubeadm-config does not know ${names}, though certificates hold them`,
    evidence: [
      plain(
        'kubeadm join and a fresh certificate are made from kubeadm-config: there these names would be lost without a word',
      ),
    ],
    todo: plain('add the names to apiServer.certSANs in the ConfigMap kube-system/kubeadm-config'),
  }),
  'inventory-drift': ({ names }) => ({
    head: said`the kubespray inventory does not know ${names}, though certificates hold them`,
    evidence: [plain('whenever kubespray makes the certificate anew, these names are lost')],
    todo: plain('add the names to supplementary_addresses_in_ssl_keys in the inventory'),
  }),
  'garbage-name': ({ names }, node) => ({
    head: said`the certificate of ${node} holds what cannot be a name: ${names}`,
    evidence: [plain('usually a URL, a name with its port, or two names glued together by a template')],
    todo: plain('correct the entry in certSANs or in the inventory; no client is helped by it as it is'),
  }),
  'address-as-dns-name': ({ names }, node) => ({
    head: said`the certificate of ${node} holds addresses as DNS names, where no client looks for them: ${names}`,
    evidence: [plain('clients compare an address with the IP entries only')],
    todo: plain('correct the spelling of the address in certSANs or in the inventory'),
  }),
  'unsupported-names': ({ names }, node) => ({
    head: said`the certificate of ${node} holds names of kinds that kubeadm cannot write: ${names}`,
    evidence: [plain('a certificate made by kubeadm would not have them')],
    todo: plain('find out who uses them before the certificate is made anew'),
  }),
  'certificate-per-node-differs': ({ name, has, lacks }) => ({
    head: join(said`${name} is in the certificates of `, listed(has), plain(' but not of '), listed(lacks)),
    evidence: [],
    todo: plain('decide whether clients dial it; if they do, it belongs into all of them'),
  }),
  'sni-certificate': ({ path, names }, node) => ({
    head: join(
      said`on ${node} another certificate answers for `,
      names.length > 0 ? listed(names) : plain('some names'),
      said`: ${path}`,
    ),
    evidence: [
      plain(
        '--tls-sni-cert-key goes before the usual certificate, so a name added to that one has no effect there',
      ),
    ],
    todo: plain('mend that certificate instead, by whatever made it'),
  }),
  'kubeadm-config-fault': ({ path, line, fault }) => ({
    head: said`kubeadm-config has a fault in line ${line}: ${path} ${fault}`,
    evidence: [plain('kubeadm refuses or drops such an entry')],
    todo: plain('correct it with kubectl --namespace kube-system edit configmap kubeadm-config'),
  }),
  'control-plane-not-inspected': ({ names }) => ({
    head: said`the cluster has control planes that were not inspected: ${names}`,
    evidence: [plain('a name counts as present only when every control plane has it')],
    todo: plain('name them too, with --node or in the inventory'),
  }),
};

function brokenPaths(affected: readonly AccessPath[]): Phrase {
  if (affected.length === 0) return plain('no client of the cluster itself dials it; whoever does, fails');
  const who = affected.map((path) => {
    const { who: clients, dials } = affectedPath(path, 'broken');
    return `${clients}, dialling ${dials}`;
  });
  return plain(`broken: ${who.join('; ')}`);
}
