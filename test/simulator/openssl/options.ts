/** The options of a command of the stand-in for openssl: those that scripts on a node use, and no others. */
import { Complaint } from './complaint.ts';

export interface Options {
  readonly flags: ReadonlySet<string>;
  /** The last of each, as openssl takes them. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Of -addext, which may be said more than once. */
  readonly extensions: readonly string[];
}

/** The words are names of options; those with `=` take the next argument, whatever it is. */
export function readOptions(command: string, known: string, args: readonly string[]): Options {
  const names = new Set(known.split(' '));
  const flags = new Set<string>();
  const values: Record<string, string> = {};
  const extensions: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (names.has(arg)) flags.add(arg);
    else if (names.has(`${arg}=`)) {
      const value = rest.shift();
      if (value === undefined) throw new Complaint(`${command}: Option ${arg} needs a value`);
      if (arg === '-addext') extensions.push(value);
      else values[arg] = value;
    } else throw new Complaint(`the simulated openssl ${command} knows only ${known}, not ${arg}`);
  }
  return { flags, values, extensions };
}
