/** `fix-sans explain`: reads the text that was given, wherever it is, and prints the diagnosis. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { startDecoding } from '../explain/decode.ts';
import { startDiagnosis } from '../explain/diagnose.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import { explainReports } from '../report/index.ts';
import { asCalled, programName } from './called.ts';
import type { Invocation } from './command.ts';
import { type Io, wantsColour, widthOf } from './io.ts';

const hint =
  'give the error as text, name a file, or pipe a log into it: kubectl get nodes 2>&1 | fix-sans explain';

export async function explain({ args, options }: Invocation, io: Io): Promise<Diagnosis['exitCode']> {
  const report = explainReports[String(options['format'])];
  if (!report)
    throw new UserError(`unknown format ${String(options['format'])}`, 'see fix-sans explain --help');
  const sources = await sourcesOf(args, io);
  const talk = options['quiet'] !== true && sources.includes(io.stdin) && io.stdin.isTTY === true;
  if (talk) io.stderr.write('fix-sans: paste the text and end it with Ctrl-D\n');
  const diagnosis = withCalled(await readDiagnosis(sources), io.called);
  io.stdout.write(
    report(diagnosis, { colour: wantsColour(io.stdout, io.env), width: widthOf(io.stdout, io.env) }),
  );
  return diagnosis.exitCode;
}

function withCalled(diagnosis: Diagnosis, called = programName): Diagnosis {
  const next = diagnosis.next.map((one) => ({ ...one, command: asCalled(one.command, called) }));
  return { ...diagnosis, next };
}

type Source = string | Readable;

/** Words that are no files are one text, as when somebody forgot the quotes. */
async function sourcesOf(args: readonly string[], io: Io): Promise<Source[]> {
  if (args.length === 0) {
    if (io.stdin.isTTY === true) throw new UserError('there is nothing to explain', hint);
    return [io.stdin];
  }
  const sources: Source[] = [];
  const words: string[] = [];
  for (const arg of args) {
    const source = arg === '-' ? io.stdin : await fileOf(arg, args.length === 1 || sources.length > 0);
    if (source === undefined) words.push(arg);
    else sources.push(source);
  }
  const text = words.join(' ');
  return text === '' ? sources : [...sources, text];
}

async function fileOf(arg: string, isAlone: boolean): Promise<Readable | undefined> {
  try {
    const found = await stat(arg);
    if (!found.isDirectory()) return createReadStream(arg);
    if (isAlone) throw new UserError(`${display(arg)} is a folder`, hint);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // A name with a slash or a log's ending, and nothing else in it, was meant as a file; so is one beside other files.
    if (isAlone && /^\S*(?:\/\S*|\.(?:log|txt|out|err|json|pem|crt))$/.test(arg) && !arg.includes('://')) {
      throw new UserError(`cannot read the file ${display(arg)}`, hint);
    }
  }
  return undefined;
}

export async function readDiagnosis(sources: readonly Source[]): Promise<Diagnosis> {
  const diagnoser = startDiagnosis();
  let isEmpty = true;
  for (const source of sources) {
    if (typeof source === 'string') {
      if (source.trim() !== '') isEmpty = false;
      diagnoser.push(`${source}\n`);
      continue;
    }
    const decoder = startDecoding();
    try {
      for await (const chunk of source) {
        const piece = decoder.push(chunk as Uint8Array);
        if (isEmpty && piece.trim() !== '') isEmpty = false;
        diagnoser.push(piece);
      }
    } catch (error) {
      throw new UserError(`cannot read the text: ${(error as Error).message}`, hint);
    }
    diagnoser.push(`${decoder.end()}\n`);
  }
  if (isEmpty) throw new UserError('the text is empty', hint);
  return diagnoser.end();
}
