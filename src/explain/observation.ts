/** One message, judged: its cause, the name that was dialled, the endpoint, and who said it. */
import type { CauseCode } from '../model/cause.ts';
import { startsFresh } from './clean-line.ts';
import { clientIn, lastClientIn } from './client.ts';
import { type Endpoint, endpointOfHost, endpointTyped, lastEndpoint } from './endpoint.ts';
import { judge, type Message } from './judge.ts';
import type { Reading } from './reading.ts';
import type { Found } from './scan.ts';

export interface Observation {
  readonly cause: CauseCode;
  /** The dialled name as the text spells it. */
  readonly host?: string;
  /** The names that the certificate holds, where the message lists them. */
  readonly listed?: readonly string[];
  readonly endpoint?: Endpoint;
  readonly client?: string;
  /** openssl says it whenever it is given no CA: it means little by itself. */
  readonly isWeak?: boolean;
}

/** The line that a message stands in, and the text around it. */
export interface Context {
  readonly line: string;
  readonly before: string;
  readonly after: string;
  readonly client: string | undefined;
}

const withoutCa = /verify (?:error:num=|return code: ?)2[01]\b/i;

export function observationOf(found: Found, context: Context): Observation {
  const { line, after } = context;
  // A line with a time of its own belongs to a log: what stands before it is another event, not the command that was typed.
  const before = startsFresh(line) ? '' : context.before;
  const { reading, from, start } = found;
  // A line may hold thousands of messages: each is judged by what stands near it.
  const broken = from === 0 && start < 200 && !startsFresh(line) ? lastLineOf(before) : '';
  const near = broken + line.slice(Math.max(0, start - 1500), reading.end + 500);
  const local = line.slice(Math.max(from, start - 600), reading.end + 200);
  const endpoint = endpointFor(
    reading,
    near,
    broken + line.slice(Math.max(from, start - 1500), start),
    before,
    after,
  );
  const message: Message = { reading, line: near, local, ...(endpoint === undefined ? {} : { endpoint }) };
  const cause = judge(message);
  const host = reading.host ?? (isAboutName(reading) ? endpoint?.host : undefined);
  const client = context.client ?? reading.client ?? clientBefore(before);
  return {
    cause,
    ...(host === undefined ? {} : { host }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(reading.listed === undefined ? {} : { listed: reading.listed }),
    ...(client === undefined ? {} : { client }),
    ...(withoutCa.test(local) && reading.says === 'untrusted-ca' ? { isWeak: true } : {}),
  };
}

function isAboutName({ says }: Reading): boolean {
  return says === 'name-mismatch' || says === 'legacy-common-name';
}

/** A command typed right before the message names its client: `$ curl https://…`. */
function clientBefore(before: string): string | undefined {
  const typed = [
    ...before
      .slice(-600)
      .matchAll(
        /(?:[|;&$#>%]\s*|^\s*(?=[a-z-]+ (?:-|get\b|cluster-info|version|apply|describe|logs|exec|config|join|init|https?:|s_client|x509|repo|install|upgrade)))(?:sudo )?(curl|wget|openssl|kubectl|helm|kubeadm|gnutls-cli|argocd)\s/gm,
      ),
  ];
  const name = typed.at(-1)?.[1];
  return name === 'gnutls-cli' ? 'gnutls' : name;
}

function endpointFor(
  reading: Reading,
  line: string,
  local: string,
  before: string,
  after: string,
): Endpoint | undefined {
  if (reading.endpoint !== undefined) return parseEndpoint(reading.endpoint);
  if (reading.host !== undefined && /^(?:\[[^\]]+\]|[^:]+):\d{1,5}$/.test(reading.host))
    return parseEndpoint(reading.host);
  const { host } = reading;
  const nearest = lastEndpoint(local);
  if (host === undefined) {
    return (
      nearest ??
      endpointTyped(line) ??
      endpointTyped(before.slice(-1200)) ??
      lastEndpoint(after.slice(0, 600))
    );
  }
  if (nearest?.host === host) return nearest;
  return (
    endpointOfHost(host, line) ??
    nearest ??
    endpointOfHost(host, before.slice(-1200)) ??
    endpointOfHost(host, after.slice(0, 400))
  );
}

function parseEndpoint(text: string): Endpoint {
  const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text);
  if (!match) return { host: text };
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}

/** The client that a line names; a line that goes on from the one before is read with it: `Unable to connect to` / `the server: x509: …`. */
export function clientOfLine(line: string, before: string): string | undefined {
  const start = line.slice(0, 2000);
  const named = clientIn(start);
  if (named !== undefined || startsFresh(line)) return named;
  const previous = lastLineOf(before);
  const broken = clientIn(previous + start.slice(0, 60));
  return lastClientIn(previous) ?? clientIn(`${previous.slice(-60)} ${start.slice(0, 60)}`) ?? broken;
}

/** The line before, which a URL may have been broken in. */
function lastLineOf(before: string): string {
  return (before.trimEnd().split('\n').at(-1) ?? '').slice(-200);
}
