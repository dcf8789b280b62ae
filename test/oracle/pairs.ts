/** Pairs of a certificate and a wanted name, from a seed: ordinary names, and all that verifiers are known to differ in. */
import { isIP } from 'node:net';
import { type Certificate, readCertificates } from '../../src/model/certificate.ts';
import type { San } from '../../src/model/san.ts';
import { dns, ip, mint, rawName, uri } from '../support/mint.ts';

export interface Pair {
  readonly texts: readonly string[];
  readonly wanted: San;
  readonly der: Buffer;
  readonly pem: string;
  readonly certificate: Certificate;
  /** The names that count. */
  readonly held: readonly San[];
}

export const commonName = 'only-the-common-name';

type Dice = (sides: number) => number;

/** A linear congruential generator (Numerical Recipes): the same pairs for the same seed, on every machine. */
function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

function oneOf<T>(dice: Dice, items: readonly [T, ...T[]]): T {
  return items[dice(items.length)] ?? items[0];
}

const parents = ['example.com', 'svc.cluster.local', 'k8s', 'com', 'a.example.com', 'bücher.de'] as const;
const labels = [
  'api',
  'kubernetes',
  'a',
  'b-c',
  'a_b',
  '_srv',
  '1',
  'xn--bcher-kva',
  '-a',
  'a-',
  '',
] as const;
const addresses = ['10.0.0.1', '10.0.0.2', '192.168.56.11', '2001:db8::1', '::1', 'fd00::a:1'] as const;

function plainName(dice: Dice): string {
  const parent = oneOf(dice, parents).replace('bücher', 'xn--bcher-kva');
  // Mostly names that are well-formed: the others would drown them.
  const label = dice(3) === 0 ? oneOf(dice, labels) : oneOf(dice, ['api', 'kubernetes', 'a', 'b-c']);
  return dice(4) === 0 ? parent : `${label}.${parent}`;
}

/** A pattern as certificates hold them, good and bad. */
function heldText(dice: Dice): string {
  const name = plainName(dice);
  const rest = name.slice(name.indexOf('.') + 1);
  return oneOf(dice, [
    name,
    name,
    name,
    name.toUpperCase(),
    `*.${rest}`,
    `*.${rest}`,
    `*.${name}`,
    `${name}.`,
    `*.${rest}.`,
    `a*.${rest}`,
    `*i.${rest}`,
    `api.*.${rest}`,
    `xn--*.${rest}`,
    '*',
    `.${rest}`,
    `${name}, DNS:evil.example.com`,
    oneOf(dice, addresses),
    '*.0.0.1',
    '',
    '.',
  ]);
}

interface Held {
  readonly text: string;
  readonly node: ReturnType<typeof dns>;
}

function heldName(dice: Dice): Held {
  const roll = dice(40);
  if (roll === 0) return { text: 'uri', node: uri('https://api.example.com/') };
  if (roll === 1) return { text: '5 bytes', node: rawName(7, '\n\0\0\x01\0') };
  if (roll === 2) return { text: 'NUL', node: dns('api.example.com\0.evil.example.com') };
  if (roll === 3) return { text: 'UTF-8', node: dns('b\xc3\xbccher.de') };
  if (roll < 16) {
    const address = oneOf(dice, addresses);
    const text = dice(2) === 0 && isIP(address) === 4 ? `::ffff:${address}` : address;
    return { text, node: ip(text) };
  }
  const text = heldText(dice);
  return { text, node: dns(text) };
}

/** Something that the held names may or may not cover: near one of them more often than not. */
function wantedName(dice: Dice, texts: readonly string[]): San {
  if (dice(6) === 0) return { type: 'ip', value: oneOf(dice, addresses) };
  const near = texts[dice(texts.length)] ?? commonName;
  const text = oneOf(dice, [
    near,
    near.replace('*', 'api'),
    near.replace('*', 'a_b'),
    near.replace('*', '10'),
    near.replace('::ffff:', ''),
    near.replace('*', 'a.b'),
    near.replace('*', '-a'),
    near.replace('*', ''),
    near.replace('*', 'xn--bcher-kva'),
    `${near.replace('*', 'api')}.`,
    near.replace(/\.$/, ''),
    near.slice(near.indexOf('.') + 1),
    `x.${near}`,
    near.toUpperCase(),
    'evil.example.com',
    commonName,
    plainName(dice),
  ]).replace(/[^\u0021-\u007e]/g, '');
  // A client that dials an address verifies it as one.
  return isIP(text) === 0 ? { type: 'dns', value: text } : { type: 'ip', value: text.toLowerCase() };
}

export function pairsFrom(seed: number, count: number): readonly Pair[] {
  const dice = diceOf(seed);
  return Array.from({ length: count }, () => {
    const names = Array.from({ length: dice(16) === 0 ? 0 : 1 + dice(3) }, () => heldName(dice));
    const texts = names.map(({ text }) => text);
    const wanted = wantedName(dice, texts);
    const { der, pem } = mint({ subject: commonName, names: names.map(({ node }) => node) });
    const reading = readCertificates(der);
    if (!reading.ok) throw new Error(`${reading.refusal.code}: ${JSON.stringify(texts)}`);
    const [certificate] = reading.certificates;
    const held = certificate.names.filter((name): name is San => name.type === 'dns' || name.type === 'ip');
    return { texts, wanted, der, pem, certificate, held };
  });
}
