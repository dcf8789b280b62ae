/** `help config`: fix-sans.yaml, key by key; a test holds it to the schema. */

interface Key {
  readonly key: string;
  readonly about: string;
}

/** Above clusters, and of each cluster. */
const ssh: readonly Key[] = [
  { key: 'user', about: 'who logs in, where a node does not say it' },
  { key: 'port', about: 'where sshd listens, where a node does not say it' },
  { key: 'identityFiles', about: 'private keys to log in with; ~ is the home folder' },
  { key: 'knownHostsFiles', about: 'files of known host keys, instead of the usual ones' },
  { key: 'configFile', about: 'an ssh_config to read instead of the usual one; none reads no file' },
  { key: 'transport', about: 'ssh2 or openssh: in this process, or by the ssh program of the system' },
  { key: 'become', about: 'sudo, none or helper: how to become root' },
];
const policy: readonly Key[] = [
  {
    key: 'allow',
    about: 'what may be added: names, *.example.com (any depth), 10.0.0.0/8; plan holds to it',
  },
  {
    key: 'required',
    about: 'names that every control plane must have: inspect reports those that are missing',
  },
  { key: 'atMost', about: 'the largest number of names in a certificate; plan holds to it' },
];
const cluster: readonly Key[] = [
  { key: 'nodes', about: 'control planes, each a target, or {target, name, role: control-plane or worker}' },
  { key: 'inventory', about: "an inventory of kubespray's; instead of nodes" },
  { key: 'kubeconfig', about: 'a kubeconfig' },
  { key: 'context', about: 'a context of that kubeconfig' },
  { key: 'endpoints', about: 'HOST:PORT by which clients reach the API' },
  { key: 'names', about: 'names wanted in the certificate, besides those above clusters' },
  { key: 'ssh', about: 'as above, for this cluster; goes before it key by key' },
  { key: 'policy', about: 'as above, for this cluster; goes before it key by key' },
];
const top: readonly Key[] = [
  { key: 'formatVersion', about: '1' },
  { key: 'ssh', about: 'how nodes are reached' },
  { key: 'policy', about: 'what may and what must be in a certificate' },
  { key: 'names', about: 'names wanted in the certificate of every cluster' },
  { key: 'clusters', about: 'each cluster by its name; --cluster NAME chooses' },
];

/** By the place in the file. */
export const configKeys = { top, ssh, policy, cluster } as const;

function rows(keys: readonly Key[]): string {
  return keys.map(({ key, about }) => `  ${key.padEnd(16)} ${about}\n`).join('');
}

export function configPage(): string {
  return `fix-sans.yaml

Given by --config FILE; it is looked for nowhere. With several clusters in it, --cluster NAME chooses one. A flag goes
before the file. Paths are relative to the file. Unknown and duplicate keys are refused, with line and column.

  formatVersion: 1
  ssh: { user: ops, identityFiles: [~/.ssh/id_ed25519] }
  policy: { allow: ['*.example.com', 10.0.0.0/8], atMost: 50 }
  clusters:
    prod:
      nodes: [10.0.0.1, 10.0.0.2, { target: 10.0.0.3, name: cp3 }]
      kubeconfig: prod.conf
      endpoints: ['api.example.com:6443']
      names: [api.example.com]
    lab:
      inventory: inventory/lab/hosts.yaml

${rows(top)}
ssh
${rows(ssh)}
policy
${rows(policy)}
clusters, by name; each has nodes or inventory
${rows(cluster)}
A target is ssh://user@host:port, user@host, host, docker://container, or local:.
An editor that knows YAML schemas completes it by docs/schema/config.schema.json.
`;
}
