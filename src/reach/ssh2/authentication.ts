/** Offers the keys to a host whose key is verified, one after the other, and says what came of it when none was taken. */
import ssh2, { type AuthHandlerMiddleware, type ParsedKey } from 'ssh2';
import { display } from '../../model/display.ts';
import { ReachError } from '../transport.ts';
import type { Deadline } from './deadline.ts';
import { describe, type Fault, type Identities, type Identity } from './identities.ts';

/** Filled in by the host's answers. */
export interface Tried {
  partial: boolean;
  /** What the host would take. */
  methods?: readonly string[];
}

type Signed = (error?: Error | null, signature?: Buffer) => void;

/** ssh2 lets only its own agent class offer keys that it does not hold itself: so files play agent too. */
class KeyRing extends ssh2.BaseAgent {
  readonly #identities: readonly Identity[];
  readonly #deadline: Deadline;

  constructor(identities: readonly Identity[], deadline: Deadline) {
    super();
    this.#identities = identities;
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
      (error: unknown) => answer(error as Error),
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
  return (methods, partial) => {
    tried.partial ||= partial;
    if (Array.isArray(methods)) tried.methods = methods.map(String);
    if (isDone) return false as never;
    isDone = true;
    return { type: 'agent', username, agent: new KeyRing(offered, deadline) };
  };
}

/** Nobody is dialled without a key: sshd would hold an attempt without authentication against our address. */
export function noKeys(user: string, whom: string, { faults }: Identities): ReachError {
  const [first] = faults.filter(({ about }) => about === 'file').concat(faults);
  const all = faults.map(({ text }) => text).join('; ');
  return new ReachError({
    code: faultCode(first),
    message: `there is no key to log in with as ${display(user)} at ${whom}${all === '' ? '' : `: ${all}`}`,
    hint: first?.hint ?? 'load a key into an agent (ssh-add), or name one as IdentityFile in ssh_config',
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
  const methods = tried.methods?.map((method) => display(method, 40)).join(', ') ?? '';
  const others = faults.length === 0 ? '' : `; left out: ${faults.map(({ text }) => text).join('; ')}`;
  if (tried.partial) {
    return new ReachError({
      code: 'authentication',
      message: `${whom} took the key of ${name}, and wants ${methods} as well`,
      hint: 'let this user in with a key alone (AuthenticationMethods in sshd_config)',
      retryable: false,
    });
  }
  const usable = faults.find(({ needsOpenssh }) => needsOpenssh);
  if (
    usable ||
    (tried.methods?.some((one) => one.startsWith('gssapi')) && !tried.methods.includes('publickey'))
  ) {
    return new ReachError({
      code: 'needs-openssh',
      message: `${whom} does not let ${name} in with what the built-in SSH client has (it takes ${methods})${others}`,
      hint: 'the system ssh can use certificates, FIDO keys and Kerberos: --transport openssh',
      retryable: false,
    });
  }
  return new ReachError({
    code: 'authentication',
    message: `${whom} does not let ${name} in; tried: ${offered.map(describe).join(', ')}${methods === '' ? '' : ` (it takes ${methods})`}${others}`,
    hint: `put the public key into authorized_keys of ${name}, or name another one (IdentityFile); it is not tried again`,
    retryable: false,
  });
}
