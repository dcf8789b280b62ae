/** A machine for one kubeadm: a host name, an address, a default route and an /etc/kubernetes that nobody else sees, in namespaces of its own. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { writePair } from '../simulator/certificates.ts';
import type { Minted } from '../support/mint.ts';
import type { Subject } from './subjects.ts';

export interface Machine {
  readonly hostname: string;
  /** What kubeadm takes where nobody tells it an address. */
  readonly address: string;
}

export interface Signed {
  readonly certificate: Buffer;
  /** What lies in the folder of the CA afterwards. */
  readonly files: readonly string[];
}

/** Runs a script as root of that machine, with the CA in /etc/kubernetes/pki; what it leaves in /out is what counts. */
export async function onMachine(
  subject: Subject,
  { hostname, address }: Machine,
  { ca, script }: { readonly ca: Minted; readonly script: string },
): Promise<Signed> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-machine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['ca', 'out', 'bin']) mkdirSync(path.join(folder, name));
  writePair(path.join(folder, 'ca/ca'), ca);
  writeFileSync(path.join(folder, 'bin/kubeadm'), `#!/bin/sh\nexec '${await subject.command()}' "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(path.join(folder, 'script'), script);
  const gateway = address.replace(/\d+$/, '1');
  // Everything below /etc is gone for it; also the resolver's settings, so that nobody is asked for the newest version.
  const setUp = `set -eu
hostname ${hostname}
mount -t tmpfs none /etc
mkdir -p /etc/kubernetes/pki
cp ${folder}/ca/* /etc/kubernetes/pki
ip link set lo up
ip link add nodes type bridge
ip address add ${address}/24 dev nodes
ip link set nodes up
ip route add default via ${gateway} dev nodes
cd /etc/kubernetes
sh -eu ${folder}/script >&2
cp /etc/kubernetes/out.crt ${folder}/out/
ls -A /etc/kubernetes/pki >${folder}/out/files
`;
  await execa(
    'unshare',
    [
      ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
      '--uts',
      '--mount',
      '--net',
      'sh',
      '-c',
      setUp,
    ],
    { extendEnv: false, env: { PATH: `${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: folder } },
  );
  const files = readFileSync(path.join(folder, 'out/files'), 'utf8').trim().split('\n');
  if (!readdirSync(path.join(folder, 'out')).includes('out.crt')) throw new Error('nothing was signed');
  return { certificate: readFileSync(path.join(folder, 'out/out.crt')), files };
}
