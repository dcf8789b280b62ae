/** Reads a plan file that somebody named: it may be no file at all, and what it says may come from anybody. */
import { readFile, stat } from 'node:fs/promises';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { readPlan } from '../plan/plan-file.ts';
import { asCalled, programName } from './called.ts';
import type { Io } from './io.ts';

export const planHint = 'plans are written by fix-sans plan --out plan.json';

/** The exit code where it is refused, which is said by then. `flag`: by which it was named, if by any. */
export async function planIn(file: string, io: Io, flag = ''): Promise<Plan | ExitCode> {
  const what = `${flag}${display(file)}`;
  const reading = readPlan(await textIn(file, what, io));
  if (reading.ok) return reading.plan;
  const sentence = `${what} is refused: ${display(reading.detail)}`;
  if (reading.exitCode === exitCodes.usage.code) throw new UserError(sentence, planHint);
  io.stderr.write(`fix-sans: ${sentence}\n          ${asCalled(planHint, io.called ?? programName)}\n`);
  return reading.exitCode;
}

/** A pipe or a device may have no end; what others may write may say anything, and what it says is run by people. */
async function textIn(file: string, what: string, io: Io): Promise<string> {
  const refuse = (error: NodeJS.ErrnoException): never => {
    const why = error.code === 'ENOENT' ? 'it is not there' : error.message;
    throw new UserError(`cannot read ${what}: ${why}`, planHint);
  };
  const found = await stat(file).catch(refuse);
  if (!found.isFile()) throw new UserError(`${what} is no file`, planHint);
  if ((found.mode & 0o022) !== 0)
    io.stderr.write(
      `fix-sans: others than its owner may write ${what}: look at its commands before you run one\n`,
    );
  return readFile(file, 'utf8').catch(refuse);
}
