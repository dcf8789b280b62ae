/** A DNS server on loopback that knows one name: what CoreDNS is to a pod. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface DnsServer {
  readonly host: string;
  readonly port: number;
  readonly asked: readonly string[];
  /** What it answers from now on; undefined: nothing at all. */
  setAnswer(addresses: readonly string[] | undefined): void;
  stop(): Promise<void>;
}

export async function startDnsServer(host: string, first: readonly string[]): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  let addresses: readonly string[] | undefined = first;
  socket.on('message', (query, from) => {
    const name = nameIn(query);
    asked.push(name);
    if (addresses === undefined) return;
    socket.send(answerTo(query, name, addresses), from.port, from.address);
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  return {
    host,
    port: socket.address().port,
    asked,
    setAnswer: (answer) => {
      addresses = answer;
    },
    stop: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function nameIn(query: Buffer): string {
  const words: string[] = [];
  for (let at = 12; at < query.length;) {
    const length = query[at] ?? 0;
    if (length === 0) break;
    words.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return words.join('.');
}

/** NXDOMAIN for every other name. */
function answerTo(query: Buffer, name: string, addresses: readonly string[]): Buffer {
  const isKnown = name === 'kubernetes.default.svc.cluster.local';
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(isKnown ? 0x81_80 : 0x81_83, 2);
  header.writeUInt16BE(isKnown ? addresses.length : 0, 6);
  const records = isKnown
    ? addresses.map((address) =>
        // A pointer to the name in the question, type A, class IN, 5 s, four bytes.
        Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number)]),
      )
    : [];
  return Buffer.concat([header, query.subarray(12), ...records]);
}
