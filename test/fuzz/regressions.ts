/** Inputs by which a parser once failed, as small as they could be made, or as the rule by which they are made. */

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
];
