/** Flags of `apply` and `rollback`: how long is waited for what, whom to tell, what is written down. */
import type { Option } from './command.ts';

const run = 'The run:';
const output = 'Output:';

export const waitOptions: readonly Option[] = [
  {
    flags: '--settle <time>',
    about: 'how long all API servers may take to be ready, three times in a row, after each node',
    fallback: '60s',
    group: run,
  },
  {
    flags: '--look-every <time>',
    about: 'between two looks at whether all API servers are ready; from 200ms to 10s',
    fallback: '1s',
    group: run,
  },
  {
    flags: '--reload-wait <time>',
    about: 'how long an API server may take to serve the pair that is put in its place',
    fallback: '75s',
    group: run,
  },
  {
    flags: '--dead-man <time>',
    about: 'a node that has not heard of this run for so long puts the old pair back by itself',
    fallback: '5m',
    group: run,
  },
];

export const runOptions: readonly Option[] = [
  { flags: '-y, --yes', about: 'do not ask; needed where nobody sits at a terminal', group: run },
  ...waitOptions,
  {
    flags: '--probe-interval <time>',
    about: 'between two handshakes with each API server while it runs',
    fallback: '200ms',
    group: run,
  },
  {
    flags: '--events <file>',
    about: 'append what happens, as it happens, as one JSON object a line',
    group: output,
  },
  {
    flags: '--show-commands',
    about: 'print every script that would be run on a node, and stop',
    group: output,
  },
];

export const hookOptions: readonly Option[] = [
  {
    flags: '--pre-node <program>',
    about: 'run it before each node; if it fails, the run ends before that node',
    group: run,
  },
  {
    flags: '--post-node <program>',
    about: 'run it after each node; if it fails, no other node is begun',
    group: run,
  },
  { flags: '--on-failure <program>', about: 'run it when a node did not come to a good end', group: run },
];

export const rollbackOptions: readonly Option[] = [
  {
    flags: '--accept-unusable',
    about: 'put an old certificate back that has expired, is not yet valid, or is not of the CA of today',
    group: 'What is done only when told:',
  },
  ...hookOptions,
];

export const applyOptions: readonly Option[] = [
  {
    flags: '--plan <file>',
    about: 'apply this plan of plan --out, exactly, or refuse it as stale',
    group: run,
  },
  {
    flags: '--max-age <time>',
    about: 'refuse a plan of --plan that is older: 90m, 24h, 7d',
    fallback: '24h',
    group: run,
  },
  {
    flags: '--dry-run',
    about: 'say what would be done, also with --plan and --only, and write nothing',
    group: run,
  },
  {
    flags: '--only <node>',
    about: 'only this control plane; the rest is planned again later',
    group: run,
  },
  {
    flags: '--csr-dir <folder>',
    about: 'where somebody else holds the CA: write a request for each control plane here, and stop',
    group: run,
  },
  {
    flags: '--signed-cert <file>',
    about: 'what was signed for such a request; one for each control plane',
    repeats: true,
    group: run,
  },
  ...hookOptions,
];
