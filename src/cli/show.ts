/** `fix-sans show`: prints a plan that was written with `plan --out`, in any format; nothing is contacted. */
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { UserError } from '../model/user-error.ts';
import { stalenessOf } from '../plan/plan-age.ts';
import type { Invocation } from './command.ts';
import type { Io } from './io.ts';
import { ageOf } from './option-values.ts';
import { planHint, planIn } from './plan-file-in.ts';
import { show } from './plan.ts';

export async function showPlan({ args, options }: Invocation, io: Io): Promise<ExitCode> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) throw new UserError('show takes one plan file', planHint);
  const mostAgeMs = ageOf(options, 'maxAge', '--max-age');
  const plan = await planIn(file, io);
  if (typeof plan === 'number') return plan;
  const stale = stalenessOf(plan, io.now?.() ?? new Date(), mostAgeMs);
  if (stale !== undefined)
    io.stderr.write(
      `fix-sans: do not act on ${display(file)} as it is: ${stale.detail}\n          ${stale.remedy}\n`,
    );
  show(plan, io, { options, from: 'show' });
  return exitCodes.ok.code;
}
