/** Reads a plan file that somebody named: bounded, no pipe, and with a word where others may have written it. */
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { readTextFile } from '../nodes/read-file.ts';
import { readPlan } from '../plan/plan-file.ts';
import { asCalled, programName } from './called.ts';
import type { Io } from './io.ts';

export const planHint = 'plans are written by fix-sans plan --out plan.json';

/** That of a thousand nodes with forty names has some ten million. */
const largest = 64 * 1024 * 1024;

/** The exit code where it is refused, which is said by then. `flag`: by which it was named, if by any. */
export async function planIn(file: string, io: Io, flag = ''): Promise<Plan | ExitCode> {
  const { text, mode, owner } = await readTextFile(file, { what: 'the plan', hint: planHint, largest });
  // What it says is run by people.
  const own = process.getuid?.() ?? owner;
  const isOfOther = owner !== own && owner !== 0;
  const what = `${flag}${display(file)}`;
  if (isOfOther || (mode & 0o022) !== 0)
    io.stderr.write(
      `fix-sans: ${isOfOther ? `${what} belongs to another user` : `others than its owner may write ${what}`}: look at its commands before you run one\n`,
    );
  const reading = readPlan(text);
  if (reading.ok) return reading.plan;
  const sentence = `${what} is refused: ${display(reading.detail)}`;
  if (reading.exitCode === exitCodes.usage.code) throw new UserError(sentence, planHint);
  io.stderr.write(`fix-sans: ${sentence}\n          ${asCalled(planHint, io.called ?? programName)}\n`);
  return reading.exitCode;
}
