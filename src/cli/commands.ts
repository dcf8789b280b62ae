/** The table of commands: everything that help, completion and parsing know; what a command does is loaded only when it runs. */
import type { Command, Option } from './command.ts';

const quiet: Option = { flags: '-q, --quiet', about: 'no talk on stderr, only the result on stdout' };

export const commands: readonly Command[] = [
  {
    name: 'explain',
    usage: '[what...]',
    summary:
      'say which name is missing, who is affected and what to do, from an error, a log or a pasted page',
    options: [
      {
        flags: '-f, --format <format>',
        about: 'how to print it',
        choices: ['text', 'json', 'markdown'],
        fallback: 'text',
      },
      quiet,
    ],
    epilogue: `
WHAT that names a file is read; any other is taken as text; nothing, or -, reads stdin.

  fix-sans explain "x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56"
  kubectl get nodes 2>&1 | fix-sans explain
  journalctl -u kubelet --since today | fix-sans explain --format json

Exit codes: 2 a name is missing, 8 another cause, 1 nothing understood, 64 wrong usage.
Nothing is contacted and nothing is changed.`,
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'help',
    usage: '[topic]',
    summary: 'help on a command, or on a topic: by-hand, exit-codes',
    options: [],
    epilogue: '',
    load: async () => (await import('./help.ts')).help,
  },
];
