/** Flags that every command takes which looks at a cluster: which nodes, how they are reached, which names matter, what comes out. */
import type { Option } from './command.ts';

const nodes = 'Which nodes (several of these may be given):';
const reach = 'How they are reached:';
const names = 'Names:';

export const nodeOptions: readonly Option[] = [
  {
    flags: '-n, --node <target>',
    about: 'a control plane: user@host, ssh://user@host:port, docker://name, local:',
    repeats: true,
    group: nodes,
  },
  {
    flags: '--kubeconfig <file>',
    about: 'ask the API for the nodes, and test what this kubeconfig dials',
    group: nodes,
  },
  { flags: '--context <name>', about: 'which context of the kubeconfig', group: nodes },
  { flags: '--inventory <path>', about: 'a kubespray inventory, YAML or INI', group: nodes },
  { flags: '--config <file>', about: 'a fix-sans.yaml', group: nodes },
  { flags: '--cluster <name>', about: 'which cluster of the config', group: nodes },
  {
    flags: '--endpoint <host:port>',
    about: 'test this endpoint as a client would, without SSH',
    repeats: true,
    group: nodes,
  },
  { flags: '--workers', about: 'look at the worker nodes too', group: nodes },
  {
    flags: '--run-inventory',
    about: 'allow an inventory that is a program or a plugin to be run',
    group: nodes,
  },
  {
    flags: '--run-exec-plugin',
    about: 'allow the kubeconfig to run its credential plugin',
    group: nodes,
  },
];

export const reachOptions: readonly Option[] = [
  { flags: '-u, --user <name>', about: 'who logs in, where the target does not say', group: reach },
  {
    flags: '-i, --identity <file>',
    about: 'a private key file; the agent and the ssh configuration count too',
    repeats: true,
    group: reach,
  },
  {
    flags: '--known-hosts <file>',
    about: 'instead of the files that ssh would use',
    repeats: true,
    group: reach,
  },
  {
    flags: '--accept-new-host-keys',
    about: 'add unknown host keys, and say so; a changed key is refused all the same',
    group: reach,
  },
  { flags: '-F, --ssh-config <file>', about: 'instead of ~/.ssh/config; none for none', group: reach },
  {
    flags: '--transport <which>',
    about: "ssh2 (the usual) is built in; openssh is the system's ssh, for what the other cannot do",
    // No fallback: it would go before what fix-sans.yaml says.
    choices: ['ssh2', 'openssh'],
    group: reach,
  },
  {
    flags: '-K, --ask-become-pass',
    about: 'ask once for the password of sudo, and send it over stdin',
    group: reach,
  },
  {
    flags: '--helper',
    about: 'run the helper that --print-helper printed instead of a shell',
    group: reach,
  },
  {
    flags: '--connect-timeout <time>',
    about: 'for TCP and the SSH handshake',
    fallback: '10s',
    group: reach,
  },
  { flags: '--timeout <time>', about: 'for what is run on a node', fallback: '60s', group: reach },
  { flags: '--parallel <count>', about: 'how many nodes at a time', fallback: '32', group: reach },
];

export const wishOption: Option = {
  flags: '-s, --san <name>',
  about: 'a name or address that clients dial and the certificates should hold',
  repeats: true,
  group: names,
};

export const quiet: Option = { flags: '-q, --quiet', about: 'no talk on stderr, only the result on stdout' };

export const outputOptions: readonly Option[] = [
  {
    flags: '-f, --format <format>',
    about: 'how to print it',
    choices: ['text', 'json', 'markdown', 'html'],
    fallback: 'text',
    group: 'Output:',
  },
  {
    flags: '--report <format=file>',
    about: 'write it to a file too, in any of these formats, or prometheus',
    repeats: true,
    group: 'Output:',
  },
  {
    flags: '--with <file>',
    about: 'add what an inspection on another machine saw from there (its JSON)',
    repeats: true,
    group: 'Output:',
  },
  { flags: '--vantage <name>', about: 'what to call this machine in reports', group: 'Output:' },
  { ...quiet, group: 'Output:' },
];

/** Of `apply` and `rollback`. */
export const runOutput: readonly Option[] = [
  {
    flags: '-f, --format <format>',
    about: 'how to print what was done',
    choices: ['text', 'json', 'markdown', 'html'],
    fallback: 'text',
    group: 'Output:',
  },
  {
    flags: '--report <format=file>',
    about: 'write it to a file too, in any of these formats',
    repeats: true,
    group: 'Output:',
  },
  { ...quiet, group: 'Output:' },
];
