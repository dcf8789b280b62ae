import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseEndpoint,
  parseHaproxy,
  parseKeepalived,
  parseKubeVip,
  parseNginx,
} from '../../../src/inspect/node/load-balancers.ts';
import { parseManifest, type StaticPod } from '../../../src/inspect/node/manifest.ts';
import { sanitize } from '../../support/sanitized.ts';

test.each([
  ['10.0.0.1:6443', { host: '10.0.0.1', port: 6443 }],
  ['[fd00::1]:6443', { host: 'fd00::1', port: 6443 }],
  ['*:8443', { host: '*', port: 8443 }],
  [':6443', { host: '', port: 6443 }],
  ['6443', { host: '', port: 6443 }],
  [':::8443', { host: '::', port: 8443 }],
  ['cp1.example:6443', { host: 'cp1.example', port: 6443 }],
  ['unix:/run/x', undefined],
  ['10.0.0.1:99999', undefined],
  ['', undefined],
])('an endpoint written as %s', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
});

test('only what nginx passes on as it is can be a way to an API server', () => {
  expect(
    parseNginx('/etc/nginx/nginx.conf', [
      'other {',
      '}',
      'http  {',
      'server  {',
      'listen 8081;',
      'proxy_pass http://10.0.0.9:80;',
      '}',
      '}',
      'stream  {',
      'server  {',
      'listen 127.0.0.1:6443;',
      'proxy_pass up;',
      '}',
      'upstream up {',
      'server 10.0.0.1:6443;',
      'server 10.0.0.2:6443;',
      '}',
      'server  {',
      'listen 7443;',
      'proxy_pass 10.0.0.3:6443;',
      '}',
      '}',
    ]),
  ).toEqual([
    {
      kind: 'nginx',
      path: '/etc/nginx/nginx.conf',
      addresses: ['127.0.0.1'],
      port: 6443,
      backends: [
        { host: '10.0.0.1', port: 6443 },
        { host: '10.0.0.2', port: 6443 },
      ],
    },
    {
      kind: 'nginx',
      path: '/etc/nginx/nginx.conf',
      addresses: [],
      port: 7443,
      backends: [{ host: '10.0.0.3', port: 6443 }],
    },
  ]);
});

test('haproxy in its old and new ways of writing', () => {
  const found = parseHaproxy('/etc/haproxy/haproxy.cfg', [
    'defaults  ',
    'mode tcp',
    'listen api 10.0.0.5:8443',
    'server a 10.0.0.1:6443',
    'frontend web ',
    'mode http',
    'bind *:80',
    'default_backend pages',
    'backend pages ',
    'server p 10.0.0.9:80',
  ]);
  expect(found).toEqual([
    {
      kind: 'haproxy',
      path: '/etc/haproxy/haproxy.cfg',
      addresses: ['10.0.0.5'],
      port: 8443,
      backends: [{ host: '10.0.0.1', port: 6443 }],
    },
  ]);
});

function pod(spec: string): StaticPod {
  const reading = parseManifest(
    sanitize('manifest', [`kind: Pod\nmetadata: {name: kube-vip}\nspec: {containers: [${spec}]}`])
      .files[0] ?? {
      lines: [],
      remarks: [],
    },
  );
  if (!reading.ok) throw new Error(reading.fault);
  return reading.pod;
}

describe('kube-vip', () => {
  test('by its variables, and by its flags', () => {
    const [byVariables] = parseKubeVip(
      'f',
      pod('{env: [{name: vip_address, value: 10.0.0.40}, {name: lb_port, value: "8443"}]}'),
    );
    expect(byVariables).toMatchObject({ addresses: ['10.0.0.40'], port: 8443 });
    const [byFlags] = parseKubeVip('f', pod('{args: [manager, --controlplane, --address, 10.0.0.41]}'));
    expect(byFlags).toMatchObject({ addresses: ['10.0.0.41'], port: 6443 });
  });

  test('one for Services alone has no address of the control plane', () => {
    expect(
      parseKubeVip('f', pod('{env: [{name: address, value: 10.0.0.4}, {name: cp_enable, value: "false"}]}')),
    ).toEqual([]);
  });
});

test('no lines make them throw', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (lines) => {
      for (const parse of [parseNginx, parseHaproxy, parseKeepalived])
        expect(() => parse('f', lines)).not.toThrow();
    }),
  );
});
