/** `init phase certs apiserver` on files: what is there already decides what happens, as in the real one. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { KeyPair } from '../../support/mint.ts';
import { issuerOf, mintLeaf, writePair } from '../certificates.ts';
import { altNames } from './alt-names.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';

export interface Folders {
  /** Where the pair is looked for. */
  readonly from: string;
  /** Where a new one is written: elsewhere in a dry run, and then the CA is looked for there too. */
  readonly to: string;
  /** Of the kubeconfigs. */
  readonly kubernetes: string;
}

/**
 * Without ca.key everything that the CA signed has to be there.
 * https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/phases/certs/certs.go (UsingExternalCA)
 */
export function refuseIncompleteExternalCa(folders: Folders): void {
  const ca = attempt(() => certificatesIn(folders.from, 'ca')[0]);
  // A CA certificate that cannot be read is no external CA, and nothing is said about it here.
  if (ca === undefined || !ca.ca || existsSync(path.join(folders.from, 'ca.key'))) return;
  for (const [base, title] of [
    ['apiserver', 'API server'],
    ['apiserver-kubelet-client', 'API server kubelet client'],
  ] as const) {
    within(`invalid or incomplete external CA: failure loading key for ${base}`, () =>
      keyIn(folders.from, base),
    );
    const chain = within(`invalid or incomplete external CA: failure loading certificate for ${title}`, () =>
      certificatesIn(folders.from, base),
    );
    const fault = chainFault(chain, ca);
    if (fault !== undefined) {
      throw new Refusal(
        `invalid or incomplete external CA: certificate ${title} is not signed by corresponding CA: ${fault}`,
      );
    }
  }
  for (const name of ['controller-manager', 'scheduler', 'admin', 'super-admin', 'kubelet']) {
    const file = path.join(folders.kubernetes, `${name}.conf`);
    if (!existsSync(file)) {
      throw new Refusal(
        `the ${name}.conf file does not exists or it is not valid: stat ${file}: no such file or directory`,
      );
    }
  }
}

/** https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/cmd/phases/init/certs.go (runCertPhase) */
export function runPhase(settings: Settings, folders: Folders, say: (line: string) => void): void {
  const existing = attempt(() => certificatesIn(folders.from, 'apiserver'));
  if (existing !== undefined) {
    const [ca] = within("couldn't load CA certificate ca", () => certificatesIn(folders.from, 'ca'));
    const fault = ca === undefined ? '' : chainFault(existing, ca);
    if (fault !== undefined) {
      throw new Refusal(`[certs] certificate apiserver not signed by CA certificate ca: ${fault}`);
    }
    // Neither its names nor its key have been looked at.
    say('[certs] Using existing apiserver certificate and key on disk');
    return;
  }
  const { certificate, key } = loadCa(folders.to);
  const names = altNames(settings);
  const leafKey = newKey(settings.encryptionAlgorithm);
  if (!certificate.checkPrivateKey(key.privateKey)) {
    throw new Refusal(
      "unable to sign certificate: x509: provided PrivateKey doesn't match parent's PublicKey",
    );
  }
  if (
    existsSync(path.join(folders.to, 'apiserver.key')) ||
    existsSync(path.join(folders.to, 'apiserver.crt'))
  ) {
    const failure = 'failed to write or validate certificate "apiserver": failure loading apiserver';
    within(`${failure} key`, () => keyIn(folders.to, 'apiserver'));
    within(`${failure} certificate`, () => certificatesIn(folders.to, 'apiserver'));
  }
  say('[certs] Generating "apiserver" certificate and key');
  const leaf = mintLeaf(issuerOf(certificate, key), {
    commonName: 'kube-apiserver',
    uses: ['server'],
    key: leafKey,
    ...names,
    ...(settings.validity === undefined ? {} : { validity: settings.validity }),
  });
  within(
    'failed to write or validate certificate "apiserver": failure while saving apiserver certificate and key',
    () => {
      writePair(path.join(folders.to, 'apiserver'), leaf);
    },
  );
  const { dnsNames, addresses } = names;
  say(
    `[certs] apiserver serving cert is signed for DNS names [${dnsNames.join(' ')}] and IPs [${addresses.join(' ')}]`,
  );
}

function loadCa(folder: string): { readonly certificate: X509Certificate; readonly key: KeyPair } {
  if (!existsSync(path.join(folder, 'ca.crt')) && !existsSync(path.join(folder, 'ca.key'))) {
    throw new Refusal(
      `couldn't load CA certificate ca: couldn't load ca certificate authority from ${folder}`,
    );
  }
  return within("couldn't load CA certificate ca: failure loading ca certificate authority", () => {
    const [certificate] = within('failed to load certificate', () => certificatesIn(folder, 'ca'));
    const key = within('failed to load key', () => keyIn(folder, 'ca'));
    if (certificate === undefined) throw new Error('no certificate');
    return { certificate, key };
  });
}

function certificatesIn(folder: string, base: string): readonly X509Certificate[] {
  const file = path.join(folder, `${base}.crt`);
  return within(`couldn't load the certificate file ${file}`, () => {
    const blocks = read(file).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) {
      throw new Error(`error reading ${file}: data does not contain any valid RSA or ECDSA certificates`);
    }
    return blocks.map((block) => new X509Certificate(block));
  });
}

function keyIn(folder: string, base: string): KeyPair {
  const file = path.join(folder, `${base}.key`);
  return within(`couldn't load the private key file ${file}`, () => {
    const privateKey = createPrivateKey(read(file));
    return { privateKey, publicKey: createPublicKey(privateKey) };
  });
}

/** Why the first of a chain does not lead to the CA, in Go's words; undefined when it does. */
function chainFault(chain: readonly X509Certificate[], ca: X509Certificate): string | undefined {
  const now = new Date();
  let [link] = chain;
  for (let depth = 0; link !== undefined && depth <= chain.length; depth++) {
    if (now < new Date(link.validFrom) || now > new Date(link.validTo)) {
      return `x509: certificate has expired or is not yet valid: current time ${now.toISOString()} is not between ${link.validFrom} and ${link.validTo}`;
    }
    const child = link;
    if (child.checkIssued(ca) && child.verify(ca.publicKey)) return undefined;
    link = chain.find((parent) => parent.ca && child.checkIssued(parent) && child.verify(parent.publicKey));
  }
  return 'x509: certificate signed by unknown authority';
}

function newKey(algorithm: string): KeyPair {
  const [kind, size] = algorithm.split('-');
  if (kind === 'ECDSA') return generateKeyPairSync('ec', { namedCurve: size === 'P384' ? 'P-384' : 'P-256' });
  return generateKeyPairSync('rsa', { modulusLength: Number(size) });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`open ${file}: ${code === 'ENOENT' ? 'no such file or directory' : code}`, {
      cause: error,
    });
  }
}

function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Refusal(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
