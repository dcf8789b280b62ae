/** DNS on the wire, as little as is needed to ask for one name and to read the addresses: https://www.rfc-editor.org/rfc/rfc1035 */
import { canonicalIp } from '../../model/ip.ts';

export type RecordType = 'A' | 'AAAA';

export type DnsReading =
  | { readonly state: 'answered'; readonly code: string; readonly addresses: readonly string[] }
  | { readonly state: 'failed'; readonly detail: string };

const numbers = { A: 1, AAAA: 28 } as const;
const codes: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
};
/** A question and its answer belong together by it; nobody else is on the way that could guess it in time. */
const id = 0x5a17;

export function encodeQuestion(name: string, type: RecordType): Buffer {
  const words = name.replace(/\.$/, '').split('.');
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  // Recursion desired: a cache that forwards would refuse otherwise.
  header.writeUInt16BE(0x01_00, 2);
  header.writeUInt16BE(1, 4);
  const question = words.flatMap((word) => [word.length, ...Buffer.from(word, 'latin1')]);
  return Buffer.concat([header, Buffer.from([...question, 0, 0, numbers[type], 0, 1])]);
}

/** For printf of any shell. */
export function octal(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

export function readHex(hex: string): DnsReading {
  if (hex === '') return { state: 'failed', detail: 'no answer' };
  if (!/^(?:[0-9a-f]{2})+$/.test(hex)) return { state: 'failed', detail: 'its answer is not understood' };
  return readAnswer(Buffer.from(hex, 'hex'));
}

function readAnswer(bytes: Buffer): DnsReading {
  const broken = { state: 'failed', detail: 'its answer is no answer of DNS' } as const;
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== id || (bytes.readUInt16BE(2) & 0x80_00) === 0)
    return broken;
  const rcode = bytes.readUInt16BE(2) & 0xf;
  const code = codes[rcode] ?? `RCODE${rcode}`;
  const addresses: string[] = [];
  let at: number | undefined = 12;
  for (let left = bytes.readUInt16BE(4); left > 0 && at !== undefined; left -= 1) {
    at = afterName(bytes, at);
    if (at !== undefined) at += 4;
  }
  for (let left = bytes.readUInt16BE(6); left > 0; left -= 1) {
    at = at === undefined ? undefined : afterName(bytes, at);
    if (at === undefined || at + 10 > bytes.length) return broken;
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 8);
    const data = bytes.subarray(at + 10, at + 10 + length);
    if (data.length !== length) return broken;
    at += 10 + length;
    const text = addressOf(type, data);
    if (text !== undefined) addresses.push(text);
  }
  return at === undefined ? broken : { state: 'answered', code, addresses };
}

function addressOf(type: number, data: Buffer): string | undefined {
  if (type === numbers.A && data.length === 4) return [...data].join('.');
  if (type !== numbers.AAAA || data.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => data.readUInt16BE(index * 2).toString(16));
  return canonicalIp(groups.join(':'));
}

/** A name ends with an empty word or with a pointer, which is not followed: what it says does not matter here. */
function afterName(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
  }
  return undefined;
}

/** What dig prints. */
export function readDig(text: string): DnsReading {
  const [, code] = /status: ([A-Z]+)/.exec(text) ?? [];
  if (code === undefined) return { state: 'failed', detail: 'no answer' };
  const found = [...text.matchAll(/^[^;\s]\S*\s+\d+\s+IN\s+(?:A|AAAA)\s+(\S+)$/gm)];
  return {
    state: 'answered',
    code,
    addresses: found.flatMap(([, address = '']) => canonicalIp(address) ?? []),
  };
}
