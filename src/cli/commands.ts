/** The table of commands: everything that help, completion and parsing know; what a command does is loaded only when it runs. */
import type { Command } from './command.ts';
import { applyOptions, hookOptions, runOptions } from './apply-options.ts';
import { planOptions } from './plan-options.ts';
import { verifyOptions } from './verify-options.ts';
import { nodeOptions, outputOptions, quiet, reachOptions, runOutput, wishOption } from './shared-options.ts';

/** A run has a report of its own. */
const planOnly: ReadonlySet<string> = new Set(['--on-node', '--out <file>', '--runbooks <folder>']);

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
    name: 'inspect',
    usage: '',
    summary:
      'look at the control planes: every name of every certificate, why it is there, what is served, what is wrong',
    options: [
      ...nodeOptions,
      ...reachOptions,
      wishOption,
      ...outputOptions,
      { flags: '--show-commands', about: 'print every script that would be run on a node, and stop' },
      {
        flags: '--print-helper',
        about: 'print a root-owned helper script and the sudoers line that allows only it, and stop',
      },
    ],
    epilogue: `
  fix-sans inspect --node ops@10.0.0.11 --node ops@10.0.0.12 --node ops@10.0.0.13
  fix-sans inspect --kubeconfig admin.conf --user ops --report html=ticket.html
  fix-sans inspect --inventory inventory/prod/hosts.yaml --san api.example.com
  fix-sans inspect --endpoint 203.0.113.10:6443        (no SSH at all)

Exit codes: 0 healthy, 1 no control plane among the nodes, 2 something to fix, 3 some nodes could not be read,
4 a login or host key was refused, 7 another tool's cluster, 8 not a missing name, 75 no node answered.
Nothing is changed: what is run on a node can only read (--show-commands prints it).`,
    load: async () => (await import('./inspect.ts')).inspect,
  },
  {
    name: 'plan',
    usage: '',
    summary:
      'say exactly what would be signed where, what makes it last and what would be lost; changes nothing',
    options: [...nodeOptions, ...reachOptions, wishOption, ...planOptions, ...outputOptions],
    epilogue: `
  fix-sans plan --node ops@10.0.0.11 --node ops@10.0.0.12 --san api.example.com
  kubectl get nodes 2>&1 | fix-sans plan --from-error - --yes-names --node ops@10.0.0.11
  fix-sans plan --inventory inventory/prod/hosts.yaml --san 192.168.56.42 --write
  fix-sans plan --config fix-sans.yaml --cluster prod --out plan.json --runbooks ./runbooks

Exit codes: 0 nothing to do, 2 changes needed, 7 refused (each reason with its remedy), 8 not a missing name,
4 a login or host key was refused, 75 no node answered.
Nothing is changed on any node (--on-node uses a folder in /run that is gone afterwards); --write changes the inventory's files here, and only the one list in them.`,
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'apply',
    usage: '',
    summary:
      'do what plan says, one control plane after the other, each proven before the next, the old certificate back where one does not hold',
    options: [
      ...nodeOptions,
      ...reachOptions,
      wishOption,
      ...planOptions.filter(({ flags }) => !planOnly.has(flags)),
      ...applyOptions,
      ...runOptions,
      ...runOutput,
    ],
    epilogue: `
  fix-sans apply --node ops@10.0.0.11 --node ops@10.0.0.12 --san api.example.com
  fix-sans apply --kubeconfig admin.conf --user ops --plan plan.json --yes
  fix-sans apply --inventory inventory/prod/hosts.yaml --san 192.168.56.42 --write --report html=run.html

On each control plane kubeadm signs beside the pair in use; what it signed is held against the plan, renamed over, and proven by
handshakes. A node that does not hear of the run any more puts the old pair back by itself. A second run has nothing to do.
Exit codes: 0 done and proven or nothing to do, 1 not confirmed, 3 some nodes or kubeadm-config are not done, 5 rolled back,
6 another run holds the lock, 7 refused or a stale plan, 9 a human is needed: see what to type, 4 a login or host key was refused,
64 wrong usage, no --yes without a terminal, 75 a control plane does not answer, 130 and 143 stopped by a signal.`,
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'rollback',
    usage: '[run]',
    summary:
      'put the certificates back as they were before a run: the last one that was done, or the one that is named',
    options: [...nodeOptions, ...reachOptions, ...hookOptions, ...runOptions, ...runOutput],
    epilogue: `
  fix-sans rollback --node ops@10.0.0.11 --node ops@10.0.0.12 --node ops@10.0.0.13
  fix-sans rollback 20261121T135200Z-1a2b3c4d --kubeconfig admin.conf --user ops --yes

A pair that is neither that run's nor the one before it is left alone. kubeadm-config is put back only where it is what that run wrote.
Exit codes: 0 the old certificates are served, 1 no such run or not confirmed, 3 some nodes or kubeadm-config are not done,
6 another run holds the lock, 7 the pair in use is not that run's, 9 a human is needed: see what to type,
4 a login or host key was refused, 64 wrong usage, no --yes without a terminal, 75 a control plane does not answer.`,
    load: async () => (await import('./rollback.ts')).rollback,
  },
  {
    name: 'runs',
    usage: '',
    summary: 'list the runs that the control planes remember, how each ended, and who holds the lock',
    options: [
      ...nodeOptions,
      ...reachOptions,
      {
        flags: '-f, --format <format>',
        about: 'how to print it',
        choices: ['text', 'json'],
        fallback: 'text',
        group: 'Output:',
      },
      { ...quiet, group: 'Output:' },
    ],
    epilogue: `
  fix-sans runs --kubeconfig admin.conf --user ops

Exit codes: 0 each came to its end, 2 one did not, 3 some nodes could not be read, 75 no node answered.
Nothing is changed.`,
    load: async () => (await import('./runs.ts')).runs,
  },
  {
    name: 'show',
    usage: '<plan.json>',
    summary: 'print a plan that was written with plan --out',
    options: [
      {
        flags: '-f, --format <format>',
        about: 'how to print it',
        choices: ['text', 'json', 'markdown', 'html'],
        fallback: 'text',
      },
    ],
    epilogue: `
A file that was changed, cut off or written by another version is refused (exit 7); what is no plan is a mistake (64).
Nothing is contacted.`,
    load: async () => (await import('./show.ts')).showPlan,
  },
  {
    name: 'verify',
    usage: '',
    summary:
      'prove by handshakes from here, from each node and from a pod that every name is served, whoever made the change',
    options: [
      ...nodeOptions,
      ...reachOptions,
      wishOption,
      ...verifyOptions,
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
      { ...quiet, group: 'Output:' },
      { flags: '--show-commands', about: 'print every script that would be run on a node, and stop' },
    ],
    epilogue: `
  fix-sans verify --node ops@10.0.0.11 --node ops@10.0.0.12 --san api.example.com
  fix-sans verify --kubeconfig admin.conf --user ops --workers --plan plan.json --wait 5m
  fix-sans verify --walk --pod metallb-system/controller-7d9f4 --kubeconfig admin.conf --user ops --workers

A pod's network is entered from its node; no file of the pod is opened and nothing is started in it.
Exit codes: 0 all holds, 2 a name is missing somewhere, 3 something was not proven, 8 another link is broken,
4 a login or host key was refused, 7 the plan file is refused, 75 no node answered.
Nothing is changed.`,
    load: async () => (await import('./verify.ts')).verify,
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
