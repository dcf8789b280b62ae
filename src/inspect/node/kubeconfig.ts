/** Kubeconfigs of a node, as the sanitizer lets them through: where they lead, whom they trust, who they are. */
import { type Certificate, readCertificates } from '../../model/certificate.ts';
import { type Holder, readHolder } from '../../model/holder.ts';
import type { KubeconfigFacts } from '../../model/node-facts.ts';
import type { SanitizedFile } from './texts.ts';

export interface KubeconfigReading {
  readonly facts: KubeconfigFacts;
  /** What could not be read of it: a line each. */
  readonly faults: readonly string[];
}

/** `fileAt` gives the certificates of a file that was read in the same run. */
export function parseKubeconfig(
  file: SanitizedFile,
  fileAt: (path: string) => readonly Certificate[] | undefined,
): KubeconfigReading {
  const faults: string[] = [];
  const found = new Map<string, string[]>();
  for (const line of file.lines) {
    const [word = '', ...rest] = line.split('\t');
    const before = found.get(word);
    if (before === undefined) found.set(word, [rest.join('\t')]);
    else before.push(rest.join('\t'));
  }
  const all = (word: string) => found.get(word) ?? [];
  const from = <Value>(
    word: string,
    read: (bytes: Uint8Array) => readonly Value[] | undefined,
  ): readonly (Value | Certificate)[] => [
    ...all(`${word}-data`).flatMap((data) => {
      const values = read(Buffer.from(data, 'base64'));
      if (!values) faults.push(`${word}-data is no certificate on one line`);
      return values ?? [];
    }),
    ...all(word).flatMap((path) => {
      const certificates = fileAt(path);
      if (!certificates) faults.push(`${word} is a file that was not read: ${path}`);
      return certificates ?? [];
    }),
  ];
  if (all('exec').length > 0) faults.push('its credentials come from a program, which was not started');
  const servers = all('server').filter((server) => server !== '?');
  if (all('server').length === 0) faults.push('no server is in it');
  else if (servers.length === 0) faults.push('its server is more than an address, and stayed on the node');
  const tlsServerName = all('tls-server-name').find((name) => name !== '?');
  const [client] = from('client-certificate', holderOf);
  return {
    facts: {
      path: file.path,
      servers: [...new Set(servers)],
      caFingerprints: [
        ...new Set(from('certificate-authority', certificatesOf).map(({ fingerprint }) => fingerprint)),
      ],
      ...(tlsServerName !== undefined && { tlsServerName }),
      ...(all('insecure-skip-tls-verify').includes('true') && { skipsVerification: true }),
      ...(client && { clientCertificate: { subject: client.subject, notAfter: client.notAfter } }),
    },
    faults,
  };
}

function certificatesOf(bytes: Uint8Array): readonly Certificate[] | undefined {
  const reading = readCertificates(bytes);
  return reading.ok ? reading.certificates : undefined;
}

function holderOf(bytes: Uint8Array): readonly Holder[] | undefined {
  const holder = readHolder(bytes);
  return holder && [holder];
}
