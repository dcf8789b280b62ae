/** `openssl s_client` of the stand-in: a handshake that trusts nobody and shows what was served, or one request. */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { Complaint } from './complaint.ts';
import { elementsIn } from './der.ts';
import type { Options } from './options.ts';
import { nameText } from './text.ts';

export async function dial({ flags, values }: Options): Promise<number> {
  const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(values['-connect'] ?? '') ?? [];
  if (port === undefined) throw new Complaint('s_client: -connect needs HOST:PORT');
  const isQuiet = flags.has('-quiet');
  const servername = values['-servername'] ?? (isIP(host) === 0 ? host : '');
  const socket = connect({ host, port: Number(port), servername, ca: [], rejectUnauthorized: false });
  let isConnected = false;
  socket.once('connect', () => {
    isConnected = true;
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
  } catch (error) {
    failed(error as NodeJS.ErrnoException, isConnected && !isQuiet);
    return 1;
  }
  if (isQuiet) return converse(socket);
  process.stdout.write(seenText(chainOf(socket), flags.has('-showcerts')));
  // What is typed would be sent; at its end, so ends the connection.
  await buffer(process.stdin);
  process.stderr.write('DONE\n');
  socket.destroy();
  return 0;
}

/** As errno has them, and as https://github.com/openssl/openssl/blob/openssl-3.0.19/apps/s_client.c prints them. */
function failed({ errno, code, message }: NodeJS.ErrnoException, isConnected: boolean): void {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'Connection refused',
    EHOSTUNREACH: 'No route to host',
    ENETUNREACH: 'Network is unreachable',
    ETIMEDOUT: 'Connection timed out',
  };
  const said = words[code ?? ''];
  if (said !== undefined) {
    process.stderr.write(
      `simulated:error:BIO_connect:${said}:calling connect()\nconnect:errno=${-(errno ?? 0)}\n`,
    );
    return;
  }
  process.stderr.write(`simulated:error:${message}\n`);
  if (isConnected) process.stdout.write('CONNECTED(00000003)\n---\nno peer certificate available\n---\n');
}

async function converse(socket: TLSSocket): Promise<number> {
  process.stdin.on('data', (part: Buffer) => socket.write(part));
  socket.on('data', (part: Buffer) => process.stdout.write(part));
  return new Promise((resolve) => {
    socket.once('error', () => resolve(1));
    socket.once('end', () => {
      process.stdin.destroy();
      socket.destroy();
      resolve(0);
    });
  });
}

function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && !chain.some(({ fingerprint256 }) => fingerprint256 === next?.fingerprint256)) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

function seenText(chain: readonly X509Certificate[], isWhole: boolean): string {
  const [first] = chain;
  if (first === undefined) throw new Complaint('no peer certificate available');
  const rows = chain.map((certificate, index) => {
    const { subject, issuer } = namesOf(certificate);
    return `${String(index).padStart(2)} s:${subject}\n   i:${issuer}\n${isWhole ? certificate.toString() : ''}`;
  });
  const { subject, issuer } = namesOf(first);
  return `CONNECTED(00000003)\n---\nCertificate chain\n${rows.join('')}---\nServer certificate\n${
    isWhole ? '' : first.toString()
  }subject=${subject}\nissuer=${issuer}\n---\n`;
}

function namesOf({ raw }: X509Certificate): { readonly subject: string; readonly issuer: string } {
  const [whole] = elementsIn(raw);
  const [body] = elementsIn(whole?.content ?? Buffer.of());
  const [, , , issuer, , subject] = elementsIn(body?.content ?? Buffer.of());
  if (subject === undefined || issuer === undefined)
    throw new Complaint('simulated: a certificate without names');
  return { subject: nameText(subject), issuer: nameText(issuer) };
}
