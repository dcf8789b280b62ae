/** Runs the command line in this process, with streams of the test's own. */
import { Readable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Given {
  readonly stdin?: string | Uint8Array;
  /** stdin, stdout and stderr are a terminal. */
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly columns?: number;
  readonly openNode?: Io['openNode'];
  readonly openRehearser?: Io['openRehearser'];
  readonly openChanger?: Io['openChanger'];
  readonly stop?: Io['stop'];
  readonly called?: string;
  readonly now?: Io['now'];
}

export async function runCli(
  argv: readonly string[],
  {
    stdin,
    terminal = false,
    env = {},
    columns,
    openNode,
    openRehearser,
    openChanger,
    stop,
    called,
    now,
  }: Given = {},
): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  const input = Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)]);
  const code = await run(argv, {
    stdin: Object.assign(input, { isTTY: terminal }),
    stdout: { isTTY: terminal, ...(columns && { columns }), write: (text) => (stdout += text) },
    stderr: { isTTY: terminal, ...(columns && { columns }), write: (text) => (stderr += text) },
    env,
    ...(openNode && { openNode }),
    ...(openRehearser && { openRehearser }),
    ...(openChanger && { openChanger }),
    ...(stop && { stop }),
    ...(called !== undefined && { called }),
    ...(now && { now }),
  });
  return { code, stdout, stderr };
}
