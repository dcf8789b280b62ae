/** One request and its answer over a connection that is there, without Node's HTTP client: to load it takes longer than all of this. */
import type { TLSSocket } from 'node:tls';

interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | undefined;
  readonly timeoutMs: number | undefined;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export async function talk(socket: TLSSocket, message: Message): Promise<Answer> {
  const { method, path, headers, body = '', timeoutMs } = message;
  const lines = Object.entries({ host: 'kubernetes', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const parts: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            socket.destroy(Object.assign(new Error('it took too long'), { name: 'TimeoutError' }));
          }, timeoutMs);
    const end = () => {
      const answer = answerIn(Buffer.concat(parts));
      if (answer === undefined) reject(new Error('unexpected EOF'));
      else resolve(answer);
    };
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.once('error', reject);
    socket.once('end', end);
    socket.once('close', () => {
      clearTimeout(timer);
      end();
    });
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

/** Of a server that tells the length of what it says; undefined when that is not all there. */
function answerIn(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, Math.max(end, 0));
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  const [, length] = /^content-length: (\d+)$/im.exec(head) ?? [];
  const body = bytes.subarray(end + 4);
  if (status === undefined || length === undefined || body.length < Number(length)) return undefined;
  return { status: Number(status), text: body.toString('utf8', 0, Number(length)) };
}
