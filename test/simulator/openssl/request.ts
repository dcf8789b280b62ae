/** `openssl req` of the stand-in: a request made by a key, and the check of its signature. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { Complaint } from './complaint.ts';
import { element, elementsIn, oid, tags } from './der.ts';
import { blockOf, read } from './input.ts';
import { privateKey } from './key.ts';
import type { Options } from './options.ts';

/** https://www.rfc-editor.org/rfc/rfc2986#section-4 */
export async function makeRequest({ flags, values, extensions }: Options): Promise<number> {
  const [, commonName] = /^\/CN=([\w.-]+)$/.exec(values['-subj'] ?? '') ?? [];
  if (commonName === undefined || !flags.has('-sha256') || flags.has('-noout')) {
    throw new Complaint('the simulated openssl req -new takes -sha256, -key and -subj /CN=… only');
  }
  const key = await privateKey(values['-key']);
  const { sequence, set, utf8, octets, integer, bits } = tags;
  const wanted = element(sequence, ...extensions.map((text) => extensionOf(text, octets)));
  const body = element(
    sequence,
    element(integer, Buffer.of(0)),
    element(
      sequence,
      element(set, element(sequence, oid('2.5.4.3'), element(utf8, Buffer.from(commonName)))),
    ),
    createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'spki', format: 'der' }),
    element(0xa0, element(sequence, oid('1.2.840.113549.1.9.14'), element(set, wanted))),
  );
  const signature = sign('sha256', body, key);
  const whole = element(sequence, body, algorithmOf(key), element(bits, Buffer.of(0), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  process.stdout.write(
    `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`,
  );
  return 0;
}

function algorithmOf({ asymmetricKeyType }: KeyObject): Buffer {
  if (asymmetricKeyType === 'ec') return element(tags.sequence, oid('1.2.840.10045.4.3.2'));
  if (asymmetricKeyType === 'rsa') return element(tags.sequence, oid('1.2.840.113549.1.1.11'), element(0x05));
  throw new Complaint('simulated: a key that is neither RSA nor EC');
}

function extensionOf(text: string, octets: number): Buffer {
  const { sequence, bits, boolean } = tags;
  if (text === 'keyUsage=critical,digitalSignature,keyEncipherment') {
    const critical = element(boolean, Buffer.of(0xff));
    return element(sequence, oid('2.5.29.15'), critical, element(octets, element(bits, Buffer.of(5, 0xa0))));
  }
  if (text === 'extendedKeyUsage=serverAuth') {
    return element(sequence, oid('2.5.29.37'), element(octets, element(sequence, oid('1.3.6.1.5.5.7.3.1'))));
  }
  const [, names] = /^subjectAltName=(.+)$/.exec(text) ?? [];
  if (names === undefined) throw new Complaint(`the simulated openssl req knows no extension ${text}`);
  return element(
    sequence,
    oid('2.5.29.17'),
    element(octets, element(sequence, ...names.split(',').map(nameOf))),
  );
}

function nameOf(text: string): Buffer {
  const [kind, ...rest] = text.split(':');
  const value = rest.join(':');
  if (kind === 'DNS' && value !== '') return element(0x82, Buffer.from(value, 'latin1'));
  if (kind === 'IP' && isIPv4(value)) return element(0x87, Buffer.from(value.split('.').map(Number)));
  if (kind !== 'IP' || !isIPv6(value) || value.includes('.'))
    throw new Complaint(`simulated: bad name ${text}`);
  const [head = '', tail = ''] = value.split('::');
  const [left, right] = [head, tail].map((half) => half.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - (left ?? []).length - (right ?? []).length }, () => '0');
  const groups = [...(left ?? []), ...zeros, ...(right ?? [])].map((group) => group.padStart(4, '0'));
  return element(0x87, Buffer.from(groups.join(''), 'hex'));
}

export async function checkRequest({ flags }: Options): Promise<number> {
  if (!flags.has('-verify') || !flags.has('-noout'))
    throw new Complaint('the simulated openssl req knows -new, or -noout -verify');
  const text = blockOf(await read(undefined), 'CERTIFICATE REQUEST').toString('latin1');
  const [, base64] = /^-----BEGIN CERTIFICATE REQUEST-----([^-]+)/.exec(text) ?? [];
  if (base64 === undefined) throw new Complaint('Unable to load X509 request');
  const [whole] = elementsIn(Buffer.from(base64, 'base64'));
  const [body, , signature] = elementsIn(whole?.content ?? Buffer.of());
  const [, , spki] = elementsIn(body?.content ?? Buffer.of());
  if (body === undefined || signature === undefined || spki === undefined)
    throw new Complaint('Unable to load X509 request');
  const key = createPublicKey({ key: spki.whole, format: 'der', type: 'spki' });
  // 3.0 ends with 0 all the same, and so do its followers until 3.2.
  const isGood = verify('sha256', body.whole, key, signature.content.subarray(1));
  if (!isGood) throw new Complaint('Certificate request self-signature verify failure');
  process.stderr.write('Certificate request self-signature verify OK\n');
  return 0;
}
