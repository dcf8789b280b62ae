/** What a run of the stand-in is asked for: kubeadm's own defaults under what the flags or the configuration file say. */
import { ipKind } from '../../../src/model/ip.ts';
import { certSanFault, endpointFault, parseRange, sloppyIp, subdomainFault } from './alt-names.ts';
import { Refusal } from './refusal.ts';

export interface Settings {
  readonly nodeName: string;
  readonly advertiseAddress: string;
  readonly bindPort: number;
  readonly serviceSubnet: string;
  readonly dnsDomain: string;
  readonly controlPlaneEndpoint: string;
  readonly certSans: readonly string[];
  readonly certificatesDir: string;
  readonly encryptionAlgorithm: string;
  /** Milliseconds. */
  readonly validity: number | undefined;
  readonly kubernetesVersion: string;
}

/** What the node itself answers when nobody tells. */
export interface Node {
  readonly hostName: string;
  /** Of the interface with the default route. */
  readonly address: string | undefined;
  /** A simulated node lives on a loopback address, which the real program would replace or refuse. */
  readonly isSimulated: boolean;
}

/** The version that the stand-in follows. */
export const version = 'v1.34.4';
const oldestMinor = 33;

export const defaults: Settings = {
  nodeName: '',
  advertiseAddress: '',
  bindPort: 6443,
  serviceSubnet: '10.96.0.0/12',
  dnsDomain: 'cluster.local',
  controlPlaneEndpoint: '',
  certSans: [],
  certificatesDir: '/etc/kubernetes/pki',
  encryptionAlgorithm: 'RSA-2048',
  validity: undefined,
  kubernetesVersion: 'stable-1',
};

/**
 * Fills in what the node knows, and refuses what cannot be, in the order of the real one.
 * https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/util/config/initconfiguration.go
 */
export function complete(asked: Settings, node: Node, warn: (line: string) => void): Settings {
  const whole: Settings = {
    ...asked,
    nodeName: (asked.nodeName === '' ? node.hostName : asked.nodeName).trim().toLowerCase(),
    advertiseAddress: advertiseAddress(asked.advertiseAddress, node),
    kubernetesVersion: releaseOf(asked.kubernetesVersion, warn),
    certSans: asked.certSans.map((name) => name.toLowerCase()),
  };
  const endpoint = whole.controlPlaneEndpoint === '' ? undefined : endpointFault(whole.controlPlaneEndpoint);
  if (endpoint !== undefined) throw new Refusal(endpoint);
  const faults = [...new Set(faultsOf(whole))];
  if (faults.length > 0) throw new Refusal(faults.length === 1 ? faults.join('') : `[${faults.join(', ')}]`);
  if (!isGlobal(whole.advertiseAddress)) {
    throw new Refusal(`cannot use "${whole.advertiseAddress}" as the bind address for the API Server`);
  }
  return whole;
}

/** What Go calls global unicast, and loopback, which is the simulated node's own. */
function isGlobal(ip: string): boolean {
  const kind = ipKind(ip);
  return kind !== 'multicast' && kind !== 'link-local' && kind !== 'broadcast' && kind !== 'metadata';
}

function advertiseAddress(asked: string, node: Node): string {
  const ip = asked === '' ? '0.0.0.0' : sloppyIp(asked);
  if (ip === undefined) {
    throw new Refusal(
      `couldn't use "${asked}" as "apiserver-advertise-address", must be ipv4 or ipv6 address`,
    );
  }
  if (ip === '0.0.0.0' || ip === '::') {
    if (node.address === undefined)
      throw new Refusal('cannot use "0.0.0.0" as the bind address for the API Server');
    return node.address;
  }
  if (!node.isSimulated && (ip.startsWith('127.') || ip === '::1')) {
    throw new Refusal('unable to select an IP from lo network interface');
  }
  return ip;
}

function releaseOf(asked: string, warn: (line: string) => void): string {
  if (/^(?:latest|stable)(?:-1(?:\.\d{1,2})?)?$/.test(asked)) {
    warn('could not fetch a Kubernetes version from the internet: it is never asked by the stand-in');
    warn(`falling back to the local client version: ${version}`);
    return version;
  }
  const number = '(0|[1-9]\\d*)';
  const pattern = new RegExp(`^v?${number}\\.${number}\\.${number}[-\\w.+]*$`);
  const [, major, minor] = pattern.exec(asked) ?? [];
  if (minor === undefined) {
    throw new Refusal(
      `version "${asked}" doesn't match patterns for neither semantic version nor labels (stable, latest, ...)`,
    );
  }
  const release = asked.startsWith('v') ? asked : `v${asked}`;
  if (Number(major) * 1000 + Number(minor) < 1000 + oldestMinor) {
    throw new Refusal(
      `this version of kubeadm only supports deploying clusters with the control plane version >= 1.${oldestMinor}.0. Current version: ${release}`,
    );
  }
  return release;
}

const algorithms = ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096'];

/** https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/apis/kubeadm/validation/validation.go */
function faultsOf(settings: Settings): readonly string[] {
  const found: string[] = [];
  const check = (field: string, value: string | number, fault: string | undefined) => {
    const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
    if (fault !== undefined) found.push(`${field}: Invalid value: ${shown}: ${fault}`);
  };
  const { nodeName, dnsDomain, serviceSubnet, certificatesDir, encryptionAlgorithm, bindPort } = settings;
  check('nodeRegistration.name', nodeName, subdomainFault(nodeName));
  check('networking.dnsDomain', dnsDomain, subdomainFault(dnsDomain));
  for (const [value, fault] of rangeFaults(serviceSubnet)) check('networking.serviceSubnet', value, fault);
  for (const name of settings.certSans) check('apiServer.certSANs', name, certSanFault(name));
  check(
    'certificatesDir',
    certificatesDir,
    certificatesDir.startsWith('/') ? undefined : 'path is not absolute',
  );
  check(
    'encryptionAlgorithm',
    encryptionAlgorithm,
    algorithms.includes(encryptionAlgorithm)
      ? undefined
      : `Invalid encryption algorithm "${encryptionAlgorithm}". Must be one of [${algorithms.join(' ')}]`,
  );
  const isPort = bindPort >= 1 && bindPort <= 65_535;
  check('localAPIEndpoint.bindPort', bindPort, isPort ? undefined : 'port number is not valid');
  return found;
}

function rangeFaults(text: string): readonly (readonly [string, string])[] {
  const ranges = text.split(',').map(parseRange);
  if (ranges.includes(undefined)) return [[text, "couldn't parse subnet"]];
  const known = ranges.filter((range) => range !== undefined);
  const isDual = known.length === 2 && known[0]?.bits !== known[1]?.bits;
  const tooMany: readonly (readonly [string, string])[] =
    known.length === 1 || isDual
      ? []
      : [[text, 'expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking']];
  return [
    ...tooMany,
    ...known
      .filter(({ bits, prefix }) => 2 ** (bits - prefix) < 10)
      .map(
        ({ text: range, bits, prefix }) =>
          [range, `subnet with ${2 ** (bits - prefix)} address(es) is too small, the minimum is 10`] as const,
      ),
    ...known
      .filter(({ bits, prefix }) => bits - prefix > 20)
      .map(
        ({ text: range, bits }) =>
          [
            range,
            `specified service subnet is too large; for ${bits}-bit addresses, the mask must be >= ${bits - 20}`,
          ] as const,
      ),
  ];
}
