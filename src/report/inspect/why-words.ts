/** Why a name is in a certificate, or should be, in as few words as tell it. */
import type { AccessPath } from '../../model/access-path.ts';
import type { NameRow, Provenance } from '../../model/inspection.ts';
import { join, listed, type Phrase, plain, said } from '../page.ts';

const kubeadmRules = {
  'node-name': { short: 'node name', long: 'name of the node' },
  'kubernetes-service-name': { short: 'Service kubernetes', long: 'name of the Service kubernetes' },
  'service-address': { short: 'ClusterIP', long: 'ClusterIP of the Service kubernetes' },
  'advertise-address': { short: 'advertise address', long: 'advertise address of the node' },
} as const;

/** As diagnosis says it in a finding, where a name is wanted by something. */
const wanting: Readonly<Record<string, string>> = {
  wish: 'you, by --san',
  certSANs: 'apiServer.certSANs in kubeadm-config',
  controlPlaneEndpoint: 'controlPlaneEndpoint in kubeadm-config',
  inventory: 'supplementary_addresses_in_ssl_keys in the inventory',
  'kubeadm node-name': 'kubeadm, as the name of the node',
  'kubeadm kubernetes-service-name': 'kubeadm, as a name of the Service kubernetes',
  'kubeadm service-address': 'kubeadm, as the ClusterIP of the Service kubernetes',
  'kubeadm advertise-address': 'kubeadm, as the advertise address',
  'service default/kubernetes': 'the Service default/kubernetes, which has this ClusterIP',
};

export function wantedWords(wantedBy: readonly string[]): Phrase {
  // The live Service says the same as kubeadm's rule, and better.
  const isLive = wantedBy.includes('service default/kubernetes');
  const whys = wantedBy.filter((one) => !(isLive && one === 'kubeadm service-address'));
  const files = whys.flatMap((one) =>
    one.startsWith('kubeconfig ') ? [one.slice('kubeconfig '.length)] : [],
  );
  const others = whys.filter((one) => !one.startsWith('kubeconfig '));
  const words = others.map((one): Phrase => {
    const known = wanting[one];
    const [, by, path] = /^(names|policy) (.+)$/s.exec(one) ?? [];
    if (path !== undefined) return fileWords(by, path);
    return known === undefined ? [{ code: one }] : plain(known);
  });
  if (files.length > 0) words.push(join(plain('the server in '), listed(files, 4)));
  return separated(words, '; ');
}

/** Of a fix-sans.yaml. */
function fileWords(by: string | undefined, path: string): Phrase {
  return by === 'policy' ? said`required by the policy in ${path}` : said`names in ${path}`;
}

export interface WhyStyle {
  /** For a terminal: file names without their folder, no nodes, at most two reasons. */
  readonly isShort: boolean;
}

export function whyWords({ provenance }: Pick<NameRow, 'provenance'>, { isShort }: WhyStyle): Phrase {
  const isLive = provenance.some((one) => one.why === 'service' && one.where === 'default/kubernetes');
  const others = provenance.filter(
    (one) => one.why !== 'kubeconfig' && !(isLive && one.why === 'kubeadm' && one.rule === 'service-address'),
  );
  const words = [...others.map((one) => provenanceWords(one, isShort)), ...dialled(provenance, isShort)];
  return separated(isShort ? words.slice(0, 2) : words, '; ');
}

/** `dialled by kubelet.conf (cp1, cp2)`: each file once, with the nodes on which it says so. */
function dialled(provenance: readonly Provenance[], isShort: boolean): readonly Phrase[] {
  const nodesOf = new Map<string, string[]>();
  for (const one of provenance) {
    if (one.why !== 'kubeconfig') continue;
    const file = isShort ? one.path.replace(/^\/etc\/kubernetes\/(.*)\.conf$/, '$1') : one.path;
    const nodes = nodesOf.get(file) ?? [];
    nodesOf.set(file, one.node === undefined ? nodes : [...nodes, one.node]);
  }
  const files = [...nodesOf]
    .slice(0, isShort ? 1 : 6)
    .map(([file, nodes]) =>
      join(
        [{ code: file }],
        isShort || nodes.length === 0 ? [] : join(plain(' ('), listed(nodes, 4), plain(')')),
      ),
    );
  if (files.length === 0) return [];
  const rest = nodesOf.size - files.length;
  return [join(plain('dialled by '), separated(files, ', '), plain(rest > 0 ? ` and ${rest} more` : ''))];
}

function provenanceWords(provenance: Provenance, isShort: boolean): Phrase {
  switch (provenance.why) {
    case 'kubeadm':
      return plain(kubeadmRules[provenance.rule][isShort ? 'short' : 'long']);
    case 'controlPlaneEndpoint':
      return plain(isShort ? 'control-plane endpoint' : 'controlPlaneEndpoint');
    case 'certSANs':
      return plain('certSANs');
    case 'kubespray':
      return plain(isShort ? 'kubespray' : `kubespray (${provenance.rule})`);
    case 'inventory':
      return plain('supplementary_addresses_in_ssl_keys');
    case 'kubeconfig':
      return said`dialled by ${provenance.path}`;
    case 'endpoint':
      return said`dialled at ${provenance.endpoint}`;
    case 'load-balancer':
      return said`load balancer ${provenance.where}`;
    case 'service':
      return provenance.where === 'default/kubernetes'
        ? plain(kubeadmRules['service-address'][isShort ? 'short' : 'long'])
        : said`Service ${provenance.where}`;
    case 'wish':
      if (provenance.from === undefined) return plain('asked for by --san');
      return fileWords(provenance.from.by, provenance.from.path);
    case 'usual-name':
      return plain("kubeadm's usual name");
    case 'hand-added-or-unknown':
      return plain('added by hand, or unknown');
  }
}

const shortPaths: Readonly<Record<AccessPath, string>> = {
  pods: 'pods',
  'controller-manager-scheduler': 'controller-manager and scheduler',
  kubelet: 'kubelets',
  'kube-proxy': 'kube-proxy',
  'remote-kubectl': 'kubectl from outside',
  'kubeadm-join': 'kubeadm join',
};

export function shortPathsOf(paths: readonly AccessPath[]): readonly string[] {
  return [...new Set(paths)].map((path) => shortPaths[path]);
}

function separated(phrases: readonly Phrase[], by: string): Phrase {
  return phrases.flatMap((phrase, index) => (index === 0 ? phrase : [by, ...phrase]));
}
