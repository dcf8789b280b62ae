/** The command line of the stand-in for kubectl: the few flags that scripts on a node use, in any order. */
import { Complaint } from './complaint.ts';

export interface CommandLine {
  readonly verb: 'get' | 'create' | 'patch' | 'replace' | 'delete' | 'version';
  /** The path that is asked for: by --raw, or of the one ConfigMap that is named. */
  readonly raw: string;
  /** `{.data.ClusterConfiguration}` */
  readonly field: string | undefined;
  readonly patch: string | undefined;
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
  'namespace',
  'type',
  'patch',
]);
const short: Readonly<Record<string, string>> = {
  '-s': '--server',
  '-f': '--filename',
  '-o': '--output',
  '-n': '--namespace',
  '-p': '--patch',
};

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
  const map = configMapOf(words, flags);
  const raw = flags.get('raw') ?? map;
  const isKnown = verb === 'version' ? flags.has('client') : raw !== undefined;
  if (!isVerb(verb) || (map === undefined && more.length > 0) || !isKnown) {
    throw new Complaint(
      'error: the simulated kubectl knows only "get --raw", "create --raw", "replace --raw", "delete --raw", "version --client", "get configmap NAME -o jsonpath={.data.KEY}" and "patch configmap NAME --type=json"',
    );
  }
  return {
    verb,
    raw: raw ?? '',
    field: /^jsonpath=\{\.data\.(\w+)\}$/.exec(flags.get('output') ?? '')?.[1],
    patch: flags.get('patch'),
    file: flags.get('filename'),
    kubeconfig: flags.get('kubeconfig'),
    server: flags.get('server'),
    tlsServerName: flags.get('tls-server-name'),
    certificateAuthority: flags.get('certificate-authority'),
    timeoutMs: millisecondsOf(flags.get('request-timeout')),
  };
}

/** `get configmap NAME -o jsonpath=…`, `patch configmap NAME --type=json -p …` */
function configMapOf(words: readonly string[], flags: ReadonlyMap<string, string>): string | undefined {
  const [verb, kind, name, ...more] = words;
  if ((kind !== 'configmap' && kind !== 'cm') || name === undefined || more.length > 0) return undefined;
  const isGet = verb === 'get' && /^jsonpath=\{\.data\.\w+\}$/.test(flags.get('output') ?? '');
  const isPatch = verb === 'patch' && flags.get('type') === 'json' && flags.has('patch');
  if (!isGet && !isPatch) return undefined;
  return `/api/v1/namespaces/${flags.get('namespace') ?? 'default'}/configmaps/${name}`;
}

const verbs: ReadonlySet<string> = new Set(['get', 'create', 'patch', 'replace', 'delete', 'version']);

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
