/** The table of commands: everything that help, completion and parsing know; what a command does is loaded only when it runs. */
import { type ExitUser, exitUsesOf } from '../model/exit-uses.ts';
import type { Command } from './command.ts';
import { applyOptions, rollbackOptions, runOptions } from './apply-options.ts';
import { planOptions } from './plan-options.ts';
import { verifyOptions } from './verify-options.ts';
import { nodeOptions, outputOptions, quiet, reachOptions, runOutput, wishOption } from './shared-options.ts';
import { topicNames } from './topic-names.ts';

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

${codesOf('explain')}
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
  fix-sans inspect --endpoint 203.0.113.10:6443        # no SSH at all

${codesOf('inspect')}
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

${codesOf('plan')}
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
${codesOf('apply')}`,
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'rollback',
    usage: '[run]',
    summary:
      'put the certificates back as they were before a run: the last one that was done, or the one that is named',
    options: [...nodeOptions, ...reachOptions, ...rollbackOptions, ...runOptions, ...runOutput],
    epilogue: `
  fix-sans rollback --node ops@10.0.0.11 --node ops@10.0.0.12 --node ops@10.0.0.13
  fix-sans rollback 20261121T135200Z-1a2b3c4d --kubeconfig admin.conf --user ops --yes --report html=back.html

Without a name it is a run that did not come to its end, else the last that was done; asked for a second time it takes back no more.
A pair that is neither that run's nor the one before it is left alone, and an old certificate that nobody would take is not put back. kubeadm-config is put back only where it is what that run wrote.
${codesOf('rollback')}`,
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

${codesOf('runs')}
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
      {
        flags: '--max-age <time>',
        about: 'warn where the plan is older: 90m, 24h, 7d',
        fallback: '24h',
      },
    ],
    epilogue: `
${codesOf('show')}
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
  fix-sans verify --node ops@10.0.0.11 --probe-image registry.k8s.io/pause:3.10

A pod's network is entered from its node; no file of the pod is opened and nothing is started in it.
--probe-image: a node without a pod to look from gets one in kube-system, made by the kubectl of a control plane and deleted
in the end, also after Ctrl-C. It has no rights but the default ServiceAccount's, and kubelet ends it if we cannot. The image
is pulled only where the node lacks it; its process has to stay, as that of the pause image does, which kubeadm's nodes have.
${codesOf('verify')}
Nothing else is changed.`,
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    name: 'help',
    usage: '[topic]',
    summary: `help on a command, or on a topic: ${topicNames.join(', ')}`,
    options: [],
    epilogue: '',
    load: async () => (await import('./help.ts')).help,
  },
  {
    name: 'completion',
    usage: '<shell>',
    summary: 'print what bash, zsh or fish need to complete commands, flags and their choices',
    options: [],
    epilogue: `
  source <(fix-sans completion bash)                                             in ~/.bashrc
  source <(fix-sans completion zsh)                                              in ~/.zshrc, behind compinit
  fix-sans completion fish > ~/.config/fish/completions/fix-sans.fish

Nothing is contacted and nothing is changed.`,
    load: async () => (await import('./completion.ts')).completion,
  },
];

function codesOf(command: ExitUser): string {
  const lines = exitUsesOf(command).map(({ code, meaning }) => `  ${String(code).padStart(2)}  ${meaning}\n`);
  return `Exit codes:\n${lines.join('')}`;
}
