/** Parses the arguments, runs the one command that was asked for, and turns every user mistake into one sentence and a hint. */
import { CommanderError } from 'commander';
import { safeEndpoint } from '../diagnose/shell-safe.ts';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { UserError } from '../model/user-error.ts';
import { readTarget } from '../nodes/target.ts';
import { asCalled, programName } from './called.ts';
import { commands } from './commands.ts';
import type { Io } from './io.ts';
import { type Asked, buildProgram } from './program.ts';

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const asked = parse(argv, io);
    if (typeof asked === 'number') return asked;
    const command = await asked.command.load();
    return await command(asked.invocation, io);
  } catch (error) {
    if (error instanceof UserError) return complain(io, error.message, error.hint);
    if ((error as NodeJS.ErrnoException).syscall !== 'uv_cwd') throw error;
    complain(io, 'the folder that this was started in is no longer there', 'change to one that is there');
    return exitCodes.failed.code;
  }
}

function parse(argv: readonly string[], io: Io): Asked | ExitCode {
  let asked: Asked | undefined;
  let complaint = '';
  const called = io.called ?? programName;
  const program = buildProgram(called, (what) => {
    asked = what;
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(asCalled(text, called)),
      writeErr: (text) => {
        complaint += text;
      },
    });
  }
  if (argv.length === 0) {
    io.stderr.write(asCalled(program.helpInformation(), called));
    return exitCodes.usage.code;
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok.code;
    const owner = program.commands.find(
      ({ args, registeredArguments }) => args.length > registeredArguments.length,
    );
    const stray = owner?.args[owner.registeredArguments.length];
    if (error.code === 'commander.excessArguments' && owner !== undefined && stray !== undefined) {
      const [what] = owner.registeredArguments;
      return complain(
        io,
        ...(what === undefined
          ? strayWords(argv[0] ?? '', stray)
          : oneTooMany(owner.name(), what.name(), stray)),
      );
    }
    return complain(io, ...sentenceAndHint(complaint || error.message, argv));
  }
  return asked ?? exitCodes.usage.code;
}

/** commander says `error: unknown option '--fromat'\n(Did you mean --format?)`. */
function sentenceAndHint(complaint: string, argv: readonly string[]): [string, string] {
  const [sentence = '', suggestion = ''] = complaint.trim().split('\n');
  const meant = /\((.*)\)/.exec(suggestion)?.[1];
  return [
    sentence.replace(/^error: /, '').replace(/\.$/, ''),
    // Closer in spelling to a command than in what was meant.
    argv[0] === 'version' || meant === undefined ? hintFor(argv, sentence.includes('unknown option')) : meant,
  ];
}

/** An argument where only flags are taken: a node or an endpoint without its flag, mostly. */
function strayWords(command: string, stray: string): [string, string] {
  const shown = display(stray, 80);
  const sentence = `${command} takes no arguments, but was given ${shown}`;
  const isEndpoint = /^(?:https?:\/\/.+|[^@/]+:(?:443|6443|8443))$/.test(stray);
  const [flag, what] = isEndpoint ? ['--endpoint', 'an endpoint'] : ['--node', 'a node'];
  const isUsable = isEndpoint ? safeEndpoint(stray) !== undefined : readTarget(stray).ok;
  return isUsable
    ? [
        sentence,
        `each ${what.replace(/^an? /, '')} has a flag of its own: fix-sans ${command} ${flag} ${shown}`,
      ]
    : [sentence, `see fix-sans ${command} --help`];
}

function oneTooMany(command: string, what: string, stray: string): [string, string] {
  const hint =
    command === 'rollback' ? 'one run at a time; fix-sans runs lists them' : `see fix-sans ${command} --help`;
  return [`${command} takes one ${what}, but was given ${display(stray, 80)} too`, hint];
}

/** What most of those meant who typed this. */
function hintFor(argv: readonly string[], isUnknownOption: boolean): string {
  const [first = ''] = argv;
  const isCommand = commands.some(({ name }) => name === first);
  if (first === 'version') return 'fix-sans --version prints it';
  if (!isCommand && /\s/.test(first)) return 'to have a text explained: fix-sans explain "the text"';
  const owner = isCommand ? undefined : ownerOf(first, argv);
  if (owner !== undefined) return `did you mean ${lineOf(owner, argv)}?`;
  if (!isCommand && first.startsWith('-'))
    return 'options of a command come after its name: fix-sans explain --format json …';
  if (argv.some((arg) => /^(?:-o|--json|--output)/.test(arg))) return 'the format is chosen by --format json';
  if (isUnknownOption && first === 'explain' && argv.length > 2)
    return 'quote the text as one argument, put -- before it, or pipe it';
  if (isUnknownOption && first === 'explain' && /^-.*\s/.test(argv[1] ?? ''))
    return 'put -- before a text that starts with a dash, or pipe it';
  return isCommand ? `see fix-sans ${first} --help` : 'see fix-sans --help';
}

/** The command that was meant by a flag: the one that is named behind it, the only one that has it, or the one that only looks. */
function ownerOf(flag: string, argv: readonly string[]): string | undefined {
  const [name = ''] = flag.split('=');
  if (!/^--?[a-z]/i.test(name)) return undefined;
  const owners = commands
    .filter(({ options }) => options.some(({ flags }) => flags.split(/[\s,]+/).includes(name)))
    .map((command) => command.name);
  const named = owners.find((one) => argv.includes(one));
  if (named !== undefined || owners.length === 1) return named ?? owners[0];
  // What all of them have says nothing.
  return owners.includes('explain') ? undefined : owners.find((one) => one === 'inspect');
}

/** The same words behind the command; where one could mean something to a shell, only the first. */
function lineOf(command: string, argv: readonly string[]): string {
  const at = argv.indexOf(command);
  const words = argv.filter((_, index) => index !== at);
  const isPlain = words.length <= 20 && words.every((word) => /^[\w./@:=,+-]{1,200}$/.test(word));
  return `fix-sans ${command} ${isPlain ? words.join(' ') : `${(words[0] ?? '').split('=')[0]} …`}`;
}

function complain(io: Io, sentence: string, hint: string): ExitCode {
  const shown = [sentence, hint].map((text) => asCalled(display(text), io.called ?? programName));
  io.stderr.write(`fix-sans: ${shown.join('\n          ')}\n`);
  return exitCodes.usage.code;
}
