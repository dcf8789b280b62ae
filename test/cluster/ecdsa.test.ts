/** A PKI of ECDSA keys: what kubeadm makes of it with the cluster's configuration, and without. */
import { expect, test } from 'vitest';
import { onCluster } from './on-cluster.ts';
import { stage } from './recipes.ts';

const get = onCluster('ecdsa');

test('every certificate has a P-256 key, and stays so when it is staged from the configuration', async () => {
  const cluster = get();
  const node = cluster.node('cp1');
  const kinds = await cluster.inNode(
    node,
    `for file in $(find /etc/kubernetes/pki -name '*.crt'); do
  openssl x509 -in "$file" -noout -text | grep 'ASN1 OID\\|RSA'
done | sort -u`,
  );
  expect(kinds.trim()).toBe('ASN1 OID: prime256v1');
  await cluster.inNode(node, stage(node, ['new.example']));
  expect(await cluster.inNode(node, publicKey('/etc/kubernetes/staged/apiserver.crt'))).toContain(
    'prime256v1',
  );
});

test('kubeadm without configuration makes an RSA key', async () => {
  const cluster = get();
  const made = await cluster.inNode(
    cluster.node('cp1'),
    `cd "$(mktemp -d)"
cp /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key .
kubeadm init phase certs apiserver --cert-dir "$PWD" --kubernetes-version "$(cat /kind/version)" >/dev/null 2>&1
${publicKey('apiserver.crt')}`,
  );
  expect(made).toContain('rsaEncryption');
});

function publicKey(file: string): string {
  return `openssl x509 -in ${file} -noout -text | grep 'Public Key Algorithm\\|ASN1 OID'\n`;
}
