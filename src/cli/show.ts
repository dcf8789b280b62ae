/** `fix-sans show`: prints a plan that was written with `plan --out`, in any format; nothing is contacted. */
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { UserError } from '../model/user-error.ts';
import type { Invocation } from './command.ts';
import type { Io } from './io.ts';
import { show } from './plan.ts';
import { planHint, planIn } from './read-plan.ts';

export async function showPlan({ args, options }: Invocation, io: Io): Promise<ExitCode> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) throw new UserError('show takes one plan file', planHint);
  const plan = await planIn(file, display(file), io);
  if (typeof plan === 'number') return plan;
  show(plan, options, io);
  return exitCodes.ok.code;
}
