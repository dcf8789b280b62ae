/** `apply --dry-run`: what `apply` would do with the same options, saved plan and all, and what speaks against it. Writes nothing but reports. */
import type { ExitCode } from '../model/exit-code.ts';
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import { emptyRemovals } from '../plan/removals.ts';
import { planReports } from '../report/index.ts';
import { decide, savedPlan, unendedIn, wishesOf } from './apply-plan.ts';
import { checkSigned, signedIn } from './apply-signed.ts';
import { asCalled, programName } from './called.ts';
import type { Invocation } from './command.ts';
import { readCluster } from './facts.ts';
import type { Io } from './io.ts';
import { isSet, textOf, textsOf } from './option-values.ts';
import { show } from './plan.ts';
import { earlyAsk } from './plan-ask.ts';
import { readReportFiles, writeReport } from './report-files.ts';
import { checkOnly } from './run-refusals.ts';
import { runSettings } from './run-settings.ts';
import { withoutCluster } from './text-alone.ts';

export async function dryRun({ options }: Invocation, io: Io): Promise<ExitCode> {
  await runSettings(options, io);
  if (options['csrDir'] !== undefined)
    throw new UserError(
      '--dry-run and --csr-dir do not go together: where the requests are written, nothing is signed and nothing is changed on any node',
      'leave --dry-run out',
    );
  const files = await readReportFiles(textsOf(options, 'report'), Object.keys(planReports));
  const saved = await savedPlan(options, io);
  if (typeof saved === 'number') return saved;
  const signed = await signedIn(options);
  const early = await earlyAsk(options, io);
  const alone = withoutCluster(early, options, io);
  if (alone !== undefined) return alone;
  const cluster = await readCluster(options, io, { wishes: wishesOf(saved, early), dialsWishes: true });
  checkSigned(signed, cluster.facts, textsOf(options, 'signedCert'));
  const { plan, beyondPlan, exitCode } = decide(cluster.facts, { saved, early, cluster, signed });
  const only = textOf(options, 'only');
  if (only !== undefined) checkOnly(plan, only);
  const say = (line: string): void => {
    if (!isSet(options, 'quiet')) io.stderr.write(`fix-sans: ${asCalled(line, io.called ?? programName)}\n`);
  };
  for (const one of emptyRemovals(plan, early.removals)) say(display(one, 400));
  show(plan, io, { options, from: 'plan' });
  for (const { format, path: file } of files) {
    await writeReport(file, planReports[format]?.(plan, { colour: false, width: 100 }) ?? '', {
      isForAll: format === 'prometheus',
    });
    say(`wrote ${display(file)}`);
  }
  // Whether it would be refused is the answer that was asked for.
  for (const one of beyondPlan) io.stderr.write(`fix-sans: it would be refused: ${display(one, 1000)}\n`);
  for (const { node, run } of unendedIn(cluster.facts))
    say(`the run ${display(run, 80)} on ${display(node, 80)} did not come to its end: apply ends it first`);
  if (only !== undefined) {
    const later = plan.nodes.filter(({ node, action }) => node !== only && action !== 'nothing');
    if (later.length > 0)
      say(`--only: left for later: ${later.map(({ node }) => display(node, 80)).join(', ')}`);
  }
  say('nothing was changed: this was a dry run');
  return exitCode;
}
