/** Flags of `plan`: names in and out, what is accepted knowingly, kubespray, and what is written. */
import type { Option } from './command.ts';

const names = 'Names:';
const risks = 'What is done only when told:';
const kubespray = 'kubespray:';
const output = 'Output:';

export const planOptions: readonly Option[] = [
  {
    flags: '--from-error <file>',
    about: 'take the missing names from an error or a log; - reads stdin',
    group: names,
  },
  { flags: '--yes-names', about: 'names from that text are meant', group: names },
  {
    flags: '--remove <name>',
    about: 'take this name out of the certificates; nothing else is ever dropped',
    repeats: true,
    group: names,
  },
  { flags: '--accept-breakage', about: 'take a name away that somebody is seen to dial', group: risks },
  {
    flags: '--accept-shorter-validity',
    about: 'sign for a year where the certificate of today lives longer',
    group: risks,
  },
  { flags: '--accept-lost-names', about: 'lose names that kubeadm cannot write', group: risks },
  {
    flags: '--accept-special-names',
    about: 'add 0.0.0.0, multicast, a metadata service, a wildcard of a whole top-level domain',
    group: risks,
  },
  {
    flags: '--accept-answered-names',
    about: 'add a name on which something else answers',
    group: risks,
  },
  {
    flags: '--accept-uninspected',
    about: 'leave control planes out that could not be read or were not named',
    group: risks,
  },
  { flags: '--kubespray <folder>', about: "kubespray's checkout, which tells its version", group: kubespray },
  { flags: '--kubespray-version <version>', about: 'such as v2.28.1', group: kubespray },
  { flags: '--write', about: "write the names into the inventory's files", group: kubespray },
  {
    flags: '--on-node',
    about: "have each node's own kubeadm sign in a folder that is gone afterwards, and compare",
    group: output,
  },
  { flags: '--out <file>', about: 'write the plan itself, for show and for a later step', group: output },
  { flags: '--runbooks <folder>', about: 'write one shell script for each control plane', group: output },
];
