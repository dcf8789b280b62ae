/** `help environment`: every variable that is read here, and what is done with it; a test holds this list to the code. */

export interface Variable {
  readonly names: readonly string[];
  readonly about: string;
}

interface Group {
  readonly title: string;
  readonly variables: readonly Variable[];
}

export const environmentGroups: readonly Group[] = [
  {
    title: 'Where things are',
    variables: [
      {
        names: ['KUBECONFIG'],
        about: 'kubeconfig files, with : between, where no --kubeconfig, node, inventory or config is given',
      },
      { names: ['HOME'], about: '~ in paths, ~/.kube/config, ~/.ssh, and ~/.local/state for the audit file' },
      {
        names: ['XDG_STATE_HOME'],
        about: 'the folder of fix-sans/audit.ndjson, a line for each run that took a lock',
      },
      { names: ['PATH'], about: 'for ssh, kubectl, ansible-inventory and hooks; and whether we are on it' },
    ],
  },
  {
    title: 'How nodes are reached',
    variables: [
      { names: ['SSH_AUTH_SOCK'], about: 'the agent, where ssh_config names no other' },
      {
        names: ['TERM'],
        about: 'dumb: no colour and no progress line',
      },
    ],
  },
  {
    title: 'How it looks',
    variables: [
      { names: ['NO_COLOR'], about: 'anything but empty: no colour' },
      { names: ['CLICOLOR_FORCE'], about: 'anything but empty and 0: colour also into a pipe' },
      { names: ['CLICOLOR'], about: '0: no colour' },
      { names: ['COLUMNS'], about: 'how wide a report is, from 50 to 200' },
    ],
  },
  {
    title:
      'What a client here would do, for the tests from here and for the report; passwords in them are never shown',
    variables: [
      { names: ['HTTPS_PROXY', 'https_proxy'], about: 'the proxy that kubectl takes, and so do we' },
      { names: ['NO_PROXY', 'no_proxy'], about: 'what is dialled without it' },
      {
        names: ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'],
        about: 'only told, since kubectl takes neither for an API',
      },
      {
        names: ['SSL_CERT_FILE', 'SSL_CERT_DIR'],
        about: 'what Go programs here trust; read for an interceptor',
      },
      {
        names: ['NODE_EXTRA_CA_CERTS', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'],
        about: 'what other programs trust besides; read for an interceptor',
      },
      {
        names: ['NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_OPTIONS'],
        about: 'told, since they change what other programs verify; what we verify stays verified',
      },
    ],
  },
  {
    title: 'Who runs it, for the lock that others find and for what is printed to be typed',
    variables: [
      { names: ['SUDO_USER', 'USER'], about: 'the name in the lock; USER only where the system has none' },
      { names: ['SSH_CONNECTION'], about: 'from where, in the lock as well' },
      { names: ['npm_command'], about: 'npm sets it: commands are then printed as npx fix-sans' },
    ],
  },
];

export function environmentPage(): string {
  const groups = environmentGroups.map(({ title, variables }) => {
    const rows = variables.map(({ names, about }) => {
      const head = names.join(', ');
      return head.length > 22 ? `  ${head}\n${' '.repeat(26)}${about}\n` : `  ${head.padEnd(22)}  ${about}\n`;
    });
    return `${title}\n${rows.join('')}`;
  });
  return `Environment variables

No variable stands for a flag, but for KUBECONFIG.

${groups.join('\n')}
ssh_config may name others, as \${NAME}. ssh, ansible-inventory, a credential plugin that was allowed and the hooks of apply get
all variables as they are; a hook gets FIX_SANS_HOOK, FIX_SANS_NODE and its like besides. Nothing is sent to a node.
`;
}
