/** What a parser is to the fuzzer: where its inputs start from, and what has to hold for each of them. */
import { isHostile } from '../../src/model/display.ts';
import { UserError } from '../../src/model/user-error.ts';
import { ReachError } from '../../src/reach/transport.ts';

export interface Parser {
  readonly name: string;
  /** Real inputs, which are changed. */
  readonly seeds: readonly (Buffer | string)[];
  /** Words of the format, which are put together at random, and each said until it is a text of its own. */
  readonly pieces: readonly string[];
  /** Throws where something does not hold. */
  readonly read: (bytes: Buffer) => unknown;
  /** How often it reads all of an input, if more than once: as much more time is given. */
  readonly passes?: number;
  /** How many inputs in a thorough run; a tenth of it otherwise. */
  readonly inputs?: number;
  /** Of the texts that are one piece over and over. */
  readonly largest?: number;
}

/** What the program itself throws for what comes from outside. Undefined stands for it. */
export function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    return refusedBy(error);
  }
}

export async function orRefusedLater<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    return refusedBy(error);
  }
}

function refusedBy(error: unknown): undefined {
  if (!(error instanceof UserError) && !(error instanceof ReachError)) throw error;
  const said = error.message;
  // A sentence for a terminal: in it, what came from outside has been made safe.
  if (error instanceof UserError && isHostile(said))
    throw new Error(`not safe to show: ${JSON.stringify(said)}`);
  if (said.length > 20_000) throw new Error(`a message of ${said.length} characters`);
}

/** For what must hold, where `expect` would cost more than the parser. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
