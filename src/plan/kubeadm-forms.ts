/** The kubeadm command for one node's certificate, as flags and as a configuration file: each says all there is to say. */
import { saysLifeAndAlgorithm } from '../flavours/kubeadm-config-version.ts';
import type { Command, ConfigForm, Withheld } from '../model/plan.ts';
import { canonicalIp } from '../model/ip.ts';
import { sameSan, type San } from '../model/san.ts';
import { shellWord, type Signing } from './signing.ts';
import { hoursOf, usualHours } from './validity.ts';
import { addToList } from './yaml-list.ts';
import { setScalar } from './yaml-scalar.ts';

/** With `--config` nothing else may be said: https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/apis/kubeadm/validation/validation.go */
const phase = ['kubeadm', 'init', 'phase', 'certs', 'apiserver'] as const;

/** Init phases never read kubeadm-config, so what is not said here is lost: https://github.com/kubernetes/kubeadm/issues/1447 */
export function flagsForm(signing: Signing, staging: string): Command | Withheld {
  const { encryptionAlgorithm, certificateValidityPeriod, algorithm, planned, hostname, nodeName } = signing;
  if (encryptionAlgorithm !== undefined && encryptionAlgorithm !== 'RSA-2048')
    return {
      withheld: `flags cannot say encryptionAlgorithm: the key would be RSA-2048 instead of ${encryptionAlgorithm}`,
    };
  // kubeadm writes the year out that it takes by itself.
  if (certificateValidityPeriod !== undefined && hoursOf(certificateValidityPeriod) !== usualHours)
    return {
      withheld: `flags cannot say certificateValidityPeriod: it would be a year instead of ${certificateValidityPeriod}`,
    };
  if (algorithm !== 'RSA-2048')
    return { withheld: `flags cannot say the algorithm: the key would be RSA-2048 instead of ${algorithm}` };
  const host: San = { type: 'dns', value: hostname.toLowerCase() };
  const argv = [
    ...phase,
    `--cert-dir=${staging}`,
    `--kubernetes-version=${signing.kubernetesVersion}`,
    `--apiserver-advertise-address=${signing.advertiseAddress}`,
    `--service-cidr=${signing.serviceSubnet}`,
    `--service-dns-domain=${signing.dnsDomain}`,
    ...(signing.controlPlaneEndpoint === undefined
      ? []
      : [`--control-plane-endpoint=${signing.controlPlaneEndpoint}`]),
    `--apiserver-cert-extra-sans=${planned.map(({ value }) => value).join(',')}`,
  ];
  const isExtra = hostname.toLowerCase() !== nodeName && !planned.some((san) => sameSan(san, host));
  return { argv, line: argv.map(shellWord).join(' '), alsoNames: isExtra ? [host.value] : [] };
}

/** With a thousand nodes, most of which are told the same of the cluster, its part is written once. */
export type Written = Map<string, string | Withheld>;

export function configForm(
  signing: Signing,
  staging: string,
  written: Written = new Map(),
): ConfigForm | Withheld {
  const { certSans, configuration, certificateValidityPeriod, algorithmToSay, kubernetesVersion } = signing;
  const key = JSON.stringify([
    staging,
    certSans,
    configuration ?? writtenConfiguration(signing),
    certificateValidityPeriod,
    algorithmToSay,
    kubernetesVersion,
  ]);
  const cluster = written.get(key) ?? clusterConfiguration(signing, staging);
  written.set(key, cluster);
  if (typeof cluster !== 'string') return cluster;
  const file = `${initConfiguration(signing)}---\n${cluster}`;
  const argv = [...phase, `--config=${staging}/kubeadm.yaml`];
  return { file, argv, line: argv.map(shellWord).join(' ') };
}

function initConfiguration({ apiVersion, advertiseAddress, bindPort, nodeName, criSocket }: Signing): string {
  return [
    `apiVersion: ${apiVersion}`,
    'kind: InitConfiguration',
    'localAPIEndpoint:',
    `  advertiseAddress: ${JSON.stringify(advertiseAddress)}`,
    `  bindPort: ${bindPort}`,
    'nodeRegistration:',
    `  name: ${JSON.stringify(nodeName)}`,
    // Before 1.30 it looks for the socket even in this phase, and two of them are an error.
    ...(criSocket === undefined ? [] : [`  criSocket: ${JSON.stringify(criSocket)}`]),
    '',
  ].join('\n');
}

/** The text of the cluster with two values changed, or one written from what the node itself shows. */
function clusterConfiguration(signing: Signing, staging: string): string | Withheld {
  const text = signing.configuration ?? writtenConfiguration(signing);
  const names = signing.certSans.map(({ value }) => value);
  const place = { path: ['apiServer', 'certSANs'], kind: 'ClusterConfiguration' };
  const listed = addToList(text, place, names, sameName);
  if (!listed.ok)
    return { withheld: `line ${listed.line}, column ${listed.column} of kubeadm-config: ${listed.detail}` };
  let written = listed.text;
  for (const [key, value] of valuesToSay(signing, staging, text)) {
    const edit = setScalar(written, 'ClusterConfiguration', key, value);
    if (!edit.ok)
      return { withheld: `line ${edit.line}, column ${edit.column} of kubeadm-config: ${edit.detail}` };
    written = edit.text;
  }
  return ended(written);
}

function valuesToSay(
  { apiVersion, algorithmToSay, certificateValidityPeriod, kubernetesVersion }: Signing,
  staging: string,
  text: string,
): readonly (readonly [key: string, value: string])[] {
  const isNew = saysLifeAndAlgorithm(apiVersion);
  const hasPeriod =
    certificateValidityPeriod !== undefined &&
    text.includes(`certificateValidityPeriod: ${certificateValidityPeriod}\n`);
  return [
    ['certificatesDir', staging],
    // Without it kubeadm asks the internet.
    ...(/^kubernetesVersion:/m.test(text) ? [] : [['kubernetesVersion', kubernetesVersion] as const]),
    ...(isNew && algorithmToSay !== undefined ? [['encryptionAlgorithm', algorithmToSay] as const] : []),
    ...(isNew && certificateValidityPeriod !== undefined && !hasPeriod
      ? [['certificateValidityPeriod', certificateValidityPeriod] as const]
      : []),
  ];
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function writtenConfiguration(signing: Signing): string {
  return [
    `apiVersion: ${signing.apiVersion}`,
    'kind: ClusterConfiguration',
    `kubernetesVersion: ${JSON.stringify(signing.kubernetesVersion)}`,
    ...(signing.controlPlaneEndpoint === undefined
      ? []
      : [`controlPlaneEndpoint: ${JSON.stringify(signing.controlPlaneEndpoint)}`]),
    ...(signing.encryptionAlgorithm === undefined
      ? []
      : [`encryptionAlgorithm: ${JSON.stringify(signing.encryptionAlgorithm)}`]),
    'networking:',
    `  dnsDomain: ${JSON.stringify(signing.dnsDomain)}`,
    `  serviceSubnet: ${JSON.stringify(signing.serviceSubnet)}`,
    '',
  ].join('\n');
}

/** As kubeadm compares them: addresses by value, names without regard to case. */
export function sameName(one: string, other: string): boolean {
  const [left, right] = [canonicalIp(one), canonicalIp(other)];
  return left === undefined || right === undefined
    ? one.toLowerCase() === other.toLowerCase()
    : left === right;
}
