/** What a command is: its place in help and parsing, and how to load what it does. */
import type { ExitCode } from '../model/exit-code.ts';
import type { Io } from './io.ts';

export interface Option {
  readonly flags: string;
  readonly about: string;
  readonly choices?: readonly string[];
  readonly fallback?: string;
  /** Given more than once, all count. */
  readonly repeats?: true;
  /** Heading in the help. */
  readonly group?: string;
}

export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Invocation {
  readonly args: readonly string[];
  readonly options: Options;
}

export type Run = (invocation: Invocation, io: Io) => Promise<ExitCode>;

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly Option[];
  readonly epilogue: string;
  readonly load: () => Promise<Run>;
}
