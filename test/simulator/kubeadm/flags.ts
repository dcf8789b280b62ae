/** The command line of `kubeadm init phase certs apiserver`, read as cobra reads it. */
import { Refusal } from './refusal.ts';
import { defaults, type Settings } from './settings.ts';

/** https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/cmd/phases/init/certs.go (getCertPhaseFlags) */
const valued = [
  'apiserver-advertise-address',
  'apiserver-cert-extra-sans',
  'cert-dir',
  'config',
  'control-plane-endpoint',
  'kubernetes-version',
  'rootfs',
  'service-cidr',
  'service-dns-domain',
  'v',
  'vmodule',
] as const;

/** These go with --config; of the others none does. */
const besideConfig: ReadonlySet<string> = new Set(['config', 'dry-run', 'rootfs', 'v']);

export interface CommandLine {
  readonly config: string | undefined;
  readonly isDryRun: boolean;
  readonly settings: Settings;
}

export function readFlags(args: readonly string[]): CommandLine {
  const given = new Map<string, string[]>();
  const rest = args.map((arg) => arg.replace(/^-v(?==|$)/, '--v').replace(/^-v(\d+)$/, '--v=$1'));
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined)
      throw new Refusal(`unknown command "${arg}" for "kubeadm init phase certs apiserver"`);
    const isSwitch = name === 'dry-run';
    if (!isSwitch && !isValued(name)) throw new Refusal(`unknown flag: --${name}`);
    const value = inline ?? (isSwitch ? 'true' : rest.shift());
    if (value === undefined) throw new Refusal(`flag needs an argument: --${name}`);
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  const config = given.get('config')?.at(-1);
  const mixed = [...given.keys()].filter((name) => !besideConfig.has(name)).toSorted();
  if (config !== undefined && mixed.length > 0) {
    throw new Refusal(`can not mix '--config' with arguments [${mixed.join(' ')}]`);
  }
  const last = (name: (typeof valued)[number], otherwise: string) => given.get(name)?.at(-1) ?? otherwise;
  return {
    config,
    isDryRun: given.get('dry-run')?.at(-1) === 'true',
    settings: {
      ...defaults,
      advertiseAddress: last('apiserver-advertise-address', defaults.advertiseAddress),
      certSans: (given.get('apiserver-cert-extra-sans') ?? []).flatMap((list) =>
        list === '' ? [] : list.split(','),
      ),
      certificatesDir: last('cert-dir', defaults.certificatesDir),
      controlPlaneEndpoint: last('control-plane-endpoint', defaults.controlPlaneEndpoint),
      kubernetesVersion: last('kubernetes-version', defaults.kubernetesVersion),
      serviceSubnet: last('service-cidr', defaults.serviceSubnet),
      dnsDomain: last('service-dns-domain', defaults.dnsDomain),
    },
  };
}

function isValued(name: string): boolean {
  return valued.some((known) => known === name);
}
