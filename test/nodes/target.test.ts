import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTarget } from '../../src/model/node.ts';
import { UserError } from '../../src/model/user-error.ts';
import { nameOfTarget, parseTarget, readTarget, targetKey } from '../../src/nodes/target.ts';
import { runs } from '../support/runs.ts';

describe('a node is accepted in every documented form', () => {
  test.each([
    ['ssh://ops@10.0.0.1:2222', { via: 'ssh', host: '10.0.0.1', port: 2222, user: 'ops' }],
    ['SSH://cp1', { via: 'ssh', host: 'cp1' }],
    ['ops@cp1.example.com', { via: 'ssh', host: 'cp1.example.com', user: 'ops' }],
    ['cp_1', { via: 'ssh', host: 'cp_1' }],
    ['cp1:22', { via: 'ssh', host: 'cp1', port: 22 }],
    ['[2001:DB8::1]:2222', { via: 'ssh', host: '2001:db8::1', port: 2222 }],
    ['2001:db8::1', { via: 'ssh', host: '2001:db8::1' }],
    ['ops@2001:db8:0:0:0:0:0:1', { via: 'ssh', host: '2001:db8::1', user: 'ops' }],
    ['docker://ha-control-plane2', { via: 'docker', container: 'ha-control-plane2' }],
    ['local:', { via: 'local' }],
  ] as const)('%s', (text, target) => {
    expect(parseTarget(text)).toEqual(target);
    expect(parseTarget(formatTarget(target))).toEqual(target);
  });
});

describe('what is no node is refused with its reason', () => {
  test.each([
    ['', 'it is empty'],
    ['-oProxyCommand=id', 'never starts with a dash'],
    ['ssh://-oProxyCommand=id', 'never starts with a dash'],
    ['-l@host', 'no user name has'],
    ['ops@-oProxyCommand=id', 'never starts with a dash'],
    ['a b', 'neither an address nor a name'],
    ['user@host@x', 'more than one @'],
    ['user;id@h', 'no user name has'],
    ['ops:secret@h', 'a password is never given here'],
    ['@host', 'the user before the @ is missing'],
    ['ops@', 'the host is missing'],
    ['host%00', 'a zone'],
    ['fe80::1%eth0', 'a zone'],
    ['$(id)', 'neither an address nor a name'],
    ['host/etc', 'neither an address nor a name'],
    ['h\nProxyCommand=id', 'neither an address nor a name'],
    ['cp😀', 'ASCII letters'],
    ['bücher.de', 'ASCII letters'],
    ['a'.repeat(300), 'longer than 253'],
    ['10.0.0.300', 'reads like an address'],
    ['0x7f.1', 'reads like an address'],
    ['7', 'reads like an address'],
    ['[10.0.0.1]:22', 'only IPv6 addresses'],
    ['[::1', 'a bracket too many'],
    ['a:b:c', 'more than one colon'],
    ['host:0', 'is no port'],
    ['host:65536', 'is no port'],
    ['host:22x', 'is no port'],
    ['host:', 'is no port'],
    ['a..b', 'neither an address nor a name'],
    ['http://cp1', 'http:// is no way'],
    ['docker://', 'a container is named by'],
    ['docker://-v', 'a container is named by'],
    ['docker://a b', 'a container is named by'],
  ])('%s', (text, fault) => {
    expect(readTarget(text)).toEqual({ ok: false, fault: expect.stringContaining(fault) as string });
  });
});

test('the complaint shows the text harmlessly and says how nodes are written', () => {
  expect(() => parseTarget('\u001b]x y')).toThrow(UserError);
  expect(() => parseTarget('\u001b]x y')).toThrow('--node \\u{1b}]x y: it is no address');
});

test('nothing that is accepted holds a character that means anything to ssh, Docker or a shell', () => {
  const pieces = fc.constantFrom(
    ...'ssh:// docker:// local: @ : [ ] -o host a.b ::1 10.0.0.1 22 _ -'.split(' '),
    ...';|$(|)|`|&|<|>|\n|\0| |%h|\'|"|\\|*|?|~|{|#|=|,|é'.split('|'),
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string(),
  );
  let accepted = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const reading = readTarget(text);
      if (!reading.ok) return;
      accepted++;
      const { target } = reading;
      const values = Object.values({ ...target, via: '' }).map(String);
      for (const value of values) expect(value).toMatch(/^(?:[\w.:-]*)$/);
      for (const value of values) expect(value).not.toMatch(/^-/);
      expect(readTarget(formatTarget(target))).toEqual(reading);
    }),
    { numRuns: runs(20_000) },
  );
  expect(accepted).toBeGreaterThan(runs(500));
});

function key(text: string): string {
  return targetKey(parseTarget(text));
}

function name(text: string): string {
  return nameOfTarget(parseTarget(text));
}

test('the same host has one key, whatever its user and spelling, and another port is another host', () => {
  expect(key('ops@CP1')).toBe(key('ssh://root@cp1:22'));
  expect(key('cp1:2222')).not.toBe(key('cp1'));
  expect(key('docker://cp1')).not.toBe(key('cp1'));
});

test('a node without a name is called by its host, and by its port where that is unusual', () => {
  expect(['cp1', 'cp1:22', 'cp1:2222', '[::1]:2222', 'docker://x', 'local:'].map(name)).toEqual([
    'cp1',
    'cp1',
    'cp1:2222',
    '[::1]:2222',
    'x',
    'local',
  ]);
});
