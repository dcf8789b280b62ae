/** `fix-sans inspect`: reads the cluster and says what is there, why, and what is wrong. Nothing is changed. */
import { diagnoseCluster } from '../diagnose/diagnose-cluster.ts';
import type { ExitCode } from '../model/exit-code.ts';
import { exitCodes } from '../model/exit-code.ts';
import type { Inspection } from '../model/inspection.ts';
import { inspectReports } from '../report/index.ts';
import { asCalled, programName } from './called.ts';
import type { Invocation, Options } from './command.ts';
import { readFacts } from './facts.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { isSet, textOf, textsOf } from './option-values.ts';
import { readReportFiles, writeReports } from './report-files.ts';
import { stepsTyped, typedBy } from './same-options.ts';

export async function inspect({ options }: Invocation, io: Io): Promise<ExitCode> {
  const called = io.called ?? programName;
  if (isSet(options, 'showCommands')) return show(io, (await import('./show-commands.ts')).shownCommands());
  if (isSet(options, 'printHelper')) {
    const { printedHelper } = await import('./show-commands.ts');
    return show(io, printedHelper(textOf(options, 'user') ?? 'fix-sans', called));
  }
  const files = await readReportFiles(textsOf(options, 'report'), Object.keys(inspectReports));
  const inspection = withCalled(diagnoseCluster(await readFacts(options, io)), options, io);
  const look = { colour: wantsColour(io.stdout, io.env), width: widthOf(io.stdout, io.env) };
  const format = textOf(options, 'format') ?? 'text';
  io.stdout.write(inspectReports[format]?.(inspection, look) ?? '');
  const texts = files.map((file) => ({
    ...file,
    text: inspectReports[file.format]?.(inspection, { colour: false, width: 100 }) ?? '',
  }));
  const isWritten = await writeReports(texts, io, isSet(options, 'quiet'));
  // What was found is not hidden behind a full disk; only "all is well" is not said where something was not done.
  return isWritten || inspection.exitCode !== exitCodes.ok.code ? inspection.exitCode : exitCodes.failed.code;
}

/** What to type next, and the hint of a node that could not be read. */
function withCalled(inspection: Inspection, options: Options, io: Io): Inspection {
  const { called = programName } = io;
  return {
    ...inspection,
    next: stepsTyped(inspection.next, called, typedBy(options, 'inspect', io)),
    findings: inspection.findings.map((one) =>
      one.code === 'not-read'
        ? { ...one, args: { ...one.args, hint: asCalled(one.args.hint, called) } }
        : one,
    ),
  };
}

function show(io: Io, text: string): ExitCode {
  io.stdout.write(text);
  return exitCodes.ok.code;
}
