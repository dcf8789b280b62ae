/** Asks an SSH agent which keys it holds and lets it sign; the agent itself is never forwarded to anybody. */
import { once } from 'node:events';
import { connect } from 'node:net';
import ssh2 from 'ssh2';
import { keyTypeOf } from './known-hosts.ts';

export interface AgentKey {
  readonly type: string;
  readonly publicKey: Buffer;
  readonly comment: string;
}

/** Someone may have to touch a token or type into a dialog before it signs, but it has its list at hand. */
const patienceMs = 5000;
const largest = 1024 * 1024;

/** ssh2's own list leaves out, without a word, what it cannot use. https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent */
export async function agentKeys(socket: string, timeoutMs = patienceMs): Promise<readonly AgentKey[]> {
  const stream = connect(socket);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await once(stream, 'connect', { signal });
    stream.write(Buffer.from([0, 0, 0, 1, 11]));
    let answer = Buffer.alloc(0);
    while (answer.length < 4 || answer.length < 4 + answer.readUInt32BE(0)) {
      const [chunk] = (await Promise.race([once(stream, 'data', { signal }), closed(stream, signal)])) as [
        Buffer,
      ];
      answer = Buffer.concat([answer, chunk]);
      if (answer.length > largest) throw new Error('it says too much');
    }
    return listOf(answer.subarray(4));
  } catch (error) {
    throw signal.aborted ? new Error('it does not answer') : error;
  } finally {
    stream.destroy();
  }
}

async function closed(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<never> {
  await once(stream, 'close', { signal });
  throw new Error('it hung up');
}

function listOf(answer: Buffer): readonly AgentKey[] {
  if (answer[0] !== 12 || answer.length < 5) throw new Error('it gives no list of keys');
  const keys: AgentKey[] = [];
  let at = 5;
  const next = (): Buffer => {
    const start = at + 4;
    at = start <= answer.length ? start + answer.readUInt32BE(at) : Infinity;
    if (at > answer.length) throw new Error('its list of keys is broken');
    return answer.subarray(start, at);
  };
  for (let left = answer.readUInt32BE(1); left > 0; left -= 1) {
    const publicKey = next();
    keys.push({ type: keyTypeOf(publicKey) ?? '', publicKey, comment: next().toString('utf8') });
  }
  return keys;
}

export async function signByAgent(
  socket: string,
  publicKey: Buffer,
  data: Buffer,
  hash: string | undefined,
): Promise<Buffer> {
  const parsed = ssh2.utils.parseKey(publicKey);
  if (parsed instanceof Error) throw parsed;
  const [key] = [parsed].flat();
  if (!key) throw new Error('the agent holds no such key');
  return await new Promise((resolve, reject) => {
    const done = (error?: Error | null, signature?: Buffer): void => {
      if (signature) resolve(signature);
      else reject(error ?? new Error('the agent signed nothing'));
    };
    const agent = new ssh2.OpenSSHAgent(socket);
    if (hash === 'sha256' || hash === 'sha512') agent.sign(key, data, { hash }, done);
    else agent.sign(key, data, done);
  });
}
