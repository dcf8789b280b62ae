/** The command line of the stand-in for kubectl: the few flags that scripts on a node use, in any order. */
import { Complaint } from './complaint.ts';

export interface CommandLine {
  readonly verb: 'get' | 'create' | 'replace' | 'delete' | 'version';
  readonly raw: string;
  readonly file: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly server: string | undefined;
  readonly tlsServerName: string | undefined;
  readonly certificateAuthority: string | undefined;
  readonly timeoutMs: number | undefined;
}

const valued: ReadonlySet<string> = new Set([
  'raw',
  'filename',
  'kubeconfig',
  'server',
  'tls-server-name',
  'certificate-authority',
  'request-timeout',
  'context',
  'output',
]);
const short: Readonly<Record<string, string>> = { '-s': '--server', '-f': '--filename', '-o': '--output' };

export function readCommandLine(args: readonly string[]): CommandLine {
  const flags = new Map<string, string>();
  const words: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(short[arg] ?? arg) ?? [];
    if (name === undefined) words.push(arg);
    else if (name === 'client') flags.set(name, inline ?? 'true');
    else if (valued.has(name)) {
      const value = inline ?? rest.shift();
      if (value === undefined) throw new Complaint(`error: flag needs an argument: --${name}`);
      flags.set(name, value);
    } else throw new Complaint(`error: unknown flag: --${name}`);
  }
  const [verb, ...more] = words;
  const raw = flags.get('raw');
  const isKnown = verb === 'version' ? flags.has('client') : raw !== undefined;
  if (!isVerb(verb) || more.length > 0 || !isKnown) {
    throw new Complaint(
      'error: the simulated kubectl knows only "get --raw", "create --raw", "replace --raw", "delete --raw" and "version --client"',
    );
  }
  return {
    verb,
    raw: raw ?? '',
    file: flags.get('filename'),
    kubeconfig: flags.get('kubeconfig'),
    server: flags.get('server'),
    tlsServerName: flags.get('tls-server-name'),
    certificateAuthority: flags.get('certificate-authority'),
    timeoutMs: millisecondsOf(flags.get('request-timeout')),
  };
}

const verbs: ReadonlySet<string> = new Set(['get', 'create', 'replace', 'delete', 'version']);

function isVerb(word: string | undefined): word is CommandLine['verb'] {
  return word !== undefined && verbs.has(word);
}

/** `5s`, `1m`, or a number of seconds; 0 is for ever. */
function millisecondsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const [, number, unit = 's'] = /^(\d+)(ms|s|m)?$/.exec(given) ?? [];
  if (number === undefined) {
    throw new Complaint(
      `error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)`,
    );
  }
  const milliseconds = Number(number) * ({ ms: 1, s: 1000, m: 60_000 }[unit] ?? 1000);
  return milliseconds === 0 ? undefined : milliseconds;
}
