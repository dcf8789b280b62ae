/** `help TOPIC`: what is worth a page of its own. */
import { exitCodes } from '../model/exit-code.ts';
import { type ExitUser, exitUses, exitUsesOf } from '../model/exit-uses.ts';
import { UserError } from '../model/user-error.ts';
import { asCalled, programName } from './called.ts';
import type { Invocation } from './command.ts';
import { commands } from './commands.ts';
import type { Io } from './io.ts';
import { byHandPage } from './help-by-hand.ts';
import { configPage } from './help-config.ts';
import { environmentPage } from './help-environment.ts';
import { buildProgram } from './program.ts';
import { type TopicName, topicNames } from './topic-names.ts';

const topics: Readonly<Record<TopicName, () => string>> = {
  'by-hand': () => byHandPage,
  config: configPage,
  environment: environmentPage,
  'exit-codes': exitCodesPage,
};

export async function help({ args }: Invocation, io: Io): Promise<0> {
  const [topic] = args;
  const called = io.called ?? programName;
  io.stdout.write(asCalled(page(topic, called), called));
  return 0;
}

function page(topic: string | undefined, called: string): string {
  const program = buildProgram(called);
  if (topic === undefined) return program.helpInformation();
  const known = topicNames.find((name) => name === topic);
  if (known !== undefined) return topics[known]();
  const command = program.commands.find((one) => one.name() === topic);
  if (command)
    return command.helpInformation() + (commands.find(({ name }) => name === topic)?.epilogue ?? '') + '\n';
  const names = [...topicNames, ...commands.map(({ name }) => name)];
  throw new UserError(`there is no help on ${JSON.stringify(topic)}`, `topics are ${names.join(', ')}`);
}

function exitCodesPage(): string {
  const rows = Object.values(exitCodes).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}\n`,
  );
  const users = (Object.keys(exitUses) as ExitUser[]).map((command) => {
    const uses = exitUsesOf(command).map(
      ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}\n`,
    );
    return `\n${command}\n${uses.join('')}`;
  });
  return `Exit codes

${rows.join('')}
Where several apply, the first of 9, 5, 4, 7, 6, 3, 8, 2, 1, 75, 0 wins; a signal outranks all but 9 and 5.
8 applies only where no name is missing: with one that is, it is 2, whatever else is found, and of
inspect 3 where not all could be read.

What each command means by its own:
${users.join('')}`;
}
