/** What a login reads: known_hosts, ssh_config, files of keys, and the framed reply of a script. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { readFrames, talkOf } from '../../src/reach/frames.ts';
import { readConfigFiles, splitLine } from '../../src/reach/ssh2/config-files.ts';
import { decrypt, readKeyFile } from '../../src/reach/ssh2/key-file.ts';
import { keyTypeOf, knownHosts, knownHostsLine, matchesPattern } from '../../src/reach/ssh2/known-hosts.ts';
import { hopsOf, nameOf } from '../../src/reach/ssh2/names.ts';
import { evaluate } from '../../src/reach/ssh2/settings-subset.ts';
import { settingsFrom } from '../../src/reach/ssh2/settings.ts';
import { must, orRefused, orRefusedLater, type Parser } from './parser.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'file');

const type = 'ssh-ed25519';
const key = Buffer.concat([
  Buffer.from([0, 0, 0, type.length]),
  Buffer.from(type),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32, 7),
]);
const line = knownHostsLine('cp1', key);
const hashed = knownHostsLine('cp2', key, Buffer.alloc(20, 1));
const knownText = `# mine\n${line}${hashed}@revoked * ${line.slice(4)}*.example,!a.example,[b]:2222 ${line.slice(4)}@cert-authority ${line}`;

const configText = `Host cp* !cp9
  HostName %h.example
  User "ops"
  Port = 2222
  ProxyJump a,ops@b:2222
  IdentityFile ~/.ssh/id_%r
Match host x user y
  Compression yes
Include ${folder}/none-*
Host *
  StrictHostKeyChecking accept-new
  HostKeyAlias x # why
`;

const nonce = '0123456789abcdef0123456789abcdef';
function record(name: string, text: string): string {
  const body = Buffer.from(text).toString('base64');
  const digest = createHash('sha256').update(`${name}\n${body}`).digest('hex');
  return `\n#fix-sans ${nonce} frame ${name} ${body.length} ${digest}\n${body}\n#fix-sans ${nonce} .\n`;
}
const start = `\n#fix-sans ${nonce} start aaaaaaaaaaaaaaaa 0\n`;
const whole = `Welcome!\n${start}${record('a', 'some bytes')}noise${record('b', '')}${record('end', '0')}`;

export const sshParsers: readonly Parser[] = [
  {
    name: 'known_hosts',
    seeds: [knownText],
    pieces: [
      'cp1 ',
      'ssh-ed25519 ',
      'AAAA',
      '@revoked ',
      '@cert-authority ',
      '*',
      '!',
      ',',
      '|1|',
      '=',
      '\n',
      '[b]:2222',
      'a,',
      line,
      '?',
    ],
    inputs: 10_000,
    largest: 500_000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const known = knownHosts([{ file: 'known_hosts', text }]);
      for (const host of ['cp1', 'cp2', '[b]:2222', 'x.example', '__proto__', 'a'.repeat(250)])
        for (const found of known.find(host))
          must(keyTypeOf(found.key) === found.type, 'a key of another type');
      // Whatever stands before it, a line that is added is found again.
      const added = knownHosts([
        { file: 'known_hosts', text: `${text}\n${knownHostsLine('new.host', key)}` },
      ]);
      must(
        added.find('new.host').some((one) => one.key.equals(key)),
        'the line that was added is not found',
      );
      matchesPattern(text.slice(0, 2000), 'a'.repeat(250));
    },
  },
  {
    name: 'ssh_config',
    seeds: [configText],
    pieces: [
      'Host ',
      'Match ',
      'host ',
      'exec ',
      'Include ',
      'ProxyJump ',
      'User ',
      '"',
      "'",
      '\\',
      '=',
      '%h',
      '%',
      '#',
      '\n',
      ' ',
      '\t',
      '*',
      '!',
      'Port 1',
    ],
    inputs: 3000,
    largest: 500_000,
    read: async (bytes) => {
      writeFileSync(file, bytes);
      splitLine(bytes.toString('utf8'));
      const { lines } = await readConfigFiles(file, folder, path.join(folder, 'absent'));
      for (const host of ['cp1', '__proto__']) {
        const raw = evaluate(lines, { host, localUser: 'ops' });
        orRefused(() => settingsFrom(host, raw, { home: folder, localUser: 'ops', env: {} }));
      }
    },
  },
  {
    name: 'jumps',
    seeds: ['a,ops@b:2222,ssh://ops@[2001:db8::1]:22', 'none'],
    pieces: ['a', '@', ':', '[', ']', ',', 'ssh://', '22', '-oX=y', '%', '::', ' '],
    inputs: 6000,
    read: (bytes) => {
      const hops = orRefused(() => hopsOf(bytes.toString('utf8'))) ?? [];
      for (const hop of hops)
        must(!/^-|[\s;|&$`'"\\]/.test(nameOf(hop)), `a hop that an ssh would take for more: ${nameOf(hop)}`);
    },
  },
  {
    name: 'files of keys',
    seeds: [
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.concat([Buffer.from('openssh-key-v1\0'), Buffer.from([0, 0, 0, 4]), Buffer.from('none'), Buffer.from([0, 0, 0, 4]), Buffer.from('none'), Buffer.alloc(4), Buffer.from([0, 0, 0, 1]), Buffer.from([0, 0, 0, key.length]), key, Buffer.alloc(64)]).toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`,
      line.slice(4),
      'PuTTY-User-Key-File-3: ssh-ed25519\n',
    ],
    pieces: [
      '-----BEGIN OPENSSH PRIVATE KEY-----\n',
      '-----END OPENSSH PRIVATE KEY-----\n',
      '-----BEGIN RSA PRIVATE KEY-----\n',
      'Proc-Type: 4,ENCRYPTED\n',
      'DEK-Info: AES-128-CBC,00\n',
      'b3BlbnNzaC1rZXktdjEA',
      'AAAA',
      'ssh-rsa ',
      '\n',
    ],
    inputs: 3000,
    read: async (bytes) => {
      writeFileSync(file, bytes, { mode: 0o600 });
      await orRefusedLater(() => readKeyFile(file));
      decrypt(bytes, 'x');
    },
  },
  {
    name: 'framed replies',
    seeds: [whole],
    pieces: [
      start,
      record('a', 'x'),
      record('end', '0'),
      `\n#fix-sans ${nonce} `,
      `#fix-sans ${nonce} .\n`,
      `\n#fix-sans ${nonce} frame a 0 `,
      `\n#fix-sans ${nonce} lacks base64\n`,
      `\n#fix-sans ${nonce} talk\n`,
    ],
    inputs: 10_000,
    largest: 1_000_000,
    read: (bytes) => {
      const reading = readFrames(bytes, nonce);
      if (reading.state === 'whole')
        for (const { name, bytes: body } of reading.frames) {
          // What is believed is what the script sends: made again, it is in the reply.
          const said = record(name, Buffer.from(body).toString('latin1'));
          must(name !== 'end' && said.length > 0 && /^[A-Za-z0-9._-]+$/.test(name), 'a frame of no name');
        }
      talkOf(bytes.toString('utf8'), nonce);
    },
  },
];
