/** A certificate as `openssl x509 -text` prints it, for the keys and extensions that kubeadm's certificates have. */
import type { X509Certificate } from 'node:crypto';
import { Complaint } from './complaint.ts';
import { type Element, elementsIn, oidOf, tags } from './der.ts';

/** https://github.com/openssl/openssl/blob/openssl-3.0.19/crypto/x509/t_x509.c (X509_print_ex) */
export function certificateText({ raw }: X509Certificate): string {
  const [body, algorithm, signature] = elementsIn(one(elementsIn(raw)).content);
  const [version, serial, , issuer, validity, subject, key, extensions] = elementsIn(one([body]).content);
  if (version?.tag !== 0xa0 || extensions?.tag !== 0xa3)
    throw new Complaint('simulated: a certificate without extensions');
  const [from, to] = elementsIn(one([validity]).content);
  const signed = signatureName(one([algorithm]));
  return [
    'Certificate:',
    '    Data:',
    '        Version: 3 (0x2)',
    ...serialText(one([serial]).content),
    `        Signature Algorithm: ${signed}`,
    `        Issuer: ${nameText(one([issuer]))}`,
    '        Validity',
    `            Not Before: ${timeText(one([from]))}`,
    `            Not After : ${timeText(one([to]))}`,
    `        Subject: ${nameText(one([subject]))}`,
    ...keyText(one([key])),
    '        X509v3 extensions:',
    ...elementsIn(one(elementsIn(extensions.content)).content).flatMap(extensionText),
    `    Signature Algorithm: ${signed}`,
    '    Signature Value:',
    ...hexLines(one([signature]).content.subarray(1), 18, 8),
    '',
  ].join('\n');
}

function one([element]: readonly (Element | undefined)[]): Element {
  if (element === undefined) throw new Complaint('simulated: a certificate that lacks something');
  return element;
}

function serialText(content: Buffer): readonly string[] {
  if (content.length > 8 || (content[0] ?? 0) >= 0x80) {
    return [
      '        Serial Number:',
      `            ${pairs(content[0] === 0 ? content.subarray(1) : content)}`,
    ];
  }
  const number = BigInt(`0x${content.toString('hex')}`);
  return [`        Serial Number: ${number} (0x${number.toString(16)})`];
}

const algorithms: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
};

export function signatureName(algorithm: Element): string {
  return known(algorithms, oidOf(one(elementsIn(algorithm.content)).content));
}

const attributes: Readonly<Record<string, string>> = { '2.5.4.3': 'CN', '2.5.4.10': 'O' };

export function nameText(name: Element): string {
  return elementsIn(name.content)
    .map((set) => {
      const [type, value] = elementsIn(one(elementsIn(set.content)).content);
      return `${known(attributes, oidOf(one([type]).content))} = ${one([value]).content.toString('utf8')}`;
    })
    .join(', ');
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export function timeText({ content }: Element): string {
  const text = content.toString('latin1');
  const whole = text.length === 13 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const [, year, month, day, ...clock] = /^(....)(..)(..)(..)(..)(..)Z$/.exec(whole) ?? [];
  return `${months[Number(month) - 1]} ${String(Number(day)).padStart(2)} ${clock.join(':')} ${year} GMT`;
}

const curves: Readonly<Record<string, string>> = { '1.2.840.10045.3.1.7': 'prime256v1' };

function keyText(key: Element): readonly string[] {
  const [algorithm, bits] = elementsIn(key.content);
  const [kind, parameters] = elementsIn(one([algorithm]).content);
  const bytes = one([bits]).content.subarray(1);
  switch (oidOf(one([kind]).content)) {
    case '1.2.840.113549.1.1.1': {
      const [modulus, exponent] = elementsIn(one(elementsIn(bytes)).content);
      const number = one([modulus]).content;
      const power = BigInt(`0x${one([exponent]).content.toString('hex')}`);
      return keyLines(
        'rsaEncryption',
        BigInt(`0x${number.toString('hex')}`).toString(2).length,
        '                Modulus:',
        ...hexLines(number, 15, 20),
        `                Exponent: ${power} (0x${power.toString(16)})`,
      );
    }
    case '1.2.840.10045.2.1':
      return keyLines(
        'id-ecPublicKey',
        256,
        '                pub:',
        ...hexLines(bytes, 15, 20),
        `                ASN1 OID: ${known(curves, oidOf(one([parameters]).content))}`,
        '                NIST CURVE: P-256',
      );
    default:
      throw new Complaint('simulated: a key that is neither RSA nor EC');
  }
}

function keyLines(algorithm: string, size: number, ...rest: readonly string[]): readonly string[] {
  return [
    '        Subject Public Key Info:',
    `            Public Key Algorithm: ${algorithm}`,
    `                Public-Key: (${size} bit)`,
    ...rest,
  ];
}

const extensionNames: Readonly<Record<string, string>> = {
  '2.5.29.14': 'Subject Key Identifier',
  '2.5.29.15': 'Key Usage',
  '2.5.29.17': 'Subject Alternative Name',
  '2.5.29.19': 'Basic Constraints',
  '2.5.29.35': 'Authority Key Identifier',
  '2.5.29.37': 'Extended Key Usage',
};

function extensionText(extension: Element): readonly string[] {
  const parts = elementsIn(extension.content);
  const id = oidOf(one(parts).content);
  const isCritical = parts[1]?.tag === tags.boolean;
  const content = one(elementsIn(one([parts.at(-1)]).content));
  return [
    `            X509v3 ${known(extensionNames, id)}: ${isCritical ? 'critical' : ''}`,
    `                ${contentText(id, content)}`,
  ];
}

const usages =
  'Digital Signature,Non Repudiation,Key Encipherment,Data Encipherment,Key Agreement,Certificate Sign,CRL Sign'.split(
    ',',
  );
const purposes: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS Web Server Authentication',
  '1.3.6.1.5.5.7.3.2': 'TLS Web Client Authentication',
};

function contentText(id: string, { content }: Element): string {
  switch (id) {
    case '2.5.29.14':
      return pairs(content).toUpperCase();
    case '2.5.29.15':
      return usages.filter((_, bit) => ((content[1] ?? 0) & (0x80 >> bit)) !== 0).join(', ');
    case '2.5.29.17':
      return elementsIn(content).map(generalName).join(', ');
    case '2.5.29.19':
      return elementsIn(content)[0]?.content[0] === 0xff ? 'CA:TRUE' : 'CA:FALSE';
    case '2.5.29.35':
      return pairs(one(elementsIn(content)).content).toUpperCase();
    default:
      return elementsIn(content)
        .map((use) => known(purposes, oidOf(use.content)))
        .join(', ');
  }
}

function generalName({ tag, content }: Element): string {
  if (tag === 0x82) return `DNS:${content.toString('latin1')}`;
  if (tag !== 0x87) throw new Complaint('simulated: a name that is neither a DNS name nor an address');
  if (content.length === 4) return `IP Address:${content.join('.')}`;
  const groups = Array.from({ length: 8 }, (_, index) =>
    content
      .readUInt16BE(index * 2)
      .toString(16)
      .toUpperCase(),
  );
  return `IP Address:${groups.join(':')}`;
}

function known(names: Readonly<Record<string, string>>, id: string): string {
  const name = names[id];
  if (name === undefined) throw new Complaint(`simulated: ${id} is not known here`);
  return name;
}

function pairs(bytes: Buffer): string {
  return (bytes.toString('hex').match(/../g) ?? []).join(':');
}

function hexLines(bytes: Buffer, perLine: number, indent: number): readonly string[] {
  const all = pairs(bytes);
  const lines = all.match(new RegExp(`.{1,${perLine * 3}}`, 'g')) ?? [];
  return lines.map((line) => `${' '.repeat(indent)}${line}`);
}
