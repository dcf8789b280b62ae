/** One request of the stand-in for kubectl, its faults told in the words of the real one. */
import { X509Certificate } from 'node:crypto';
import { request as plainRequest } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { Complaint } from './complaint.ts';
import type { Access } from './kubeconfig.ts';

export async function ask(
  access: Access,
  path: string,
  {
    method,
    body,
    timeoutMs,
  }: {
    readonly method: string;
    readonly body: string | undefined;
    readonly timeoutMs: number | undefined;
  },
): Promise<string> {
  const { server } = access;
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
  const name = access.tlsServerName ?? host;
  const options: RequestOptions = {
    host,
    port: server.port === '' ? undefined : server.port,
    path,
    method,
    headers: {
      accept: 'application/json, */*',
      // Node would send that of a DELETE without its length.
      ...(body === undefined
        ? {}
        : {
            'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
    },
    agent: false,
    ca: access.ca,
    cert: access.cert,
    key: access.key,
    // An address is no server name.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, { raw }) => nameFault(new X509Certificate(raw), name),
    ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
  };
  return new Promise((resolve, reject) => {
    const sent = (server.protocol === 'http:' ? plainRequest : request)(options, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (part: string) => (answer += part));
      response.on('error', (error) => reject(complaintOf(error, server)));
      response.on('end', () => {
        if ((response.statusCode ?? 0) < 300) resolve(answer);
        else reject(new Complaint(refusalText(response.statusCode, answer)));
      });
    });
    sent.on('error', (error) => reject(complaintOf(error, server)));
    sent.end(body);
  });
}

/** https://github.com/golang/go/blob/go1.24.0/src/crypto/x509/verify.go (HostnameError) */
function nameFault(certificate: X509Certificate, name: string): Error | undefined {
  const isAddress = isIP(name) !== 0;
  const matched = isAddress ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' });
  if (matched !== undefined) return undefined;
  const kind = isAddress ? 'IP Address:' : 'DNS:';
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((one) => one.startsWith(kind))
    .map((one) => one.slice(kind.length));
  if (isAddress && names.length === 0) {
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
