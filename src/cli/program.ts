/** Builds the command line out of the table of commands. */
import { Command as Program, Option as Flag } from 'commander';
import { programName } from './called.ts';
import type { Command, Invocation } from './command.ts';
import { commands } from './commands.ts';
import { version } from './version.ts';

/** What was asked for: set by the parser, run by whoever parsed. */
export interface Asked {
  readonly command: Command;
  readonly invocation: Invocation;
}

export function buildProgram(
  called: string = programName,
  asked: (what: Asked) => void = () => undefined,
): Program {
  const program = new Program(called)
    .description(
      'Finds names missing from the kube-apiserver certificate of kubeadm and kubespray clusters, and says why.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', '\nExit codes: fix-sans help exit-codes')
    .showSuggestionAfterError();
  for (const command of commands) program.addCommand(build(command, asked));
  return program;
}

function build(command: Command, asked: (what: Asked) => void): Program {
  const built = new Program(command.name)
    .summary(command.summary)
    .description(command.summary)
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .addHelpText('after', command.epilogue);
  if (command.usage !== '') built.argument(command.usage);
  for (const { flags, about, choices, fallback, repeats, group } of command.options) {
    const flag = new Flag(flags, about);
    if (choices) flag.choices(choices);
    if (fallback !== undefined) flag.default(fallback);
    if (repeats)
      flag.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
    if (group !== undefined) flag.helpGroup(group);
    built.addOption(flag);
  }
  return built.action((given: readonly string[] | string | undefined) => {
    const args = typeof given === 'string' ? [given] : (given ?? []);
    asked({ command, invocation: { args, options: built.opts() } });
  });
}
