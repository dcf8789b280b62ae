/** The contract on the configuration: its versions, what goes beside it, keys and periods, and what is wrong in it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { basicNames, benchFor, clusterYaml, initYaml, newestApi, type Subject } from '../subjects.ts';

export function configContract(subject: Subject): void {
  test('--config goes with no other flag that says something', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithFlags('--config', '/nowhere', '--apiserver-cert-extra-sans=a');
    expect(outcome.code).toBe(1);
    expect(outcome.error).toBe(
      "can not mix '--config' with arguments [apiserver-advertise-address apiserver-cert-extra-sans cert-dir kubernetes-version]",
    );
    expect((await bench.run('--config', '/nowhere', '--cert-dir', bench.pki)).error).toBe(
      "can not mix '--config' with arguments [cert-dir]",
    );
  });

  test('a configuration file that is not there is an error', async () => {
    expect((await benchFor(subject).run('--config=/nowhere/config.yaml')).error).toMatch(
      /^unable to read config from "\/nowhere\/config.yaml" ?: open \/nowhere\/config.yaml: no such file or directory$/,
    );
  });

  test('a folder must be named from the root on', async () => {
    const bench = benchFor(subject);
    const wrong = 'certificatesDir: Invalid value: "pki": path is not absolute';
    expect((await bench.runWithFlags('--cert-dir=pki')).error).toBe(wrong);
    const file = path.join(bench.folder, 'relative.yaml');
    writeFileSync(
      file,
      `${initYaml(newestApi(subject))}---\n${clusterYaml(subject, 'pki', newestApi(subject))}`,
    );
    expect((await bench.run('--config', file)).error).toBe(wrong);
  });

  test('v1beta3 is read by all, with a warning where it is old', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithConfig('', 'v1beta3');
    expect(outcome.code).toBe(0);
    expect(bench.names()).toEqual(['cp1', ...basicNames, '10.96.0.1', '10.0.0.11']);
    const deprecated = outcome.warnings.filter((line) => line.includes('uses a deprecated API spec'));
    expect(deprecated).toHaveLength(subject.minor >= 31 ? 2 : 0);
  });

  test('v1beta4 is read from 1.31 on', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithConfig('', 'v1beta4');
    // Its code was there before it was let out, hence the wording.
    const refusal =
      'experimental API spec: "kubeadm.k8s.io/v1beta4" is not allowed. You can use the --allow-experimental-api flag if the command supports it.';
    expect(outcome).toMatchObject(
      subject.minor >= 31 ? { code: 0, warnings: [] } : { code: 1, error: refusal, lines: [] },
    );
  });

  test('v1beta2 is read by none', async () => {
    const outcome = await benchFor(subject).runWithConfig('', 'v1beta2');
    expect(outcome.error).toMatch(
      /^your configuration file uses an old API spec: "kubeadm.k8s.io\/v1beta2"(?: \(kind: "ClusterConfiguration"\))?\. Please use kubeadm v1.22 instead/,
    );
  });

  test('the two documents may be of different versions', async () => {
    const bench = benchFor(subject);
    const file = path.join(bench.folder, 'mixed.yaml');
    writeFileSync(file, `${initYaml('v1beta3')}---\n${clusterYaml(subject, bench.pki, newestApi(subject))}`);
    expect((await bench.run('--config', file)).code).toBe(0);
  });

  test.each([
    ['ECDSA-P256', 'prime256v1', 31],
    ['ECDSA-P384', 'secp384r1', 34],
    ['RSA-3072', 3072, 31],
  ] as const)('encryptionAlgorithm %s is for v1beta4', async (algorithm, expected, since) => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithConfig(`encryptionAlgorithm: ${algorithm}\n`);
    const key = bench.files().includes('apiserver.crt')
      ? bench.certificate().publicKey.asymmetricKeyDetails
      : undefined;
    const seen = { ...outcome, key: key?.namedCurve ?? key?.modulusLength };
    expect(seen).toMatchObject(outcomeOf(subject, algorithm, expected, since));
  });

  test('an algorithm that is none is refused', async () => {
    const { error } = await benchFor(subject).runWithConfig('encryptionAlgorithm: DSA\n');
    expect(error).toMatch(subject.minor >= 31 ? /^encryptionAlgorithm: Invalid value: "DSA"/ : /^$/);
  });

  test('the feature gate of v1beta3 asks for ECDSA-P256, and false in it overrules the newer field', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig('featureGates: { PublicKeysECDSA: true }\n', 'v1beta3');
    expect(bench.certificate().publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    const other = benchFor(subject);
    await other.runWithConfig('featureGates: { PublicKeysECDSA: false }\nencryptionAlgorithm: ECDSA-P256\n');
    expect(other.certificate().publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  test('certificateValidityPeriod is for v1beta4', async () => {
    const bench = benchFor(subject);
    await bench.runWithConfig('certificateValidityPeriod: 48h30m\n');
    const hours = (Date.parse(bench.certificate().validTo) - Date.now()) / 3_600_000;
    expect(Math.round(hours * 10) / 10).toBe(subject.minor >= 31 ? 48.5 : 8760);
  });

  test('an unknown field is warned of and passed over', async () => {
    const bench = benchFor(subject);
    const outcome = await bench.runWithConfig('bogus: 1\n');
    expect(outcome.code).toBe(0);
    expect(outcome.warnings.join()).toContain('unknown field "bogus"');
  });

  test('a name that YAML reads as a number is an error', async () => {
    const outcome = await benchFor(subject).runWithConfig('apiServer: { certSANs: [1.25] }\n');
    expect(outcome.code).toBe(1);
    expect(outcome.error).toMatch(
      /json: cannot unmarshal number into Go struct field .*certSANs of type string/,
    );
  });

  test('names that are not a list are an error', async () => {
    const outcome = await benchFor(subject).runWithConfig('apiServer: { certSANs: a.example.com }\n');
    expect(outcome.error).toMatch(
      /json: cannot unmarshal string into Go struct field .*certSANs of type \[\]string/,
    );
  });

  test('a wildcard without quotes is an error in the YAML', async () => {
    const outcome = await benchFor(subject).runWithConfig('apiServer: { certSANs: [*.example.com] }\n');
    expect(outcome.code).toBe(1);
    expect(outcome.error).toContain('error converting YAML to JSON: yaml: ');
  });

  test('documents of others are passed over, those of nobody are an error, as is one that comes twice', async () => {
    const bench = benchFor(subject);
    const kubelet = '---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
    expect((await bench.runWithConfig(`${kubelet}---\napiVersion: example.com/v1\nkind: Other\n`)).code).toBe(
      0,
    );
    expect((await bench.runWithConfig('---\nfoo: 1\n')).error).toMatch(
      /^invalid configuration for GroupVersionKind .*: kind and apiVersion is mandatory information that must be specified$/,
    );
    const again = clusterYaml(subject, bench.pki, newestApi(subject));
    expect((await bench.runWithConfig(`---\n${again}`)).error).toBe(
      'invalid configuration: kind "ClusterConfiguration" is specified twice in YAML file',
    );
    const file = path.join(bench.folder, 'kubelet.yaml');
    writeFileSync(file, kubelet);
    expect((await bench.run('--config', file)).error).toMatch(
      /^no InitConfiguration or ClusterConfiguration kind was found in the (?:YAML|configuration) file$/,
    );
  });

  test('a version of Kubernetes older by two minors is refused, a newer one is not', async () => {
    const bench = benchFor(subject);
    const [older, newer] = [subject.minor - 2, subject.minor + 3];
    expect((await bench.runWithFlags(`--kubernetes-version=v1.${older}.0`)).error).toBe(
      `this version of kubeadm only supports deploying clusters with the control plane version >= 1.${older + 1}.0. Current version: v1.${older}.0`,
    );
    expect((await bench.runWithFlags(`--kubernetes-version=1.${newer}.0`)).code).toBe(0);
  });
}

function outcomeOf({ minor }: Subject, algorithm: string, key: string | number, since: number): object {
  if (minor >= since) return { code: 0, key };
  if (minor >= 31) {
    const known = '[ECDSA-P256 RSA-2048 RSA-3072 RSA-4096]';
    const refusal = `Invalid encryption algorithm "${algorithm}". Must be one of ${known}`;
    return {
      code: 3,
      error: `encryptionAlgorithm: Invalid value: "${algorithm}": ${refusal}`,
      key: undefined,
    };
  }
  // Before v1beta4 the field is unknown, which is warned of and passed over: the key is not the one that was asked for.
  return { code: 0, key: 2048 };
}
