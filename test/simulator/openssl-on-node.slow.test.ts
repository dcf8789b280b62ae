/** The stand-in for openssl where a script finds it: on a simulated node of a machine that has none. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { runOn } from './client.ts';
import { simulate } from './simulate.ts';

test('a simulated node has it where the machine has none, and there it sees the files of the node alone', async () => {
  vi.stubEnv('FIX_SANS_SIMULATED_OPENSSL', '1');
  const simulation = await simulate({ nodes: 1, keys: 'ec' });
  vi.unstubAllEnvs();
  try {
    const [node] = simulation.nodes;
    if (node === undefined) throw new Error('there is no node');
    const { stdout, code } = await runOn(
      node,
      `command -v openssl
for file in /etc/kubernetes/pki/apiserver.crt "$FIX_SANS_ROOT/etc/kubernetes/pki/apiserver.crt"; do openssl x509 -in "$file" -outform DER | sha256sum; done
openssl s_client -connect ${node.api.host}:${node.api.port} </dev/null 2>/dev/null | openssl x509 -outform DER | sha256sum
ln -s /etc/hostname "$FIX_SANS_ROOT/tmp/away"
openssl x509 -in /tmp/away -noout -pubkey 2>&1`,
    );
    const [place, ...said] = stdout.trim().split('\n');
    expect(place).toBe(path.join(node.root, 'usr/bin/openssl'));
    const served = new X509Certificate(
      readFileSync(path.join(node.root, 'etc/kubernetes/pki/apiserver.crt')),
    );
    const sum = `${served.fingerprint256.replaceAll(':', '').toLowerCase()}  -`;
    expect(said).toEqual([sum, sum, sum, 'simulated: /tmp/away leads out of the simulated node']);
    expect(code).toBe(1);
  } finally {
    await simulation.stop();
  }
});
