/** Values of the proxy variables, sensible and not, and the endpoints that they are asked about. */

export interface ProxyCase {
  readonly https: string;
  readonly none: string;
  readonly host: string;
  readonly port: number;
}

export const usualProxies: readonly string[] = [
  '',
  'http://proxy.example:3128',
  'proxy.example:3128',
  'proxy.example',
  'https://proxy.example',
  'socks5://10.0.0.9',
  'http://me:p%40ss@[fd00::9]:8080/',
  '10.0.0.9:3128',
  '3128',
  'localhost:3128',
];

export const entries: readonly string[] = [
  '*',
  '10.0.0.0/8',
  '10.0.0.1',
  '10.0.0.1:6443',
  '10.0.0.1:443',
  '10.0.0.1/33',
  '10.0.0.01',
  '010.0.0.1',
  '10.*',
  '10.0.0.',
  '0.0.0.0/0',
  '::/0',
  'fd00::/8',
  'fd00::1',
  '[fd00::1]',
  '[fd00::1]:6443',
  '[fd00::1]:443',
  'FD00:0:0::1',
  '::ffff:10.0.0.1',
  '::ffff:10.0.0.0/104',
  '::ffff:10.0.0.0/90',
  '.example.com',
  'example.com',
  'EXAMPLE.com',
  '*.example.com',
  '**.example.com',
  'api.*.com',
  'api.example.com:6443',
  'api.example.com:443',
  '.example.com:6443',
  'example.com.',
  'example',
  'com',
  '.',
  ':6443',
  '',
  ' ',
  'a b',
  'http://api.example.com',
  'api.example.com/',
  'localhost',
  '127.0.0.1',
  'bücher.example',
  'xn--bcher-kva.example',
  '[::1',
  'a:b:c',
  '[a]:1',
  '10.0.0.1 ,example.com',
  'other.example,10.0.0.0/9',
  '  api.example.com  ',
];

export const hosts: readonly string[] = [
  '10.0.0.1',
  '10.200.0.1',
  '192.0.2.1',
  'fd00::1',
  'fe80::1',
  '::ffff:10.0.0.1',
  '::ffff:127.0.0.1',
  '::1',
  '127.0.0.1',
  '127.9.9.9',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'example.com',
  'api.example.com',
  'API.Example.Com',
  'a.api.example.com',
  'api.example.com.',
  'notexample.com',
  'bücher.example',
  'api.bücher.example',
  'xn--bcher-kva.example',
  'kubernetes',
];

/** Every entry with every host and two ports, then every proxy with some, then lists of several. */
export function proxyCases(): readonly ProxyCase[] {
  const https = 'http://proxy.example:3128';
  const single = entries.flatMap((none) =>
    hosts.flatMap((host) => [6443, 443].map((port) => ({ https, none, host, port }))),
  );
  const proxies = usualProxies.flatMap((one) =>
    ['10.0.0.1', 'localhost', 'api.example.com'].map((host) => ({ https: one, none: '', host, port: 6443 })),
  );
  const several = entries.flatMap((first, index) => {
    const none = [
      first,
      entries[(index * 7 + 3) % entries.length],
      entries[(index * 11 + 5) % entries.length],
    ];
    return hosts.map((host) => ({ https, none: none.join(','), host, port: 6443 }));
  });
  return [...single, ...proxies, ...several];
}
