import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openApi } from '../../src/inspect/api-from-here.ts';
import type { ApiCredentials, ApiGet, Kubeconfig } from '../../src/model/kubeconfig.ts';
import { dns, ip, keyPair, mint, type Minted } from '../support/mint.ts';

const ca = mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 0) });
const otherCa = mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 1) });
const clientAuth = '1.3.6.1.5.5.7.3.2';

function leaf(names: Parameters<typeof mint>[0] = {}): Minted {
  return mint({ issuer: ca, key: keyPair('ec', 2), ...names });
}

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Seen {
  readonly requests: IncomingMessage[];
  readonly serverNames: (string | false)[];
}

async function serve(
  certificate: Minted,
  answer: Answer = (_, response) => response.end('{}'),
): Promise<Seen & { port: number }> {
  const seen: Seen = { requests: [], serverNames: [] };
  server = createServer(
    {
      cert: certificate.pem,
      key: certificate.key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      ca: ca.pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      seen.requests.push(request);
      answer(request, response);
    },
  );
  server.on('secureConnection', (socket) => seen.serverNames.push(socket.servername as string | false));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { ...seen, port: (server.address() as AddressInfo).port };
}

function ask(
  port: number,
  more: Partial<Kubeconfig> = {},
  credentials: ApiCredentials = { token: 'secret', headers: [] },
  timeoutMs = 5000,
): ApiGet {
  const kubeconfig: Kubeconfig = {
    path: '/x',
    context: 'x',
    clusterName: 'c',
    server: { host: '10.0.0.100', port: 6443, path: '' },
    ca: [ca.pem],
    proxy: () => undefined,
    skipsVerification: false,
    credentials: () => Promise.resolve(credentials),
    notes: [],
    ...more,
  };
  const dial = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  return openApi(kubeconfig, { dial, timeoutMs, largestAnswer: 100_000 });
}

const ours = [dns('cp1'), dns('kubernetes'), dns('kubernetes.default.svc'), ip('10.96.0.1')];

describe('the API is asked from here', () => {
  test('with the token and the headers, below the path of the server', async () => {
    const { port, requests } = await serve(leaf({ names: [ip('10.0.0.100')] }), (_, response) => {
      response.statusCode = 403;
      response.end('{"message":"no"}');
    });
    const get = ask(
      port,
      { server: { host: '10.0.0.100', port: 6443, path: '/k8s' } },
      {
        token: 'secret',
        headers: [
          ['Impersonate-Group', 'a'],
          ['Impersonate-Group', 'b'],
        ],
      },
    );
    const { status, bytes } = await get('/api/v1/nodes?limit=1');
    expect([status, Buffer.from(bytes).toString()]).toEqual([403, '{"message":"no"}']);
    const [request] = requests;
    expect(request?.url).toBe('/k8s/api/v1/nodes?limit=1');
    expect(request?.headers).toMatchObject({ host: '10.0.0.100:6443', authorization: 'Bearer secret' });
    expect(request?.headersDistinct['impersonate-group']).toEqual(['a', 'b']);
  });

  test('with a client certificate', async () => {
    const { port } = await serve(leaf({ names: [ip('10.0.0.100')] }), (request, response) => {
      const { subject } = (
        request.socket as unknown as { getPeerCertificate: () => { subject: { CN: string } } }
      ).getPeerCertificate();
      response.end(subject.CN);
    });
    const me = mint({ issuer: ca, subject: 'admin', key: keyPair('ec', 3), extendedKeyUsage: [clientAuth] });
    const clientKey = String(me.key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const { bytes } = await ask(port, {}, { clientCertificate: me.pem, clientKey, headers: [] })('/');
    expect(Buffer.from(bytes).toString()).toBe('admin');
  });

  test('a name that is missing from the certificate does not stop it: another name of the API server is verified', async () => {
    const { port, requests, serverNames } = await serve(leaf({ names: ours }));
    const get = ask(port, { server: { host: 'api.example.com', port: 6443, path: '' } });
    expect((await get('/version')).status).toBe(200);
    expect((await get('/version')).status).toBe(200);
    // The first connection ended before anything was sent; the name is remembered.
    expect(serverNames.at(-1)).toBe('kubernetes.default.svc');
    expect(requests).toHaveLength(2);
  });

  test('an address is not sent as SNI, and tls-server-name is', async () => {
    const { port, serverNames } = await serve(leaf({ names: [ip('10.0.0.100'), dns('kubernetes')] }));
    await ask(port)('/version');
    await ask(port, { tlsServerName: 'kubernetes' })('/version');
    expect(serverNames).toEqual([false, 'kubernetes']);
  });
});

describe('nothing is sent to whom the chain does not prove', () => {
  test.each([
    [
      'another CA of the same name',
      mint({ issuer: otherCa, key: keyPair('ec', 2), names: ours }),
      "not from the kubeconfig's CA",
    ],
    ['itself as the CA', mint({ key: keyPair('ec', 2), names: ours }), "not from the kubeconfig's CA"],
    [
      'a kubelet, whose certificate the cluster CA signed too',
      leaf({ names: [dns('worker-1'), ip('10.0.0.11')] }),
      'holds neither 10.0.0.100 nor a name of the kubernetes Service',
    ],
    ['a client certificate', leaf({ names: ours, extendedKeyUsage: [clientAuth] }), 'purpose'],
    ['one that has expired', leaf({ names: ours, notAfter: '20250601000000Z' }), 'has expired'],
  ])('%s', async (_, certificate, why) => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const { port, requests } = await serve(certificate);
      await expect(ask(port)('/version')).rejects.toThrow(why);
      expect(requests).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  test('also where the kubeconfig asks to skip verification', async () => {
    const { port, requests } = await serve(mint({ issuer: otherCa, key: keyPair('ec', 2), names: ours }));
    await expect(ask(port, { skipsVerification: true })('/version')).rejects.toThrow("kubeconfig's CA");
    expect(requests).toEqual([]);
  });

  test('a CA in the middle of the chain is enough, as for Go', async () => {
    const middle = mint({ issuer: ca, subject: 'middle', isCa: true, key: keyPair('ec', 4) });
    const { port } = await serve(mint({ issuer: middle, key: keyPair('ec', 2), names: ours }));
    expect((await ask(port, { ca: [middle.pem] })('/version')).status).toBe(200);
  });
});

describe('an answer is bounded', () => {
  test('in size', async () => {
    const { port } = await serve(leaf({ names: ours }), (_, response) => response.end('x'.repeat(200_000)));
    await expect(ask(port)('/version')).rejects.toThrow('larger than 100000 bytes');
  });

  test('in time, also when it comes drop by drop', async () => {
    const { port } = await serve(leaf({ names: ours }), (_, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    await expect(ask(port, {}, { headers: [] }, 300)('/version')).rejects.toThrow('did not answer in time');
  });

  test('a redirect is not followed', async () => {
    const { port, requests } = await serve(leaf({ names: ours }), (_, response) => {
      response.writeHead(302, { location: 'https://evil.example/' });
      response.end();
    });
    expect((await ask(port)('/version')).status).toBe(302);
    expect(requests).toHaveLength(1);
  });

  test('a connection that breaks is said', async () => {
    const { port } = await serve(leaf({ names: ours }), (request) => request.socket.destroy());
    await expect(ask(port)('/version')).rejects.toThrow(/reset|hang up/);
  });
});
