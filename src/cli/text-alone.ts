/** `plan` and `apply` where the pasted text alone gives the answer: it is not about the certificate, or nobody understands it. */
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { explainReports } from '../report/index.ts';
import type { Options } from './command.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { textOf, textsOf } from './option-values.ts';
import type { EarlyAsk } from './plan-ask.ts';

/**
 * Where the error is not about the certificate and no cluster was named, the text alone gives the answer. A text that is not understood
 * is one with a cluster too: "nothing to do" would be said of an error that nobody has read.
 */
export function withoutCluster(
  { diagnosis, names }: EarlyAsk,
  options: Options,
  io: Io,
): ExitCode | undefined {
  if (diagnosis === undefined || diagnosis.exitCode === exitCodes.changesNeeded.code) return undefined;
  const isUnknown = diagnosis.exitCode === exitCodes.failed.code;
  const sources = ['node', 'kubeconfig', 'inventory', 'config', 'endpoint'];
  const isCluster = sources.some((one) => options[one] !== undefined && textsOf(options, one).length > 0);
  // Names of a flag are asked for whatever the text says.
  if (!isUnknown && (isCluster || names.some(({ from }) => from === 'flag'))) return undefined;
  const format = textOf(options, 'format') ?? 'text';
  const report = explainReports[format] ?? explainReports['text'];
  io.stdout.write(
    report?.(diagnosis, { colour: wantsColour(io.stdout, io.env), width: widthOf(io.stdout, io.env) }) ?? '',
  );
  return diagnosis.exitCode;
}
