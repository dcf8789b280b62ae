/** One request of the stand-in for kubectl, its faults told in the words of the real one. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { Complaint } from './complaint.ts';
import { talk } from './http.ts';
import type { Access } from './kubeconfig.ts';

export interface Asked {
  readonly method: string;
  readonly body: string | undefined;
  readonly timeoutMs: number | undefined;
}

export async function ask(access: Access, path: string, asked: Asked): Promise<string> {
  const { server } = access;
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
  const name = access.tlsServerName ?? host;
  const known = server.protocol === 'https:' ? await connectToKnown(access, host, name) : undefined;
  try {
    const { status, text } = await (known === undefined
      ? askChecked({ access, host, name }, path, asked)
      : talk(known, { ...asked, path, headers: headersOf(asked) }));
    if (status < 300) return text;
    throw new Complaint(refusalText(status, text));
  } catch (error) {
    throw error instanceof Complaint ? error : complaintOf(error as NodeJS.ErrnoException, server);
  }
}

function headersOf({ method, body }: Asked): Readonly<Record<string, string | number>> {
  return {
    accept: 'application/json, */*',
    // Node would send that of a DELETE without its length.
    ...(body !== undefined && {
      'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
  };
}

interface Checked {
  readonly access: Access;
  readonly host: string;
  readonly name: string;
}

/** With OpenSSL's own say about the certificate, and Node's clients, which are loaded for this alone. */
async function askChecked({ access, host, name }: Checked, path: string, asked: Asked) {
  const { server, ca, cert, key } = access;
  const { request } = server.protocol === 'http:' ? await import('node:http') : await import('node:https');
  const { method, body, timeoutMs } = asked;
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const options = {
      host,
      path,
      method,
      ca,
      cert,
      key,
      agent: false,
      headers: headersOf(asked),
      port: server.port === '' ? undefined : server.port,
      // An address is no server name.
      servername: isAddress(name) ? '' : name,
      checkServerIdentity: (_host: string, { raw }: { readonly raw: Buffer }) =>
        nameFault(new X509Certificate(raw), name),
      ...(timeoutMs !== undefined && { signal: AbortSignal.timeout(timeoutMs) }),
    };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Node's own way compiles a large expression for whatever is not an IPv4 address, which takes a tenth of all the time here. */
function isAddress(name: string): boolean {
  return name.includes(':') || (/^[\d.]+$/.test(name) && isIP(name) !== 0);
}

/**
 * A connection to a server whose certificate one of these CAs has signed itself; undefined where anything at all is otherwise, for OpenSSL to
 * say what. To have OpenSSL check costs Node the reading of all public CAs, which takes longer than all else here together:
 * https://github.com/nodejs/node/blob/v20.19.0/src/crypto/crypto_context.cc (SecureContext::AddCACert)
 */
async function connectToKnown(
  { server, ca = '', cert, key }: Access,
  host: string,
  name: string,
): Promise<TLSSocket | undefined> {
  const roots = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const servername = isAddress(name) ? '' : name;
  const port = server.port === '' ? 443 : Number(server.port);
  return new Promise((resolve) => {
    const socket = connect({ host, port, ca: [], cert, key, servername, rejectUnauthorized: false });
    socket.setTimeout(2000, () => socket.destroy());
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      const shown = socket.getPeerX509Certificate();
      if (shown !== undefined && isGood(shown, name, roots)) {
        resolve(socket);
        return;
      }
      socket.destroy();
    });
  });
}

const forServers = '1.3.6.1.5.5.7.3.1';

function isGood(shown: X509Certificate, name: string, roots: readonly string[]): boolean {
  const now = Date.now();
  const isInTime = (one: X509Certificate): boolean =>
    Date.parse(one.validFrom) <= now && now < Date.parse(one.validTo);
  return (
    isInTime(shown) &&
    // `undefined` where nothing is said of the use.
    ((shown.keyUsage as readonly string[] | undefined) ?? []).includes(forServers) &&
    nameFault(shown, name) === undefined &&
    roots
      .map((pem) => new X509Certificate(pem))
      .some((root) => root.ca && isInTime(root) && shown.checkIssued(root) && shown.verify(root.publicKey))
  );
}

/** https://github.com/golang/go/blob/go1.24.0/src/crypto/x509/verify.go (HostnameError) */
function nameFault(certificate: X509Certificate, name: string): Error | undefined {
  const isIp = isAddress(name);
  const matched = isIp ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' });
  if (matched !== undefined) return undefined;
  const kind = isIp ? 'IP Address:' : 'DNS:';
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((one) => one.startsWith(kind))
    .map((one) => one.slice(kind.length));
  if (isIp && names.length === 0) {
    return new Error(`x509: cannot validate certificate for ${name} because it doesn't contain any IP SANs`);
  }
  return new Error(
    names.length === 0
      ? `x509: certificate is not valid for any names, but wanted to match ${name}`
      : `x509: certificate is valid for ${names.join(', ')}, not ${name}`,
  );
}

function complaintOf(error: NodeJS.ErrnoException, server: URL): Complaint {
  const { code = '', message } = error;
  if (code === 'ECONNREFUSED') {
    return new Complaint(
      `The connection to the server ${server.host} was refused - did you specify the right host or port?`,
    );
  }
  const unable = 'Unable to connect to the server';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') {
    return new Complaint(
      `${unable}: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
    );
  }
  const failed = 'tls: failed to verify certificate: x509:';
  if (message.startsWith('x509: '))
    return new Complaint(`${unable}: tls: failed to verify certificate: ${message}`);
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return new Complaint(`${unable}: ${failed} certificate has expired or is not yet valid`);
  }
  if (/^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_SIGNATURE)/.test(code)) {
    return new Complaint(`${unable}: ${failed} certificate signed by unknown authority`);
  }
  return new Complaint(`${unable}: ${message}`);
}

/** As kubectl prints a Status. */
function refusalText(status: number | undefined, answer: string): string {
  try {
    const { reason, message } = JSON.parse(answer) as { reason?: string; message?: string };
    // As kubectl says it of a patch: https://github.com/kubernetes/kubectl/blob/v0.34.0/pkg/cmd/util/helpers.go
    if (reason === 'Invalid' && message !== undefined) return `The request is invalid: ${message}`;
    if (message !== undefined) return `Error from server (${reason ?? status}): ${message}`;
  } catch {
    // Plain text, as /readyz answers.
  }
  return `Error from server (InternalError): an error on the server (${JSON.stringify(answer.trim())}) has prevented the request from succeeding`;
}
