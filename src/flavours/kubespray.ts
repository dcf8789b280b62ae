/** The names that kubespray puts into every control plane's certificate, by its version. */
// One task, the same in all these tags but for what the table says:
// https://github.com/kubernetes-sigs/kubespray/blob/v2.31.0/roles/kubernetes/control-plane/tasks/kubeadm-setup.yml (aggregate all SANs)
import { looseSan, type San, sanKey } from '../model/san.ts';

export interface KubesprayHost {
  readonly inventoryName?: string | undefined;
  readonly hostname?: string | undefined;
  readonly fqdn?: string | undefined;
  /** `ip`, from v2.28 on `main_ip`. */
  readonly ip?: string | undefined;
  readonly accessIp?: string | undefined;
  readonly defaultIpv4?: string | undefined;
  readonly defaultIpv6?: string | undefined;
}

export interface KubesprayInput {
  /** `2.28.1` or `v2.28.1`; undefined where nothing tells it, and then all rules apply, none for certain. */
  readonly version?: string | undefined;
  readonly dnsDomain?: string | undefined;
  readonly serviceAddress?: string | undefined;
  readonly loadBalancerDomain?: string | undefined;
  readonly loadBalancerAddress?: string | undefined;
  readonly kubeVipAddress?: string | undefined;
  readonly overrideHostname?: string | undefined;
  readonly supplementary: readonly string[];
  /** Every control plane: each certificate holds the names of all. */
  readonly controlPlanes: readonly KubesprayHost[];
}

export interface KubesprayName {
  readonly san: San;
  /** The variable that gives it, or `always`. */
  readonly rule: string;
  /** Whether this version surely writes it; where the version is unknown, whether all known versions do. */
  readonly isCertain: boolean;
}

interface Rule {
  readonly rule: string;
  /** First and last version that has it; all of them where absent. */
  readonly since?: string;
  readonly until?: string;
  /** One version in the middle that lost it. */
  readonly not?: string;
  readonly names: (input: KubesprayInput) => readonly (string | undefined)[];
}

const rules: readonly Rule[] = [
  {
    rule: 'always',
    names: ({ dnsDomain }) => [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      dnsDomain === undefined ? undefined : `kubernetes.default.svc.${dnsDomain}`,
      'localhost',
      '127.0.0.1',
    ],
  },
  { rule: 'always', since: '2.28.0', names: () => ['::1'] },
  { rule: 'kube_apiserver_ip', names: ({ serviceAddress }) => [serviceAddress] },
  // The name that local load balancers had, in the certificate whether used or not; gone with #12507.
  {
    rule: 'apiserver_loadbalancer_domain_name',
    until: '2.29.9999',
    names: ({ loadBalancerDomain }) =>
      loadBalancerDomain === undefined ? ['lb-apiserver.kubernetes.local'] : [],
  },
  { rule: 'apiserver_loadbalancer_domain_name', names: ({ loadBalancerDomain }) => [loadBalancerDomain] },
  { rule: 'loadbalancer_apiserver.address', names: ({ loadBalancerAddress }) => [loadBalancerAddress] },
  { rule: 'supplementary_addresses_in_ssl_keys', names: ({ supplementary }) => supplementary },
  { rule: 'inventory_hostname', until: '2.29.9999', names: ofHosts('inventoryName') },
  { rule: 'access_ip', names: ofHosts('accessIp') },
  { rule: 'ip', names: ofHosts('ip') },
  // v2.28.0 asked for ansible_default_ipv6.ansible_default_ipv4.address, which is never there (#12413).
  { rule: 'ansible_default_ipv4', not: '2.28.0', names: ofHosts('defaultIpv4') },
  { rule: 'ansible_default_ipv6', since: '2.28.1', names: ofHosts('defaultIpv6') },
  { rule: 'kube_override_hostname', names: ({ overrideHostname }) => [overrideHostname] },
  { rule: 'ansible_hostname', names: ofHosts('hostname') },
  { rule: 'ansible_fqdn', names: ofHosts('fqdn') },
  { rule: 'kube_vip_address', names: ({ kubeVipAddress }) => [kubeVipAddress] },
];

function ofHosts(key: keyof KubesprayHost): Rule['names'] {
  return ({ controlPlanes }) => controlPlanes.map((host) => host[key]);
}

/** The names of this version, or of all known ones (v2.20 to v2.31) where it is unknown. Each name once, by its first rule. */
export function kubesprayNames(input: KubesprayInput): readonly KubesprayName[] {
  const version = parseVersion(input.version);
  const found = new Map<string, KubesprayName>();
  for (const one of rules) {
    if (version !== undefined && !isIn(one, version)) continue;
    const isCertain = version !== undefined || isInAll(one);
    for (const text of one.names(input)) {
      const san = text === undefined || text === '' ? undefined : looseSan(text);
      if (san === undefined) continue;
      const key = sanKey(san);
      if (found.get(key)?.isCertain !== true && (isCertain || !found.has(key))) {
        found.set(key, { san, rule: one.rule, isCertain });
      }
    }
  }
  return [...found.values()];
}

function isInAll({ since, until, not }: Rule): boolean {
  return since === undefined && until === undefined && not === undefined;
}

function isIn({ since, until, not }: Rule, version: number): boolean {
  const isLater = version >= (parseVersion(since) ?? 0);
  const isEarlier = version <= (parseVersion(until) ?? Number.MAX_SAFE_INTEGER);
  return isLater && isEarlier && version !== parseVersion(not);
}

function parseVersion(text: string | undefined): number | undefined {
  const [, major, minor, patch = '0'] = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/.exec(text ?? '') ?? [];
  if (major === undefined || minor === undefined) return undefined;
  return Number(major) * 1e8 + Number(minor) * 1e4 + Number(patch);
}

/**
 * Both tags do no harm, and one of them is right in every version: v2.28's documentation names one that its playbook does not have.
 * All control planes, since each certificate needs the facts of all.
 */
export function kubesprayCommand(inventory: string): string {
  return `ansible-playbook -i ${inventory} -b cluster.yml --tags master,control-plane,facts --limit kube_control_plane`;
}
