/** How a handshake failed, in words: reports show these and never the codes. */
import type { ProbeTroubleCode } from './probe.ts';

export const probeTroubleWords: Readonly<Record<ProbeTroubleCode, string>> = {
  dns: 'the name does not resolve',
  refused: 'the connection was refused',
  unreachable: 'no route leads there',
  timeout: 'no answer came in time',
  reset: 'the connection was reset',
  closed: 'the connection was closed',
  'not-tls': 'what answers there does not speak TLS',
  alert: 'the TLS handshake was refused',
  'proxy-refused': 'the proxy refused to connect',
  'proxy-unreachable': 'the proxy could not be reached',
  'too-large': 'it sent more than any API server does',
  failed: 'the TLS handshake failed',
};

/** Their details begin in the middle of a sentence. */
const incomplete: ReadonlySet<ProbeTroubleCode> = new Set([
  'refused',
  'alert',
  'proxy-refused',
  'proxy-unreachable',
]);

/** The words, and what is known besides; may hold text from outside. */
export function probeTroubleText({
  trouble,
  detail,
}: {
  readonly trouble: ProbeTroubleCode;
  readonly detail: string;
}): string {
  const words = probeTroubleWords[trouble];
  if (detail === '' || detail === words) return words;
  return incomplete.has(trouble) ? `${words}: ${detail}` : detail;
}
