/** The words for findings about names: which is missing, which would be lost, which is odd. */
import { type AccessPath, affectedPath } from '../../model/access-path.ts';
import { join, listed, type Phrase, plain, said } from '../page.ts';
import { wantedWords } from '../inspect/why-words.ts';
import type { Vocabulary, Words } from './words.ts';

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
  'san-missing': ({ names, affected, wantedBy, notInConfig }, node) => ({
    // By an endpoint alone nobody knows whose it is.
    head:
      node === ''
        ? said`the API server certificate lacks ${names}`
        : said`the certificate of ${node} lacks ${names}`,
    evidence: [
      ...(wantedBy.length > 0 ? [join(plain('wanted by '), wantedWords(wantedBy))] : []),
      brokenPaths(affected, wantedBy),
    ],
    todo: addThem(notInConfig, wantedBy),
  }),
  'one-backend-stale': ({ names, stale }) => ({
    head: join(
      said`${stale} `,
      plain(stale.length === 1 ? 'serves' : 'serve'),
      said` a certificate without ${names}, while other control planes have `,
      plain(names.length === 1 ? 'it' : 'them'),
    ),
    evidence: [
      plain(
        'behind a load balancer and for pods this is an error that comes and goes: only the calls that land there fail',
      ),
    ],
    todo: plain('re-issue the certificate there too; the other control planes need nothing'),
  }),
  'config-drift': ({ names }) => ({
    head: said`the ConfigMap kubeadm-config lacks ${names}, which certificates hold`,
    evidence: [
      plain(
        'the next kubeadm join, and every certificate that is made anew, takes its names from there: these would be lost without a word',
      ),
    ],
    todo: plain(
      'those that clients dial: add them under apiServer.certSANs in the ConfigMap kube-system/kubeadm-config',
    ),
  }),
  'inventory-drift': ({ names }) => ({
    head: said`the kubespray inventory lacks ${names}, which certificates hold`,
    evidence: [plain('whenever kubespray makes the certificate anew, these names are lost')],
    todo: plain('those that clients dial: add them to supplementary_addresses_in_ssl_keys in the inventory'),
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
  'certificate-per-node-differs': ({ name, has, lacks }) => differWords([name], has, lacks),
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
  'kubeadm-config-fault': ({ path, line, column, fault }) => ({
    head: said`kubeadm-config has a fault in line ${line}, column ${column}: ${path} ${fault}`,
    evidence: [plain('kubeadm refuses or drops such an entry')],
    todo: plain('correct it with kubectl --namespace kube-system edit configmap kubeadm-config'),
  }),
  'control-plane-not-inspected': ({ names }) => ({
    head: said`the cluster has control planes that were not inspected: ${names}`,
    evidence: [plain('a name counts as present only when every control plane has it')],
    todo: plain('name them too, with --node or in the inventory'),
  }),
};

/** Of several names at once, where they are on the same nodes. */
export function differWords(
  names: readonly string[],
  has: readonly string[],
  lacks: readonly string[],
): Words {
  const isOne = names.length === 1;
  return {
    head: join(
      listed(names),
      plain(isOne ? ' is in the certificate of ' : ' are in the certificate of '),
      listed(has),
      plain(' but not of '),
      listed(lacks),
    ),
    evidence: [],
    todo: plain(
      isOne
        ? 'find out whether clients dial it; if they do, it belongs into all of them'
        : 'find out whether clients dial them; those that are dialled belong into all certificates',
    ),
  };
}

/** A name that kubeadm writes anyway is missing because somebody called it without its configuration. */
function addThem(notInConfig: readonly string[] | undefined, wantedBy: readonly string[]): Phrase {
  const again =
    're-issue the certificate of each control plane that lacks them with the full configuration, one at a time';
  if (notInConfig === undefined)
    return plain(
      `have these names in apiServer.certSANs of kubeadm-config, unless kubeadm adds them by itself, and ${again}`,
    );
  if (notInConfig.length === 0) return plain(`${again}: kubeadm then writes these names by itself`);
  const add = join(said`add ${notInConfig} to apiServer.certSANs of kubeadm-config, then `, plain(again));
  const isOnlyDialled = wantedBy.length > 0 && wantedBy.every((one) => one.startsWith('kubeconfig '));
  return isOnlyDialled
    ? join(plain('if clients are right to dial it, '), add, plain('; if not, correct the server there'))
    : add;
}

function brokenPaths(affected: readonly AccessPath[], wantedBy: readonly string[]): Phrase {
  if (affected.length === 0 && wantedBy.length > 0 && wantedBy.every((one) => one.startsWith('kubeconfig ')))
    return plain('that kubeconfig does not verify the certificate and works; whoever verifies it, fails');
  if (affected.length === 0) return plain('nobody was seen to dial it; whoever does, fails');
  const who = affected.map((path) => {
    const { who: clients, dials } = affectedPath(path, 'broken');
    return `${clients}, dialling ${dials}`;
  });
  return plain(`broken: ${who.join('; ')}`);
}
