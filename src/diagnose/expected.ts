/** The names that should be in the certificates: why, on which of them, and who breaks without. Never from assumptions, but for kubeadm's own rules. */
import { kubeadmNames } from '../flavours/kubeadm.ts';
import { kubesprayNames } from '../flavours/kubespray.ts';
import { firstAddress } from '../flavours/service-range.ts';
import { isSilent } from '../model/api-facts.ts';
import type { AccessPath } from '../model/access-path.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Provenance } from '../model/inspection.ts';
import { isApiserverName, looseSan, type San, sanKey } from '../model/san.ts';
import { askedEndpoints, type Backend } from './backend.ts';
import { dialledBy } from './dialled.ts';

export interface Expected {
  readonly san: San;
  readonly provenance: readonly Provenance[];
  /** Indexes of the backends; `nowhere` where something would write it but nobody needs it. */
  readonly on: 'everywhere' | 'nowhere' | ReadonlySet<number>;
  readonly paths: readonly AccessPath[];
  /** Somebody wrote it down: a wish, certSANs, an inventory. Its absence is an error even where nobody is seen to dial it. */
  readonly isWrittenDown: boolean;
}

interface Growing {
  readonly san: San;
  readonly provenance: Map<string, Provenance>;
  isEverywhere: boolean;
  readonly on: Set<number>;
  readonly paths: Set<AccessPath>;
  isWrittenDown: boolean;
}

type Where = 'everywhere' | 'nowhere' | number;

/** What kubeadm would compute, for each backend: what its node name, address and range make of it. */
function kubeadmInputOf(facts: ClusterFacts, backend: Backend) {
  const configuration = facts.api?.kubeadmConfig?.configuration;
  const flags = backend.facts?.apiserver?.serviceRanges ?? [];
  return {
    nodeName: backend.nodeName,
    dnsDomain: configuration?.dnsDomain ?? issuerDomain(backend),
    serviceSubnets: configuration?.serviceSubnets ?? flags,
    advertiseAddress: backend.address,
    controlPlaneEndpoint: configuration?.controlPlaneEndpoint,
    certSans: configuration?.certSans ?? [],
    version: backend.facts?.kubeadm?.version ?? configuration?.kubernetesVersion,
  };
}

/** The rules that give every control plane the same names, without those that look at the node. */
export function sharedInputOf(facts: ClusterFacts, backend: Backend) {
  return { ...kubeadmInputOf(facts, backend), nodeName: undefined, advertiseAddress: undefined };
}

/** And the other way round: what is the node's own. A list of a hundred certSANs need not be read for each of a thousand nodes. */
export function ownInputOf(facts: ClusterFacts, backend: Backend) {
  return { ...kubeadmInputOf(facts, backend), certSans: [], controlPlaneEndpoint: undefined };
}

export function expectedNames(
  facts: ClusterFacts,
  backends: readonly Backend[],
): ReadonlyMap<string, Expected> {
  const growing = new Map<string, Growing>();
  const want = (san: San, why: Provenance, where: Where, isWrittenDown = false): Growing => {
    const key = sanKey(san);
    const one = growing.get(key) ?? {
      san,
      provenance: new Map(),
      isEverywhere: false,
      on: new Set(),
      paths: new Set(),
      isWrittenDown: false,
    };
    growing.set(key, one);
    one.provenance.set(wordsOf(why), together(one.provenance.get(wordsOf(why)), why));
    if (where === 'everywhere') one.isEverywhere = true;
    else if (where !== 'nowhere') one.on.add(where);
    one.isWrittenDown ||= isWrittenDown;
    return one;
  };
  const clusterIps = (facts.api?.kubernetesService?.clusterIps ?? []).flatMap((ip) => looseSan(ip) ?? []);
  for (const san of clusterIps) {
    want(san, { why: 'service', where: 'default/kubernetes' }, 'everywhere').paths.add('pods');
  }
  byKubeadm(facts, backends, clusterIps, want);
  byKubespray(facts, backends, want);
  for (const { type, value, from } of facts.wishes) {
    want({ type, value }, from === undefined ? { why: 'wish' } : { why: 'wish', from }, 'everywhere', true);
  }
  for (const one of dialledBy(facts, backends)) {
    const name = want(one.san, one.why, one.where);
    if (one.path !== undefined) name.paths.add(one.path);
  }
  // What we dial ourselves adds no name, but says who misses one.
  for (const { name } of askedEndpoints(facts)) {
    const san = looseSan(name);
    if (san !== undefined) growing.get(sanKey(san))?.paths.add('remote-kubectl');
  }
  return new Map(
    [...growing].filter(([, { san }]) => san.value !== '').map(([key, one]) => [key, finish(one, backends)]),
  );
}

/** Every control plane has the same kubeconfigs: what is in those of several is not one node's. */
function together(known: Provenance | undefined, why: Provenance): Provenance {
  if (known?.why !== 'kubeconfig' || why.why !== 'kubeconfig' || known.node === why.node) return why;
  return { why: 'kubeconfig', path: why.path };
}

type Want = (san: San, why: Provenance, where: Where, isWrittenDown?: boolean) => Growing;

function byKubeadm(
  facts: ClusterFacts,
  backends: readonly Backend[],
  clusterIps: readonly San[],
  want: Want,
): void {
  let isFirst = true;
  for (const backend of backends) {
    // Without its node's files, and without the API, what kubeadm was given is not known.
    if (backend.kind === 'endpoint' && isSilent(facts.api)) continue;
    const shared = isFirst ? kubeadmNames(sharedInputOf(facts, backend)) : [];
    isFirst = false;
    for (const { san, rule } of [...kubeadmNames(ownInputOf(facts, backend)), ...shared]) {
      if (rule === 'controlPlaneEndpoint') {
        want(san, { why: 'controlPlaneEndpoint' }, 'everywhere', true).paths.add('kubeadm-join');
      } else if (rule === 'certSANs') want(san, { why: 'certSANs' }, 'everywhere', true);
      else if (rule === 'service-address') {
        // The live Service is the judge: a range that says otherwise is an old or a mistyped one.
        // Failing that, the API server's own flag, below.
        const isJudged = clusterIps.length > 0 || backend.facts?.apiserver !== undefined;
        const name = want(san, { why: 'kubeadm', rule }, isJudged ? 'nowhere' : 'everywhere');
        if (!isJudged) name.paths.add('pods');
      } else if (rule === 'kubernetes-service-name') {
        want(san, { why: 'kubeadm', rule }, 'everywhere').paths.add('pods');
      } else want(san, { why: 'kubeadm', rule }, backend.index);
    }
    const [range = ''] = backend.facts?.apiserver?.serviceRanges ?? [];
    const first = clusterIps.length > 0 ? undefined : firstAddress(range);
    if (first !== undefined) {
      want({ type: 'ip', value: first }, { why: 'kubeadm', rule: 'service-address' }, 'everywhere').paths.add(
        'pods',
      );
    }
  }
}

/** An address of the default route is written by kubespray, but the same on every virtual machine of some hypervisors: nobody dials it. */
const undialled: ReadonlySet<string> = new Set(['ansible_default_ipv4', 'ansible_default_ipv6']);

function byKubespray(facts: ClusterFacts, backends: readonly Backend[], want: Want): void {
  const { inventory } = facts;
  for (const text of inventory?.supplementary ?? []) {
    const san = looseSan(text);
    if (san !== undefined) want(san, { why: 'inventory' }, 'everywhere', true);
  }
  if (!isKubespray(facts)) return;
  const input = {
    version: inventory?.kubesprayVersion,
    dnsDomain: facts.api?.kubeadmConfig?.configuration.dnsDomain,
    serviceAddress: facts.api?.kubernetesService?.clusterIps[0],
    supplementary: [],
    controlPlanes: backends.map(({ facts: node, address }) => ({
      hostname: node?.system.hostname,
      ip: address,
      defaultIpv4: node?.system.defaultRouteAddress,
    })),
  };
  for (const { san, rule, isCertain } of kubesprayNames(input)) {
    const isNeeded = isCertain && !undialled.has(rule) && !isApiserverName(san.value);
    // The live Service is the judge of its address, here too.
    const where = isNeeded && rule !== 'kube_apiserver_ip' ? 'everywhere' : 'nowhere';
    want(san, { why: 'kubespray', rule }, where);
  }
}

export function isKubespray(facts: ClusterFacts): boolean {
  return (
    facts.inventory !== undefined ||
    facts.nodes.some(
      ({ result }) =>
        result.state === 'read' &&
        result.facts.distributions.some(({ distribution }) => distribution === 'kubespray'),
    )
  );
}

function finish(one: Growing, backends: readonly Backend[]): Expected {
  const isAll =
    one.isEverywhere || (one.on.size > 0 && one.on.size === backends.length && backends.length > 1);
  const some = one.on.size === 0 ? 'nowhere' : one.on;
  return {
    san: one.san,
    provenance: [...one.provenance.values()],
    on: isAll ? 'everywhere' : some,
    paths: [...one.paths],
    isWrittenDown: one.isWrittenDown,
  };
}

/** `--service-account-issuer=https://kubernetes.default.svc.cluster.local` tells the domain where the ConfigMap is not to be had. */
function issuerDomain({ facts }: Backend): string | undefined {
  const [issuer = ''] = facts?.apiserver?.flags['service-account-issuer'] ?? [];
  return /^https:\/\/kubernetes\.default\.svc\.([a-z0-9][a-z0-9.-]*[a-z0-9])\/?$/.exec(issuer)?.[1];
}

export function isWanted({ on }: Expected, { index }: Backend): boolean {
  return on === 'everywhere' || (on !== 'nowhere' && on.has(index));
}

/** What kubeadm writes by the configuration as it is: only the certificate has to be made anew. */
export function isComputed(provenance: readonly Provenance[]): boolean {
  return provenance.some(
    ({ why }) => why === 'kubeadm' || why === 'controlPlaneEndpoint' || why === 'certSANs',
  );
}

/** `kubeconfig /etc/kubernetes/kubelet.conf`: one provenance in a few words. */
export function wordsOf(why: Provenance): string {
  switch (why.why) {
    case 'kubeadm':
    case 'kubespray':
      return `${why.why} ${why.rule}`;
    case 'kubeconfig':
      return `${why.why} ${why.path}`;
    case 'endpoint':
      return `${why.why} ${why.endpoint}`;
    case 'load-balancer':
    case 'service':
      return `${why.why} ${why.where}`;
    case 'wish':
      return why.from === undefined ? why.why : `${why.from.by} ${why.from.path}`;
    case 'controlPlaneEndpoint':
    case 'certSANs':
    case 'inventory':
    case 'usual-name':
    case 'hand-added-or-unknown':
      return why.why;
  }
}
