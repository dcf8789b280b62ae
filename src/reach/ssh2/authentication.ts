/** Offers the keys to a host whose key is verified, one after the other, and says what came of it when none was taken. */
import ssh2, { type AuthHandlerMiddleware, type ParsedKey } from 'ssh2';
import { display } from '../../model/display.ts';
import { ReachError } from '../transport.ts';
import type { Deadline } from './deadline.ts';
import { describe, type Fault, type Identities, type Identity } from './identities.ts';

/** Filled in by the host's answers. */
export interface Tried {
  /** Keys that did not sign, and why. */
  readonly unsigned: string[];
  /** What the host would take. */
  methods?: string;
}

type Signed = (error?: Error | null, signature?: Buffer) => void;

/** ssh2 lets only its own agent class offer keys that it does not hold itself: so files play agent too. */
class KeyRing extends ssh2.BaseAgent {
  readonly #identities: readonly Identity[];
  readonly #deadline: Deadline;
  readonly #tried: Tried;

  constructor(identities: readonly Identity[], tried: Tried, deadline: Deadline) {
    super();
    this.#identities = identities;
    this.#tried = tried;
    this.#deadline = deadline;
  }

  override getIdentities(answer: (error: Error | undefined, keys?: Buffer[]) => void): void {
    answer(
      undefined,
      this.#identities.map(({ publicKey }) => publicKey),
    );
  }

  override sign(key: ParsedKey | Buffer | string, data: Buffer, options: unknown, done?: Signed): void {
    const answer = (typeof options === 'function' ? options : done) as Signed;
    const { hash } = (typeof options === 'object' && options !== null ? options : {}) as { hash?: string };
    const wanted = (key as ParsedKey).getPublicSSH();
    const identity = this.#identities.find(({ publicKey }) => publicKey.equals(wanted));
    const signing = identity
      ? // A passphrase may be asked for, or a token want to be touched.
        this.#deadline.pause(() => identity.sign(data, hash))
      : Promise.reject(new Error('ssh2 wants another key than the one that was offered'));
    signing.then(
      (signature) => answer(null, signature),
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.#tried.unsigned.push(`${identity?.label ?? 'a key'} did not sign: ${display(why)}`);
        answer(new Error(why));
      },
    );
  }
}

/** Skips the question which methods there are (`none`), which costs a round trip. */
export function tryKeys(
  username: string,
  { offered }: Identities,
  tried: Tried,
  deadline: Deadline,
): AuthHandlerMiddleware {
  let isDone = false;
  return () => {
    if (isDone) return false as never;
    isDone = true;
    return { type: 'agent', username, agent: new KeyRing(offered, tried, deadline) };
  };
}

/** ssh2 tells nobody what the host would take instead, except in its log. */
export function readLog(tried: Tried): (line: string) => void {
  return (line) => {
    const [, methods] = /^Inbound: Received USERAUTH_FAILURE \((.*)\)$/s.exec(line) ?? [];
    if (methods !== undefined) tried.methods = display(methods, 100);
  };
}

/** Nobody is dialled without a key: sshd would hold an attempt without authentication against our address. */
export function noKeys(user: string, whom: string, { faults }: Identities): ReachError {
  const [first] = faults.filter(({ about }) => about === 'file').concat(faults);
  const all = faults.map(({ text }) => text).join('; ');
  return new ReachError({
    code: faultCode(first),
    message: `there is no key to log in with as ${display(user)} at ${whom}${all === '' ? '' : `: ${all}`}`,
    hint:
      first?.hint ??
      'name a key by --identity FILE, load one into an agent (ssh-add), or set IdentityFile in ssh_config',
    retryable: false,
  });
}

function faultCode(fault: Fault | undefined): 'needs-openssh' | 'key-file' | 'authentication' {
  if (fault?.needsOpenssh === true) return 'needs-openssh';
  return fault?.about === 'file' ? 'key-file' : 'authentication';
}

export function refusedLogin(whom: string, user: string, identities: Identities, tried: Tried): ReachError {
  const { offered, faults } = identities;
  const name = display(user);
  const { methods = '', unsigned } = tried;
  const asides = [...unsigned, ...faults.map(({ text }) => text)];
  const others = asides.length === 0 ? '' : `; ${asides.join('; ')}`;
  const takes = methods === '' ? '' : ` (it takes ${methods})`;
  const usable = faults.find(({ needsOpenssh }) => needsOpenssh);
  if (usable || (methods.includes('gssapi') && !methods.includes('publickey'))) {
    return new ReachError({
      code: 'needs-openssh',
      message: `${whom} does not let ${name} in with what the built-in SSH client has${takes}${others}`,
      hint: 'the system ssh can use certificates, FIDO keys and Kerberos: --transport openssh',
      retryable: false,
    });
  }
  if (unsigned.length > 0 && unsigned.length >= offered.length) {
    return new ReachError({
      code: 'authentication',
      message: `no key could be used to log in as ${name} at ${whom}: ${asides.join('; ')}`,
      hint: 'load the key into an agent (ssh-add asks for its passphrase), or name another one by --identity FILE',
      retryable: false,
    });
  }
  return new ReachError({
    code: 'authentication',
    message: `${whom} does not let ${name} in; tried: ${offered.map(describe).join(', ')}${takes}${others}`,
    hint: `put the public key into authorized_keys of ${name}, or name another one (IdentityFile); it is not tried again`,
    retryable: false,
  });
}
