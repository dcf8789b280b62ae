/** A CA whose key is elsewhere: the usual recipe leaves the node without a certificate, and the site's CA can still sign one. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { onCluster } from './on-cluster.ts';
import { usualRecipe } from './recipes.ts';

const get = onCluster('external-ca');

test('the key is off the node, and fits the CA that is there', async () => {
  const cluster = get();
  const node = cluster.node('cp1');
  expect((await cluster.tryInNode(node, 'ls /etc/kubernetes/pki/ca.key')).exitCode).not.toBe(0);
  const ofCertificate = await cluster.inNode(
    node,
    'openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -pubkey',
  );
  const ofKey = spawnSync('openssl', ['pkey', '-in', path.join(cluster.folder, 'ca.key'), '-pubout'], {
    encoding: 'utf8',
  });
  expect(ofKey.stdout).toBe(ofCertificate);
});

test('the usual recipe fails after it has taken the certificate away', async () => {
  const cluster = get();
  const node = cluster.node('cp1');
  const { exitCode, stdout } = await cluster.tryInNode(node, usualRecipe('203.0.113.10'));
  expect(exitCode).not.toBe(0);
  expect(stdout).toMatch(/external CA|ca\.key/);
  expect((await cluster.tryInNode(node, 'ls /etc/kubernetes/pki/apiserver.crt')).exitCode).not.toBe(0);
  await cluster.restore();
  expect((await cluster.tryInNode(node, 'ls /etc/kubernetes/pki/apiserver.crt')).exitCode).toBe(0);
});
