/** Inputs by which a parser once failed, as small as they could be made, or as the rule by which they are made. */

import { samplePlans } from '../support/sample-plans.ts';

interface Regression {
  /** As it is called in parsers.ts. */
  readonly parser: string;
  readonly what: string;
  readonly input: () => Buffer;
}

function text(made: string): () => Buffer {
  return () => Buffer.from(made);
}

export const regressions: readonly Regression[] = [
  {
    parser: 'targets, servers and endpoints',
    what: 'slashes at the end of a server cost the square of their number',
    input: text(`https://10.0.0.1:6443${'/'.repeat(100_000)}x`),
  },
  {
    parser: 'known_hosts',
    what: 'a name many times on one line cost the square of their number',
    input: text(
      `${'a,'.repeat(250_000)}a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n`,
    ),
  },
  {
    parser: 'kubeconfigs of a node',
    what: 'one word on each line cost the square of their number',
    input: text('server\n'.repeat(37_000)),
  },
  {
    parser: 'error texts',
    what: 'carriage returns within a line cost the square of their number',
    input: text(`tls:${'\r'.repeat(60_000)}x509: certificate is valid for 10.0.0.1, not 10.0.0.2`),
  },
  {
    parser: 'error texts',
    what: 'backslashes that escape nothing cost the square of their number',
    input: text(`x509: certificate is valid for 10.0.0.1, not 10.0.0.2 ${'\\'.repeat(60_000)} x`),
  },
  {
    parser: 'inventories in YAML',
    what: 'a bracket that closes thousands of open maps ended in an exception',
    input: text(`${'<<: '.repeat(5000)}]`),
  },
  {
    parser: 'inventories in YAML',
    what: 'each brace that closes nothing was an exception with its stack',
    input: text('}'.repeat(1_000_000)),
  },
  {
    parser: 'patterns of hosts',
    what: 'a range that is none was repeated in full',
    input: text(`w-[${'}'.repeat(60_000)}]`),
  },
  {
    parser: 'group_vars',
    what: 'each bracket that closes nothing was an exception with its stack',
    input: text(']'.repeat(200_000)),
  },
  {
    parser: 'kubeadm-config',
    what: 'a kind that is set twice was taken for its first value',
    input: text(': \nkind: ClusterConfiguration\nkind:'),
  },
  {
    parser: 'plans with a digest that fits',
    what: 'a name in it for a reason that no report knows ended in an exception',
    input: () => {
      const [name] = [{ san: { type: 'dns', value: 'a' }, fate: 'kept', why: [{ why: 'x' }], breaks: [] }];
      const plan = samplePlans().signed;
      const nodes = plan.nodes.map((node) => ({ ...node, action: 'reissue', names: [name] }));
      return Buffer.from(JSON.stringify({ ...plan, nodes }));
    },
  },
  {
    parser: 'ssh_config',
    what: 'Match said many times on one line cost the square of their number',
    input: text(`x ${'match '.repeat(80_000)}`),
  },
  {
    parser: 'ssh_config',
    what: 'as many files are included as are named',
    input: text(`Include ${'a '.repeat(250_000)}`),
  },
  {
    parser: 'load balancers and manifests',
    what: 'each frontend was compared with each section',
    input: text('frontend f\n'.repeat(60_000)),
  },
  {
    parser: 'load balancers and manifests',
    what: 'each line looked through all blocks that are open',
    input: text('{\n'.repeat(60_000) + 'x\n'.repeat(60_000)),
  },
  {
    parser: 'load balancers and manifests',
    what: 'a flag said over and over cost the square of its number',
    input: text('--a=b\n'.repeat(100_000)),
  },
  {
    parser: 'durations',
    what: 'more hours than a number holds were an endless validity',
    input: text(`${'9'.repeat(400)}h`),
  },
];
