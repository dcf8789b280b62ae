/** Parses the arguments, runs the one command that was asked for, and turns every user mistake into one sentence and a hint. */
import { CommanderError } from 'commander';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { UserError } from '../model/user-error.ts';
import type { Io } from './io.ts';
import { type Asked, buildProgram } from './program.ts';

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const asked = parse(argv, io);
    if (typeof asked === 'number') return asked;
    const command = await asked.command.load();
    return await command(asked.invocation, io);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return complain(io, error.message, error.hint);
  }
}

function parse(argv: readonly string[], io: Io): Asked | ExitCode {
  let asked: Asked | undefined;
  let complaint = '';
  const program = buildProgram((what) => {
    asked = what;
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => {
        complaint += text;
      },
    });
  }
  if (argv.length === 0) {
    io.stderr.write(program.helpInformation());
    return exitCodes.usage.code;
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok.code;
    return complain(io, ...sentenceAndHint(complaint || error.message));
  }
  return asked ?? exitCodes.usage.code;
}

/** commander says `error: unknown option '--fromat'\n(Did you mean --format?)`. */
function sentenceAndHint(complaint: string): [string, string] {
  const [sentence = '', suggestion = ''] = complaint.trim().split('\n');
  const meant = /\((.*)\)/.exec(suggestion)?.[1];
  return [sentence.replace(/^error: /, '').replace(/\.$/, ''), meant ?? 'see fix-sans --help'];
}

function complain(io: Io, sentence: string, hint: string): ExitCode {
  io.stderr.write(`fix-sans: ${display(sentence)}\n          ${display(hint)}\n`);
  return exitCodes.usage.code;
}
