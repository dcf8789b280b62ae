/** The contract on files: what lies in the folder decides what kubeadm does. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { mintCa, mintLeaf, writePair } from '../../simulator/certificates.ts';
import { keyPair } from '../../support/mint.ts';
import { type Bench, benchFor, type Subject } from '../subjects.ts';

const unchanged = '[certs] Using existing apiserver certificate and key on disk';

function stateOf(bench: Bench): unknown {
  const { pki } = bench;
  return bench.files().map((file) => {
    const { ino, mtimeMs, mode, size } = statSync(path.join(pki, file));
    return { file, ino, mtimeMs, mode, size, bytes: readFileSync(path.join(pki, file), 'hex') };
  });
}

export function fileContract(subject: Subject): void {
  test('into a folder with only a CA it writes a pair, key closed and certificate open, and nothing else', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithFlags();
    expect(outcome.error).toBe('');
    expect(outcome.code).toBe(0);
    expect(outcome.lines[0]).toBe('[certs] Generating "apiserver" certificate and key');
    expect(outcome.lines[1]).toMatch(
      /^\[certs\] apiserver serving cert is signed for DNS names \[.*kubernetes.*\] and IPs \[10\.96\.0\.1 10\.0\.0\.11\]$/,
    );
    expect(outcome.lines).toHaveLength(2);
    expect(bench.files()).toEqual(['apiserver.crt', 'apiserver.key', 'ca.crt', 'ca.key']);
    expect(statSync(path.join(bench.pki, 'apiserver.key')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(bench.pki, 'apiserver.crt')).mode & 0o777).toBe(0o644);
  });

  test('the certificate is what a server needs and no more, for a year, from five minutes ago', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    const certificate = bench.certificate();
    const ca = new X509Certificate(bench.ca.pem);
    expect(certificate.subject).toBe('CN=kube-apiserver');
    expect(certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(certificate.serialNumber.length).toBeLessThanOrEqual(16);
    const minutes = (Date.now() - Date.parse(certificate.validFrom)) / 60_000;
    // Up to and including 1.28 it began with its CA.
    expect(minutes).toBeGreaterThan(4.9);
    expect(minutes).toBeLessThan(6);
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(364.9);
    expect(days).toBeLessThan(365.1);
    const key = readFileSync(path.join(bench.pki, 'apiserver.key'), 'utf8');
    expect(key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  test('a pair that is there stays as it is, whatever names are asked for, and the exit code is 0', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    const before = stateOf(bench);
    const outcome = await bench.runWithFlags('--apiserver-cert-extra-sans=new.example.com');
    expect(outcome).toEqual({ code: 0, lines: [unchanged], warnings: [], error: '' });
    const withConfig = await bench.runWithConfig('apiServer: { certSANs: [new.example.com] }\n');
    expect([withConfig.code, withConfig.lines]).toEqual([0, [unchanged]]);
    expect(stateOf(bench)).toEqual(before);
  });

  test('a new key is made each time, when both files are gone', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    const { serialNumber, publicKey } = bench.certificate();
    for (const file of ['apiserver.crt', 'apiserver.key']) rmSync(path.join(bench.pki, file));
    await bench.runWithFlags();
    expect(bench.certificate().serialNumber).not.toBe(serialNumber);
    expect(bench.certificate().publicKey.equals(publicKey)).toBe(false);
  });

  test('with only the certificate gone it fails, and the key stays', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    rmSync(path.join(bench.pki, 'apiserver.crt'));
    const before = stateOf(bench);
    const file = path.join(bench.pki, 'apiserver.crt');
    expect(await bench.runWithFlags()).toMatchObject({
      code: 1,
      error: `error execution phase certs/apiserver: failed to write or validate certificate "apiserver": failure loading apiserver certificate: couldn't load the certificate file ${file}: open ${file}: no such file or directory`,
    });
    expect(stateOf(bench)).toEqual(before);
  });

  test('with only the key gone it says that both exist, and the key stays gone', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    rmSync(path.join(bench.pki, 'apiserver.key'));
    expect(await bench.runWithFlags()).toMatchObject({ code: 0, lines: [unchanged] });
    expect(bench.files()).toEqual(['apiserver.crt', 'ca.crt', 'ca.key']);
  });

  test('a key of another pair is not noticed', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    writeFileSync(path.join(bench.pki, 'apiserver.key'), 'not a key');
    expect(await bench.runWithFlags()).toMatchObject({ code: 0, lines: [unchanged] });
  });

  test('a certificate that is no certificate counts as gone, but only with its key', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    writeFileSync(path.join(bench.pki, 'apiserver.crt'), 'nonsense');
    const outcome = await bench.runWithFlags();
    expect(outcome.code).toBe(1);
    expect(outcome.error).toContain(
      "failure loading apiserver certificate: couldn't load the certificate file",
    );
    expect(outcome.error).toContain('data does not contain any valid RSA or ECDSA certificates');
  });

  test('a pair of another CA is refused', async () => {
    const bench = benchFor(subject);
    const stranger = mintCa('another', keyPair('rsa', 2));
    writePair(
      path.join(bench.pki, 'apiserver'),
      mintLeaf(stranger, { commonName: 'kube-apiserver', uses: ['server'], key: keyPair('rsa', 1) }),
    );
    const outcome = await bench.runWithFlags();
    expect(outcome.code).toBe(1);
    expect(outcome.error).toMatch(
      /^error execution phase certs\/apiserver: \[certs\] certificate apiserver not signed by CA certificate ca: x509: certificate signed by unknown authority/,
    );
  });

  test('an expired certificate is refused as if another CA had signed it', async () => {
    const bench = benchFor(subject);
    const expired = {
      commonName: 'kube-apiserver',
      uses: ['server'],
      key: keyPair('rsa', 1),
      validity: -60_000,
    } as const;
    writePair(path.join(bench.pki, 'apiserver'), mintLeaf(bench.ca, expired));
    const outcome = await bench.runWithFlags();
    expect(outcome.code).toBe(1);
    expect(outcome.error).toMatch(
      /certificate apiserver not signed by CA certificate ca: x509: certificate has expired/,
    );
  });

  test('of a CA file with several certificates the first one signs', async () => {
    const bench = benchFor(subject);
    const other = mintCa('older', keyPair('rsa', 2));
    writeFileSync(path.join(bench.pki, 'ca.crt'), bench.ca.pem + other.pem);
    expect((await bench.runWithFlags()).code).toBe(0);
    expect(bench.certificate().issuer).toBe('CN=kubernetes');
    expect(readFileSync(path.join(bench.pki, 'apiserver.crt'), 'utf8').match(/BEGIN/g)).toHaveLength(1);
    rmSync(path.join(bench.pki, 'apiserver.crt'));
    rmSync(path.join(bench.pki, 'apiserver.key'));
    writeFileSync(path.join(bench.pki, 'ca.crt'), other.pem + bench.ca.pem);
    const outcome = await bench.runWithFlags();
    expect(outcome.code).toBe(1);
    expect(outcome.error).toContain("x509: provided PrivateKey doesn't match parent's PublicKey");
    expect(bench.files()).toEqual(['ca.crt', 'ca.key']);
  });

  test('a CA reached by links signs like any other, and a folder reached by a link is written to', async () => {
    const bench = benchFor(subject);
    const stage = path.join(bench.folder, 'stage');
    mkdirSync(stage, { mode: 0o700 });
    for (const file of ['ca.crt', 'ca.key']) symlinkSync(path.join(bench.pki, file), path.join(stage, file));
    symlinkSync(stage, path.join(bench.folder, 'link'));
    const outcome = await bench.runWithFlags(`--cert-dir=${bench.folder}/link`);
    expect(outcome.code).toBe(0);
    expect(readFileSync(path.join(stage, 'apiserver.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
    expect(readlinkSync(path.join(stage, 'ca.key'))).toBe(path.join(bench.pki, 'ca.key'));
    expect(bench.files()).toEqual(['ca.crt', 'ca.key']);
  });

  test('the key is written before the certificate', async () => {
    const bench = benchFor(subject);
    symlinkSync('missing/apiserver.crt', path.join(bench.pki, 'apiserver.crt'));
    const outcome = await bench.runWithFlags();
    expect(outcome.code).toBe(1);
    expect(outcome.error).toContain('failure while saving apiserver certificate and key: ');
    expect(bench.files()).toEqual(['apiserver.crt', 'apiserver.key', 'ca.crt', 'ca.key']);
  });

  test('without a CA certificate it cannot do anything', async () => {
    const bench = benchFor(subject);
    for (const file of ['ca.crt', 'ca.key'])
      renameSync(path.join(bench.pki, file), path.join(bench.folder, file));
    expect(await bench.runWithFlags()).toMatchObject({
      code: 1,
      error: `error execution phase certs/apiserver: couldn't load CA certificate ca: couldn't load ca certificate authority from ${bench.pki}`,
    });
    expect(bench.files()).toEqual([]);
  });

  test('a dry run looks at the pair that is there first, so it is no preview', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    const before = stateOf(bench);
    const outcome = await bench.runWithFlags('--dry-run', '--apiserver-cert-extra-sans=new.example.com');
    expect([outcome.code, outcome.lines]).toEqual([0, [unchanged]]);
    expect(stateOf(bench)).toEqual(before);
  });

  test('a dry run without a pair fails: it looks for the CA in its own empty folder', async () => {
    const bench = benchFor(subject);
    mkdirSync(path.join(bench.folder, 'dry-run'));
    const outcome = await bench.runWithFlags('--dry-run');
    expect(outcome.code).toBe(1);
    expect(outcome.error).toContain(
      `couldn't load ca certificate authority from ${path.join(bench.folder, 'dry-run')}`,
    );
    expect(bench.files()).toEqual(['ca.crt', 'ca.key']);
  });
}
