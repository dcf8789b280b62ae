/** `fix-sans show`: prints a plan that was written with `plan --out`, in any format; nothing is contacted. */
import { readFile, stat } from 'node:fs/promises';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { UserError } from '../model/user-error.ts';
import { readPlan } from '../plan/plan-file.ts';
import type { Invocation } from './command.ts';
import type { Io } from './io.ts';
import { show } from './plan.ts';

const hint = 'plans are written by fix-sans plan --out plan.json';

export async function showPlan({ args, options }: Invocation, io: Io): Promise<ExitCode> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) throw new UserError('show takes one plan file', hint);
  const text = await planText(file, io);
  const reading = readPlan(text);
  if (!reading.ok) {
    if (reading.exitCode === exitCodes.usage.code)
      throw new UserError(`${display(file)} is refused: ${reading.detail}`, hint);
    io.stderr.write(`fix-sans: ${display(file)} is refused: ${display(reading.detail)}\n          ${hint}\n`);
    return reading.exitCode;
  }
  show(reading.plan, options, io);
  return exitCodes.ok.code;
}

/** A pipe or a device may have no end; what others may write may say anything, and what it says is run by people. */
export async function planText(file: string, io: Io): Promise<string> {
  const refuse = (error: NodeJS.ErrnoException): never => {
    const why = error.code === 'ENOENT' ? 'it is not there' : error.message;
    throw new UserError(`cannot read ${display(file)}: ${why}`, hint);
  };
  const found = await stat(file).catch(refuse);
  if (!found.isFile()) throw new UserError(`${display(file)} is no file`, hint);
  if ((found.mode & 0o022) !== 0)
    io.stderr.write(
      `fix-sans: others than its owner may write ${display(file)}: look at its commands before you run one\n`,
    );
  return readFile(file, 'utf8').catch(refuse);
}
