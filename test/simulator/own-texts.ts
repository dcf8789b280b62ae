/** What tells one simulated node's reply from another's, so that a recorded one can be turned into that of any other node. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { keyFingerprintOf } from '../support/mint.ts';

export interface Whose {
  readonly root: string;
  readonly name: string;
  readonly address: string;
}

/** In one order for all nodes; none may be found within what nodes have in common. */
export function ownTexts({ root, name, address }: Whose): readonly string[] {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
  const key = keyFingerprintOf(createPrivateKey(read('etc/kubernetes/pki/apiserver.key')));
  return [
    root,
    `hostname\t${name}\n`,
    address,
    `apiserver.key\t${key}`,
    ...['etc/kubernetes/pki/apiserver.crt', 'var/lib/kubelet/pki/kubelet-client-current.pem'].map((file) =>
      certificateOf(read(file)),
    ),
    ...['admin', 'super-admin', 'controller-manager', 'scheduler'].map((file) =>
      clientOf(read(`etc/kubernetes/${file}.conf`)),
    ),
  ];
}

/** Line by line, as the sanitizer tells it. */
function certificateOf(pem: string): string {
  const [, body = ''] = /-----BEGIN CERTIFICATE-----\n([^-]*)\n-----END/.exec(pem) ?? [];
  return body.replaceAll('\n', '\n|');
}

function clientOf(kubeconfig: string): string {
  const { users } = parse(kubeconfig) as { users: { user: Record<string, string> }[] };
  return users[0]?.user['client-certificate-data'] ?? '';
}
