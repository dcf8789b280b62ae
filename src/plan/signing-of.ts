/** Everything that kubeadm has to be told for one node, or that something is not known without which a name would be lost. */
import type { Certificate } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { PlannedCertificate } from '../model/plan.ts';
import { type San, sanKey } from '../model/san.ts';
import type { Signing } from './signing.ts';
import { minorOf, type Subject } from './subject.ts';
import { type AlgorithmPlan, planAlgorithm, planValidity, type ValidityPlan } from './validity.ts';

export interface Made {
  readonly certificate: PlannedCertificate;
  readonly validity: ValidityPlan;
  readonly algorithm: AlgorithmPlan;
  /** Undefined where `unknown` says what is not known. */
  readonly signing?: Signing;
  readonly unknown: readonly string[];
}

export interface MadeFrom {
  readonly planned: ReadonlyMap<string, San>;
  /** certSANs that stay. */
  readonly configured: readonly San[];
  /** The text of the cluster's configuration, without the names that were taken away. */
  readonly configuration: string | undefined;
}

export function madeOn(
  subject: Subject,
  facts: ClusterFacts,
  { planned, configured, configuration }: MadeFrom,
): Made {
  const { told, facts: node, leaf, ca } = subject;
  const config = facts.api?.kubeadmConfig;
  const { apiVersion } = told;
  const validity = planValidity({
    leaf,
    ca,
    apiVersion,
    configured: config?.configuration.certificateValidityPeriod,
    readAt: facts.readAt,
  });
  const kubeadmMinor = minorOf(node.kubeadm?.version);
  const algorithm = planAlgorithm(leaf, config?.configuration.encryptionAlgorithm, {
    apiVersion,
    kubeadmMinor,
  });
  const certificate: PlannedCertificate = {
    algorithm: algorithm.algorithm,
    ...(leaf === undefined ? {} : { notAfterToday: leaf.notAfter }),
    validityHours: validity.hours,
    isShorter: validity.isShorter,
    issuer: ca?.subject ?? '',
  };
  const { kubernetesVersion, advertiseAddress, serviceSubnets } = told;
  const paths = pathsOf(subject);
  if (
    kubernetesVersion === undefined ||
    advertiseAddress === undefined ||
    serviceSubnets.length === 0 ||
    paths === undefined
  ) {
    const unknown = [
      ...(kubernetesVersion === undefined ? ['the version of Kubernetes'] : []),
      ...(advertiseAddress === undefined ? ['the advertise address'] : []),
      ...(serviceSubnets.length === 0 ? ['the service range'] : []),
      ...(paths === undefined ? ['where certificate, key and CA lie'] : []),
    ];
    return { certificate, validity, algorithm, unknown };
  }
  const own = [...planned].filter(([key]) => !subject.computed.has(key)).map(([, san]) => san);
  const certSans = [...new Map([...configured, ...own].map((san) => [sanKey(san), san])).values()];
  const socket = node.system.runtime;
  const encryption = config?.configuration.encryptionAlgorithm ?? algorithm.toSay;
  const signing: Signing = {
    node: subject.name,
    kubernetesVersion,
    apiVersion,
    nodeName: told.nodeName,
    hostname: node.system.hostname,
    advertiseAddress,
    bindPort: node.apiserver?.securePort ?? 6443,
    ...(socket === undefined || socket === '' ? {} : { criSocket: socket }),
    serviceSubnet: serviceSubnets.join(','),
    dnsDomain: told.dnsDomain,
    ...(told.controlPlaneEndpoint === undefined ? {} : { controlPlaneEndpoint: told.controlPlaneEndpoint }),
    certSans,
    planned: [...planned.values()],
    ...(configuration === undefined ? {} : { configuration }),
    ...(encryption === undefined ? {} : { encryptionAlgorithm: encryption }),
    ...(validity.period === undefined ? {} : { certificateValidityPeriod: validity.period }),
    algorithm: algorithm.algorithm,
    ...(leaf === undefined ? {} : { today: leaf.fingerprint }),
    ...(algorithm.toSay === undefined ? {} : { algorithmToSay: algorithm.toSay }),
    ...paths,
  };
  return { certificate, validity, algorithm, signing, unknown: [] };
}

type Paths = Pick<Signing, 'certificatePath' | 'keyPath' | 'caCertificatePath' | 'caKeyPath'>;

/** Behind all symlinks: a rename must not replace the link that somebody made. */
function pathsOf({ facts: { certificate, key, ca, caKey, apiserver } }: Subject): Paths | undefined {
  const certificatePath = certificate?.file?.realPath ?? certificate?.path ?? apiserver?.certificatePath;
  const keyPath = key?.file?.realPath ?? key?.path ?? apiserver?.keyPath;
  const caCertificatePath = ca?.file?.realPath ?? ca?.path;
  const caKeyPath = caKey?.file?.realPath ?? caKey?.path;
  const all = [certificatePath, keyPath, caCertificatePath, caKeyPath];
  if (!all.every((path) => path?.startsWith('/') === true)) return undefined;
  return { certificatePath, keyPath, caCertificatePath, caKeyPath } as Paths;
}

/** Only where today's dates are wrong by themselves, whatever the names. */
export function dateTrouble(
  leaf: Certificate | undefined,
  readAt: string,
): 'expired' | 'not-yet-valid' | undefined {
  if (leaf === undefined) return undefined;
  const now = Date.parse(readAt);
  if (now > Date.parse(leaf.notAfter)) return 'expired';
  return now < Date.parse(leaf.notBefore) ? 'not-yet-valid' : undefined;
}
