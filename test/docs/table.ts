/** Which cluster each page speaks of, and the commands that no test types, each with what is looked at instead. */
import type { Command } from './pages.ts';
import type { SceneName } from './scenes.ts';

export const places: Readonly<Record<string, SceneName>> = {
  'README.md: Two minutes': 'outside',
  'docs/commands.md: From an error to the missing name': 'outside',
  'docs/commands.md: Looking at a cluster': 'inspected',
  'docs/commands.md: Proving it': 'proven',
  'docs/commands.md: Changing it': 'healthy',
  'docs/security.md: A user who may read and nothing else': 'healthy',
  'docs/how-to.md: kubectl from another machine': 'outside',
  'docs/how-to.md: Pods fail, everything else works': 'pods',
  'docs/how-to.md: A pod cannot reach the API, and nobody knows why': 'walk',
  'docs/how-to.md: kubespray, and an address before it': 'vip',
  'docs/how-to.md: A load balancer comes before the control planes': 'vip',
  'docs/how-to.md: One control plane first, then the others': 'two',
  'docs/how-to.md: Somebody else holds the CA': 'elsewhere',
  'docs/how-to.md: A look every night': 'healthy',
  'docs/how-to.md: Going back': 'healthy',
  'docs/how-to.md: A machine went down in the middle': 'cutOff',
  'docs/how-to.md: It is not the certificate': 'intercepted',
};

export function placeOf(page: string, heading: string): SceneName | undefined {
  return places[`${page}: ${heading}`];
}

/** What is looked at in place of typing a command; see named.test.ts. */
export type Look = 'scripts-and-files' | 'lab' | 'playbook' | 'words';

interface Untyped {
  readonly is: RegExp;
  readonly look: Look;
  readonly why: string;
}

const untyped: readonly Untyped[] = [
  {
    is: /^(?:FIX_SANS_\w+=\w+ )*(?:npm|npx|\.\/scripts\/(?:demo|test)\b)/,
    look: 'scripts-and-files',
    why: 'this test is a part of what they run: scripts, projects and files that they name have to be there',
  },
  {
    is: /^scripts\/lab /,
    look: 'lab',
    why: 'makes real clusters, which test/lab and test/cluster do; its words have to be known to it',
  },
  {
    is: /^ansible-playbook playbooks\//,
    look: 'playbook',
    why: 'test/pipelines/playbooks.test.ts runs the same with a real Ansible; playbook and arguments have to be there',
  },
  {
    is: /^(?:install -m|systemctl )/,
    look: 'scripts-and-files',
    why: 'test/pipelines/units.test.ts has systemd look at these units; the files have to be there',
  },
  {
    is: /^(?:cd \/var\/lib\/fix-sans\/RUN|cat paths|p=\$\(openssl x509 [^)]+\) && .* && rm -rf \/etc\/kubernetes\/pki\/\.fix-sans-RUN)$/,
    look: 'words',
    why: 'by hand on a node, after a way back that failed; by-hand.test.ts types them on a simulated node',
  },
  {
    is: /^kubectl fix-sans /,
    look: 'words',
    why: 'the same program by another name',
  },
];

export function untypedAs({ text }: Pick<Command, 'text'>): Untyped | undefined {
  return untyped.find(({ is }) => is.test(text));
}
