/** The proxy variables: what is said of bad values, what is shown of secrets. Which proxy is taken is for test/oracle/proxy-env.test.ts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readProxy, redact } from '../../../src/inspect/probe/proxy-address.ts';
import { proxyFor, readProxySettings } from '../../../src/inspect/probe/proxy-env.ts';

test.each([
  ['http://proxy.example:3128', 'http proxy.example 3128'],
  ['proxy.example', 'http proxy.example 80'],
  ['HTTPS://Proxy.example/', 'https Proxy.example 443'],
  ['socks5h://[fd00::9]', 'socks5 fd00::9 1080'],
  ['http://me:p%40s@10.0.0.9:8080?x#y', 'http 10.0.0.9 8080'],
  ['http://user@host@proxy.example', 'http proxy.example 80'],
  ['http://bücher.example', 'http xn--bcher-kva.example 80'],
])('%s is a proxy', (text, wanted) => {
  const reading = readProxy(text);
  expect(reading.ok && `${reading.proxy.scheme} ${reading.proxy.host} ${reading.proxy.port}`).toBe(wanted);
});

test.each([
  'ftp://proxy.example',
  'http://',
  'http://:3128',
  'http://proxy example:3128',
  'http://proxy.example:99999',
  'http://proxy.example:0',
  'http://me:100%@proxy.example',
  'http://me:half/other-half@proxy.example',
  'http://[fd00::9',
  'http://[nonsense]:1',
  'http://a\\b',
  `http://${'a'.repeat(3000)}`,
  'http://-x',
  ':',
])('%s is none, and the reason does not repeat it', (text) => {
  const reading = readProxy(text);
  if (reading.ok) throw new Error(JSON.stringify(reading.proxy));
  expect(reading.fault.length).toBeGreaterThan(5);
  expect(reading.fault).not.toContain(text.slice(0, 60));
});

test('whatever the variables hold, nothing breaks and no secret shows', () => {
  const secret = 'hunter2hunter2';
  const parts = [
    'http://',
    'https://',
    'socks5://',
    'ftp:',
    'me:',
    secret,
    '@',
    '@',
    ':',
    '/',
    ',',
    ';',
    '=',
    ' ',
    '%',
    '[',
    ']',
    'proxy.example',
    '3128',
    '\n',
    '*',
    '"',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), fc.string(), (chosen, none) => {
      const value = `${chosen.join('')}${secret}@proxy.example:3128`;
      const settings = readProxySettings({
        HTTPS_PROXY: value,
        NO_PROXY: `${none},${value.replaceAll(',', '')}`,
        ALL_PROXY: value,
      });
      proxyFor(settings, '10.0.0.1', 6443);
      proxyFor(settings, none, 6443);
      expect(JSON.stringify(settings)).not.toContain(secret);
      expect(redact('HTTPS_PROXY', value)).not.toContain(secret);
      expect(redact('no_proxy', value.replaceAll(',', ''))).not.toContain(secret);
    }),
    { numRuns: 2000 },
  );
});

test('a malformed proxy is a fault and not taken, as Go does not take it either', () => {
  const settings = readProxySettings({ HTTPS_PROXY: 'http://me:pw@proxy example' });
  expect(settings.faults).toEqual([{ name: 'HTTPS_PROXY', fault: expect.stringContaining('white space') }]);
  expect(proxyFor(settings, 'api.example', 6443)).toBeUndefined();
});

test('the upper case comes first, an empty variable is none, and two that differ are told', () => {
  const both = readProxySettings({ HTTPS_PROXY: 'one.example', https_proxy: 'two.example' });
  expect(both.proxy?.host).toBe('one.example');
  expect(both.faults).toEqual([{ name: 'https_proxy', fault: expect.stringContaining('differs') }]);
  const lower = readProxySettings({ HTTPS_PROXY: '', https_proxy: 'two.example' });
  expect(lower).toMatchObject({ variable: 'https_proxy', proxy: { host: 'two.example' }, faults: [] });
});

test('HTTP_PROXY and ALL_PROXY are not for the API, as kubectl sees it', () => {
  const settings = readProxySettings({ HTTP_PROXY: 'one.example', ALL_PROXY: 'socks5://two.example' });
  expect(proxyFor(settings, 'api.example', 6443)).toBeUndefined();
});

test.each([
  ['10.*', 'star'],
  ['a.example b.example', 'white space'],
  ['http://api.example', 'scheme'],
  ['10.0.0.0/40', 'CIDR'],
  ['[fd00::1]', 'brackets'],
  [':6443', 'no host'],
])('an exception %s that never matches is told', (entry, why) => {
  const { faults } = readProxySettings({ NO_PROXY: `ok.example,${entry},10.0.0.0/8` });
  expect(faults).toEqual([{ name: 'NO_PROXY', fault: expect.stringContaining(why) }]);
});

test('sensible exceptions are no fault', () => {
  const none =
    'localhost,127.0.0.1,.svc,*.corp.example,10.0.0.0/8,fd00::/8,[fd00::1]:6443,api.example:6443,::1';
  expect(readProxySettings({ NO_PROXY: none }).faults).toEqual([]);
});

test('values are shown without what stands before an @', () => {
  expect(redact('HTTPS_PROXY', 'http://me:a,b@c@proxy:3128')).toBe('http://***@proxy:3128');
  expect(redact('https_proxy', 'me:pw@proxy')).toBe('***@proxy');
  expect(redact('NO_PROXY', 'a.example,me:pw@b.example')).toBe('a.example,***@b.example');
  expect(redact('NODE_OPTIONS', '--import https://me:pw@x.example/y --no-warnings')).toBe(
    '--import https://***@x.example/y --no-warnings',
  );
  expect(redact('KUBECONFIG', '/home/me@corp/.kube/config')).toBe('/home/me@corp/.kube/config');
});
