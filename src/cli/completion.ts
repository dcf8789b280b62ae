/** `completion SHELL`: what a shell needs to complete our commands, flags and choices, made of the table of commands. */
import { UserError } from '../model/user-error.ts';
import { asCalled, programName } from './called.ts';
import type { Command, Invocation, Option } from './command.ts';
import { commands } from './commands.ts';
import { completionOf } from './completion-scripts.ts';
import type { Io } from './io.ts';
import { topicNames } from './topic-names.ts';

export async function completion({ args }: Invocation, io: Io): Promise<0> {
  const [shell = ''] = args;
  const script = completionOf(shell, completionTable());
  if (script === undefined)
    throw new UserError(
      `there is no completion for ${JSON.stringify(shell)}`,
      `name one of bash, zsh, fish: fix-sans completion bash`,
    );
  io.stdout.write(asCalled(script, io.called ?? programName));
  return 0;
}

/** What may follow a flag, or a command. */
export type Follows = 'nothing' | 'file' | 'folder' | 'text' | readonly string[];

export interface CompletedFlag {
  /** `-f`, `--format` */
  readonly names: readonly string[];
  readonly about: string;
  readonly follows: Follows;
  readonly repeats: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  readonly follows: Follows;
}

const files: ReadonlySet<string> = new Set(['file', 'program', 'path', 'format=file']);

export function completionTable(): readonly CompletedCommand[] {
  return commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    flags: [...command.options.map(flagOf), helpFlag],
    follows: followsCommand(command),
  }));
}

const helpFlag: CompletedFlag = {
  names: ['-h', '--help'],
  about: 'print this help',
  follows: 'nothing',
  repeats: false,
};

function flagOf({ flags, about, choices, repeats }: Option): CompletedFlag {
  const [, value] = /<([^>]+)>/.exec(flags) ?? [];
  const names = flags.replace(/ <.*/, '').split(/, */);
  return { names, about, follows: choices ?? followsValue(value), repeats: repeats === true };
}

function followsValue(value: string | undefined): Follows {
  if (value === undefined) return 'nothing';
  if (value === 'folder') return 'folder';
  return files.has(value) ? 'file' : 'text';
}

function followsCommand({ name, usage }: Command): Follows {
  if (name === 'help') return [...topicNames, ...commands.map((one) => one.name)];
  if (name === 'completion') return ['bash', 'zsh', 'fish'];
  if (usage === '') return 'nothing';
  return /what|plan\.json/.test(usage) ? 'file' : 'text';
}
