/** Names, addresses and error texts: what people type and paste. */
import path from 'node:path';
import { startDecoding, decodeText } from '../../src/explain/decode.ts';
import { diagnose, startDiagnosis } from '../../src/explain/diagnose.ts';
import { display, isHostile } from '../../src/model/display.ts';
import { isImageReference } from '../../src/model/image-reference.ts';
import { canonicalIp } from '../../src/model/ip.ts';
import { idnToAscii, idnToUnicode, mixesScripts } from '../../src/model/dns-name.ts';
import { isCovered, looseSan, parseSan, parseSans, sanKey } from '../../src/model/san.ts';
import { sanRefusalSentence } from '../../src/model/san-refusal.ts';
import { parseServerAddress } from '../../src/model/server-address.ts';
import { endpointTyped } from '../../src/explain/endpoint.ts';
import { explainReports } from '../../src/report/index.ts';
import { closest } from '../../src/nodes/did-you-mean.ts';
import { parseEndpoint, readServer } from '../../src/nodes/api-address.ts';
import { parseTarget, readTarget } from '../../src/nodes/target.ts';
import { readProxy } from '../../src/inspect/probe/proxy-address.ts';
import { proxyFor, readProxySettings } from '../../src/inspect/probe/proxy-env.ts';
import { readCorpus } from '../support/corpus.ts';
import { must, orRefused, type Parser } from './parser.ts';

const names = [
  '10.0.0.1',
  '::ffff:10.0.0.1',
  'fe80::1%eth0',
  '*.a.example',
  'xn--mnchen-3ya.example',
  'münchen.example',
];
const namePieces = [
  'a',
  '1',
  '.',
  '*',
  ':',
  '[',
  ']',
  '/',
  '%',
  '-',
  '_',
  'ü',
  'xn--',
  '0x',
  '::',
  '.com',
  '。',
  'ſ',
];
const addresses = [
  'https://10.0.0.1:6443',
  '[fd00::1]:6443',
  'api.example:6443/path',
  'http://u:p@proxy:3128',
  'ssh://ops@cp1:22',
  'ops@cp1',
  'docker://kind-control-plane',
  'local',
  'kind-control-plane:443',
];
const addressPieces = [
  'http://',
  'https://',
  'ssh://',
  'docker://',
  'socks5://',
  '@',
  '::',
  '[',
  ']',
  ':22',
  ':99999',
  '%41',
  '?',
  '#',
  '/',
  '..',
  'a',
  '1',
  '-oProxyCommand=id',
  ' ',
];

const samples = readCorpus(path.join(import.meta.dirname, '../explain/corpus')).map(({ text }) => text);

export const nameParsers: readonly Parser[] = [
  {
    name: 'names',
    seeds: names,
    pieces: namePieces,
    inputs: 20_000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const reading = parseSan(text);
      if (!reading.ok) {
        must(!isHostile(sanRefusalSentence(reading.refusal)), 'a refusal that is not safe to show');
      } else {
        const again = parseSan(reading.san.value);
        must(again.ok && sanKey(again.san) === sanKey(reading.san), 'it reads back as another name');
        must(/^[a-z0-9.:*-]+$/.test(reading.san.value), 'a name that a shell would take for more');
        must(isCovered([reading.san], reading.san), 'it does not cover itself');
      }
      looseSan(text);
      canonicalIp(text);
      must(!isHostile(display(text)), 'display() lets something through');
      isImageReference(text);
    },
  },
  {
    name: 'lists of names',
    seeds: [names.join(',')],
    pieces: [...names, ',', ' ', '\n'],
    read: (bytes) => {
      const { sans } = parseSans(bytes.toString('utf8').split(/[,\s]/));
      must(new Set(sans.map(sanKey)).size === sans.length, 'a name stands there twice');
    },
  },
  {
    name: 'international names',
    seeds: ['münchen.example', 'xn--mnchen-3ya.example', 'аpple.com', 'xn--a.b'],
    pieces: ['xn--', 'ü', 'а', 'a', '.', '-', 'xn--mnchen-3ya', '\u0301', '\u200d', 'ẞ'],
    read: (bytes) => {
      const text = bytes.toString('utf8');
      idnToAscii(text);
      mixesScripts(text);
      idnToUnicode(text);
    },
  },
  {
    name: 'targets, servers and endpoints',
    seeds: addresses,
    pieces: addressPieces,
    inputs: 10_000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const target = readTarget(text);
      must(!target.ok || JSON.stringify(target.target).length < 5000, 'a target without end');
      orRefused(() => parseTarget(text));
      orRefused(() => parseEndpoint(text));
      readServer(text);
      parseServerAddress(text);
      endpointTyped(text);
      closest(text, ['nodes', 'names', text]);
    },
  },
  {
    name: 'proxies of the environment',
    seeds: [...addresses, '10.0.0.0/8,.example,*.a,localhost:80', '*'],
    pieces: [...addressPieces, ',', '10.0.0.0/8', '/33', '*', '.a'],
    inputs: 5000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const reading = readProxy(text);
      must(reading.ok || !reading.fault.includes('p@'), 'a fault that repeats a password');
      const settings = readProxySettings({ HTTPS_PROXY: text, NO_PROXY: text, ALL_PROXY: text });
      proxyFor(settings, '10.0.0.1', 6443);
      proxyFor(settings, 'a.example', 6443);
    },
  },
  {
    name: 'error texts',
    seeds: samples,
    pieces: [
      'x509: certificate is valid for ',
      'not ',
      '10.0.0.1',
      ', ',
      'kubernetes',
      'Unable to connect to the server: ',
      'tls: failed to verify certificate: ',
      '"',
      '\\"',
      '\\n',
      '\n',
      'https://10.0.0.1:6443/api?timeout=32s',
      'E1121 ',
      '-----BEGIN CERTIFICATE-----\n',
      '-----END CERTIFICATE-----\n',
      'subject=',
      'issuer=',
      'X509v3 Subject Alternative Name:',
      'curl: (60) ',
      'SSL: no alternative certificate subject name matches target host name ',
      "'a.b'",
      '\x1B[31m',
      '| ',
      '<br>',
      '&quot;',
    ],
    inputs: 6000,
    read: (bytes) => {
      const text = decodeText(bytes);
      const whole = diagnose(text);
      // The same, whatever pieces it comes in.
      const decoder = startDecoding();
      const pieces = startDiagnosis();
      const cut = bytes.length % 97;
      pieces.push(decoder.push(bytes.subarray(0, cut)));
      pieces.push(decoder.push(bytes.subarray(cut)));
      pieces.push(decoder.end());
      must(JSON.stringify(pieces.end()) === JSON.stringify(whole), 'cut in two, it says something else');
      for (const san of whole.names.filter(({ verdict }) => verdict === 'add'))
        must(/^[a-z0-9._:*-]+$/i.test(san.value), `a name that no certificate can have: ${san.value}`);
      const shown = explainReports['text']?.(whole, { colour: false, width: 100 }) ?? '';
      must(!isHostile(shown.replaceAll('\n', '')), 'a report that is not safe to show');
    },
  },
];
