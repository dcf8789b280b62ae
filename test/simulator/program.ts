/** What a stand-in for a node's program is asked, be it a process of its own or a question to the simulator's process. */
import { buffer } from 'node:stream/consumers';
import { root } from './inside.ts';

export interface Asked {
  readonly args: readonly string[];
  /** What is `/` for it; undefined on this machine itself. */
  readonly root: string | undefined;
  /** Where it was started. */
  readonly folder: string;
  /** Of its environment. */
  readonly kubeconfig: string | undefined;
  readonly stdin: () => Promise<Buffer>;
  readonly say: (text: string | Uint8Array) => void;
  readonly complain: (text: string) => void;
}

/** Ends with the exit code. */
export type Program = (asked: Asked) => Promise<number>;

/** As this very process. */
export async function runHere(program: Program): Promise<void> {
  let isRead = false;
  process.exitCode = await program({
    args: process.argv.slice(2),
    root,
    folder: process.cwd(),
    kubeconfig: process.env['KUBECONFIG'],
    stdin: async () => {
      isRead = true;
      return buffer(process.stdin);
    },
    say: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
  });
  // Nobody has to end it.
  if (isRead) process.stdin.destroy();
}
