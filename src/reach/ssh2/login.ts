/** One login over a byte stream: the host key first, then keys; what comes of it is a connection that only we can end. */
import type { Duplex } from 'node:stream';
import ssh2, { type Algorithms, type Client } from 'ssh2';
import { display } from '../../model/display.ts';
import type { ConnectionFacts } from '../transport.ts';
import { ReachError } from '../transport.ts';
import { readLog, refusedLogin, type Tried, tryKeys } from './authentication.ts';
import type { Deadline } from './deadline.ts';
import { algorithmsFor, hostKeyTrouble, judgeKey, knownAs } from './host-key.ts';
import type { Identities } from './identities.ts';
import { fingerprintOf, keyTypeOf } from './known-hosts.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';
import { loginTrouble } from './troubles.ts';

export interface Login {
  readonly client: Client;
  readonly hostKey: NonNullable<ConnectionFacts['hostKey']>;
  /** Settles when the connection is gone, with what ssh2 said last. */
  readonly gone: Promise<Error | undefined>;
  readonly isGone: () => boolean;
  end(): void;
}

export interface LoginOptions {
  readonly session: Session;
  readonly settings: Settings;
  readonly identities: Identities;
  readonly stream: Duplex;
  /** `hear` of this stream. */
  readonly heard: () => string;
  readonly deadline: Deadline;
  readonly whom: string;
  readonly isThroughBastion: boolean;
}

/** group-exchange searches for primes and holds everything up for a second: https://github.com/mscdex/ssh2/issues/821 */
const algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  // Our packets are small, and what is packed tells its length.
  compress: ['none'],
} as const satisfies Algorithms;

const keepalive = { keepaliveInterval: 5000, keepaliveCountMax: 3 };

export async function logIn(options: LoginOptions): Promise<Login> {
  const { session, settings, identities, stream, heard, deadline, whom } = options;
  const known = await session.knownTo(settings);
  const { algorithms: serverHostKey, needs } = algorithmsFor(known, settings);
  if (needs) throw needs;
  const client = new ssh2.Client();
  const tried: Tried = { unsigned: [] };
  const verification = verifier(options);
  let isAuthenticating = false;
  const gone = watch(client);
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('handshake', () => {
      isAuthenticating = true;
      deadline.restart();
    });
    const fail = (error: Error & { readonly level?: string }): void => {
      // A key that did not sign: the next one is tried.
      if (error.level === 'agent') return;
      if (verification.refusal) reject(verification.refusal);
      else if (error.level === 'client-authentication')
        reject(refusedLogin(whom, settings.user, identities, tried));
      else reject(loginTrouble(error, whom, { isAuthenticating, heard: heard() }));
    };
    client.on('error', fail);
    client.once('close', () => fail(new Error('')));
    client.once('end', () => fail(new Error('')));
  });
  ready.catch(() => undefined);
  try {
    client.connect({
      sock: stream,
      username: settings.user,
      algorithms: {
        ...algorithms,
        kex: [...algorithms.kex],
        cipher: [...algorithms.cipher],
        hmac: [...algorithms.hmac],
        compress: ['none'],
        serverHostKey,
      },
      hostVerifier: verification.verify,
      authHandler: tryKeys(settings.user, identities, tried, deadline),
      // Ours runs from the first packet on and stands still while somebody is asked.
      readyTimeout: 0,
      debug: readLog(tried),
      ...keepalive,
    });
    await Promise.race([ready, deadline.over]);
    const hostKey = await verification.settle();
    return { client, hostKey, ...gone, end: () => end(client, stream) };
  } catch (error) {
    end(client, stream);
    throw error;
  }
}

/** Says goodbye, and does not wait for an answer. */
function end(client: Client, stream: Duplex): void {
  client.end();
  // A peer that is gone or silent would hold the socket, and with it our process; one that answers need not be held in memory.
  const timer = setTimeout(() => stream.destroy(), 1000).unref();
  stream.once('close', () => clearTimeout(timer));
}

function watch(client: Client): Pick<Login, 'gone' | 'isGone'> {
  let last: Error | undefined;
  let isOver = false;
  // Also after the login: without a listener an error would end the process.
  client.on('error', (error) => {
    last = error;
  });
  const gone = new Promise<Error | undefined>((resolve) => {
    const over = (): void => {
      isOver = true;
      resolve(last);
    };
    client.once('close', over);
    client.once('end', over);
  });
  return { gone, isGone: () => isOver };
}

/** The first bytes that the other side sends, which ssh2 does not show when they are no SSH. */
export function hear(stream: Duplex): () => string {
  let heard = '';
  // Paused by hand, or listening would let the bytes go by before ssh2 is there to take them.
  stream.pause();
  const listen = (chunk: Buffer): void => {
    heard += chunk.toString('latin1', 0, 1024);
    if (heard.length > 1024) stream.off('data', listen);
  };
  stream.on('data', listen);
  return () => heard;
}

interface Verification {
  readonly verify: (key: Buffer, answer: (isRight: boolean) => void) => void;
  readonly refusal: ReachError | undefined;
  /** After the handshake has proven that the host holds the key: remembers it, if it is new. */
  settle(): Promise<Login['hostKey']>;
}

function verifier({ session, settings, deadline, isThroughBastion }: LoginOptions): Verification {
  let accepted: { readonly key: Buffer; readonly isNew: boolean } | undefined;
  let refusal: ReachError | undefined;
  const judge = async (key: Buffer): Promise<void> => {
    const verdict = judgeKey(await session.knownTo(settings), settings, key);
    const trouble = hostKeyTrouble(verdict, settings, key, isThroughBastion);
    if (trouble === undefined) {
      accepted = { key, isNew: false };
      return;
    }
    if (trouble.trouble.code !== 'host-key-unknown') throw trouble;
    if (!session.options.acceptNewHostKeys) {
      if (!session.asking.isPossible) throw trouble;
      await deadline.pause(() =>
        session.asking.alone(async (ask) => {
          const question = `${knownAs(settings)} ${fingerprintOf(key)}`;
          // Somebody else's login to the same host may have asked meanwhile.
          if (session.accepted.has(question)) return;
          if (!(await isTrusted(ask, settings, key))) throw trouble;
          session.accepted.add(question);
        }),
      );
    }
    accepted = { key, isNew: true };
  };
  return {
    get refusal() {
      return refusal;
    },
    verify(key, answer) {
      // Keys are exchanged again on long connections, and a host does not become another one then.
      if (accepted) {
        answer(accepted.key.equals(key));
        return;
      }
      judge(key).then(
        () => answer(true),
        (error: unknown) => {
          refusal = error instanceof ReachError ? error : undefined;
          answer(false);
        },
      );
    },
    async settle() {
      if (!accepted) throw new Error('ssh2 logged in without asking whether the host is the right one');
      const { key, isNew } = accepted;
      if (isNew) await session.trust(settings, knownAs(settings), key);
      return {
        type: keyTypeOf(key) ?? '',
        fingerprint: fingerprintOf(key),
        trust: isNew ? 'added' : 'known',
      };
    },
  };
}

/** `yes`, or the fingerprint, as ssh takes it. */
async function isTrusted(
  ask: (question: string) => Promise<string>,
  settings: Settings,
  key: Buffer,
): Promise<boolean> {
  const fingerprint = fingerprintOf(key);
  const file = display(settings.userKnownHosts[0] ?? 'known hosts');
  const question = `${display(knownAs(settings))} is not known. Its key is ${display(keyTypeOf(key) ?? '')} ${fingerprint}.\nTrust it and add it to ${file}? (yes, or the fingerprint): `;
  const answer = (await ask(question)).trim();
  return answer.toLowerCase() === 'yes' || answer === fingerprint;
}
