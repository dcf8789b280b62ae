/** Reads a plan file that somebody named: bounded, no pipe, and with a word where others may have written it. */
import { display } from '../model/display.ts';
import type { ExitCode } from '../model/exit-code.ts';
import { exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { readTextFile } from '../nodes/read-file.ts';
import { readPlan } from '../plan/plan-file.ts';
import type { Io } from './io.ts';

export const planHint = 'plans are written by fix-sans plan --out plan.json';

/** That of a thousand nodes with forty names has some ten million. */
const largest = 64 * 1024 * 1024;

/** The plan, or the exit code after having said why it is refused. `said` names it: `--plan plan.json`. */
export async function planIn(file: string, said: string, io: Io): Promise<Plan | ExitCode> {
  const { text, mode, owner } = await readTextFile(file, { what: 'the plan', hint: planHint, largest });
  // What it says is run by people.
  const own = process.getuid?.() ?? owner;
  const isOfOther = owner !== own && owner !== 0;
  if (isOfOther || (mode & 0o022) !== 0)
    io.stderr.write(
      `fix-sans: ${isOfOther ? `${display(file)} belongs to another user` : `others than its owner may write ${display(file)}`}: look at its commands before you run one\n`,
    );
  const reading = readPlan(text);
  if (reading.ok) return reading.plan;
  if (reading.exitCode === exitCodes.usage.code)
    throw new UserError(`${said} is refused: ${reading.detail}`, planHint);
  io.stderr.write(`fix-sans: ${said} is refused: ${display(reading.detail)}\n          ${planHint}\n`);
  return reading.exitCode;
}
