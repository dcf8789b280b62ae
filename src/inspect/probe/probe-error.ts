/** How a connection failed, told apart as a network team would: the errors of sockets, resolvers and TLS in a few stable codes. */
import { ReachError } from '../../reach/transport.ts';
import type { HttpAnswer, ProbeTroubleCode } from '../../model/probe.ts';

export interface ProbeFault {
  readonly trouble: ProbeTroubleCode;
  /** Lower case, no full stop; may hold text from outside. */
  readonly detail: string;
  readonly answer?: HttpAnswer;
}

export class ProbeError extends Error {
  readonly fault: ProbeFault;

  constructor(trouble: ProbeTroubleCode, detail: string, answer?: HttpAnswer) {
    super(detail);
    this.name = 'ProbeError';
    this.fault = { trouble, detail, ...(answer === undefined ? {} : { answer }) };
  }
}

// A firewall's REJECT arrives as EHOSTUNREACH, or as EACCES or EPERM where the rule is our own machine's.
const byErrno: Readonly<Record<string, readonly [ProbeTroubleCode, string]>> = {
  ECONNREFUSED: ['refused', 'nothing listens there, or a firewall says so'],
  EHOSTUNREACH: ['unreachable', 'no way to that host'],
  ENETUNREACH: ['unreachable', 'no route to that network'],
  EHOSTDOWN: ['unreachable', 'that host does not answer on its own network'],
  ENETDOWN: ['unreachable', 'the network interface is down'],
  EADDRNOTAVAIL: ['unreachable', 'this machine has no address of that kind'],
  EACCES: ['unreachable', 'this machine does not let the connection out'],
  EPERM: ['unreachable', 'this machine does not let the connection out'],
  ETIMEDOUT: ['timeout', 'no answer to the connection request'],
  ECONNRESET: ['reset', 'the connection was reset'],
  ECONNABORTED: ['reset', 'the connection was aborted'],
  EPIPE: ['reset', 'the connection was reset while we wrote'],
};

/** Of anything that a socket, a resolver or a transport throws. */
export function faultFrom(error: unknown): ProbeFault {
  if (error instanceof ProbeError) return error.fault;
  if (error instanceof ReachError) return faultOfReach(error);
  const { code, message } = error as NodeJS.ErrnoException;
  const known = byErrno[code ?? ''];
  if (known) return { trouble: known[0], detail: known[1] };
  return { trouble: 'failed', detail: (message ?? String(error)).slice(0, 200) };
}

/** The node's sshd dials for us and says how that went, in the same words where it can. */
function faultOfReach({ trouble: { code, message } }: ReachError): ProbeFault {
  switch (code) {
    case 'dns':
    case 'refused':
    case 'unreachable':
    case 'timeout':
    case 'reset':
      return { trouble: code, detail: message };
    default:
      return { trouble: 'failed', detail: message };
  }
}
