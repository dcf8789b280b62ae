import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressOf,
  defaultLink,
  parseIpAddr,
  parseKernelAddresses,
  parseKernelSockets,
  parseSs,
} from '../../../src/inspect/node/network.ts';

test('the address of the default route is that of the link with the lowest metric', () => {
  const routes = [
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask',
    'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000',
    'eth0\t00000000\t010019AC\t0003\t0\t0\t100\t00000000',
    'eth1\t000019AC\t00000000\t0001\t0\t0\t0\t0000FFFF',
  ].join('\n');
  expect(defaultLink(routes)).toBe('eth0');
  const addresses = parseIpAddr(
    '2: eth0    inet6 fe80::1/64 scope link \\\n2: eth0    inet6 fd00::2/64 scope global \\\n2: eth0    inet 169.254.1.1/16 scope link eth0\\\n2: eth0    inet 172.25.0.6/16 brd 172.25.255.255 scope global eth0\\       valid_lft forever',
  );
  expect(addressOf('eth0', addresses)).toBe('172.25.0.6');
  expect(addressOf('eth9', addresses)).toBeUndefined();
  expect(addressOf(undefined, addresses)).toBeUndefined();
  expect(defaultLink('')).toBeUndefined();
});

test('addresses are read from the kernel where iproute2 is not there', () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
        +-- 172.25.0.0/16 2 0 2
           |-- 172.25.0.0
              /16 link UNICAST
           |-- 172.25.0.6
              /32 host LOCAL
           |-- 172.25.255.255
              /32 link BROADCAST
fd000000000000000000000000000005 02 40 00 80     eth0
`;
  expect(parseKernelAddresses(trie)).toEqual([
    { link: '', address: '172.25.0.6' },
    { link: 'eth0', address: 'fd00::5' },
  ]);
});

test('sockets are read from ss, and from the kernel where it is not there', () => {
  expect(
    parseSs(
      'LISTEN 0 4096 172.25.0.6:2379 0.0.0.0:* users:(("etcd",pid=500,fd=7))\nLISTEN 0 1 [fd00::1%eth0]:80 [::]:*\nLISTEN 1 4096 *:6443 *:*\nESTAB 0 0 1.2.3.4:1 5.6.7.8:9\nState Recv-Q',
    ),
  ).toEqual([
    { address: '172.25.0.6', port: 2379, process: 'etcd' },
    { address: 'fd00::1', port: 80 },
    { address: '::', port: 6443 },
  ]);
  expect(
    parseKernelSockets(
      '0100007F:192B\n00000000000000000000000000000000:192B\nB80D01200000000067452301EFCDAB89:0016\njunk',
    ),
  ).toEqual([
    { address: '127.0.0.1', port: 6443 },
    { address: '::', port: 6443 },
    { address: '2001:db8::123:4567:89ab:cdef', port: 22 },
  ]);
});

test('no text makes them throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const parse of [parseIpAddr, parseKernelAddresses, parseSs, parseKernelSockets, defaultLink])
        expect(() => parse(text)).not.toThrow();
    }),
  );
});
