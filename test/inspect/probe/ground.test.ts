import { expect, test } from 'vitest';
import { refusedGround } from '../../../src/inspect/probe/ground.ts';

test.each([
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::',
  '2002:a9fe:a9fe::1',
  '::a9fe:a9fe',
  'fd20:ce::254',
  'fd00:ec2::254',
  '168.63.129.16',
])('%s leads to a metadata service, and is dialled only for who names it', (host) => {
  expect(refusedGround(host, 'told')).toBe('a cloud metadata address');
  expect(refusedGround(host, 'given')).toBe('a cloud metadata address');
  expect(refusedGround(host, 'named')).toBeUndefined();
});

test.each(['64:ff9b::7f00:1', '2002:7f00:1::', '::127.0.0.1', '127.0.0.1', '::1'])(
  '%s leads to this machine, and is not dialled because a cluster says so',
  (host) => {
    expect(refusedGround(host, 'told')).toContain('loopback');
    expect(refusedGround(host, 'given')).toBeUndefined();
  },
);

test.each(['64:ff9b::a00:1', '2002:c000:201::1', '10.0.0.1', '2001:db8::1', 'fd00::1', '64:ff9b::808:808'])(
  '%s is an address as any other',
  (host) => {
    expect(refusedGround(host, 'told')).toBeUndefined();
  },
);
