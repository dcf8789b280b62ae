/** Every private key and token on a node, and whether any piece of one is in some bytes, in whatever spelling. */
import { createPrivateKey } from 'node:crypto';
import type { LabCluster } from '../lab/handle.ts';
import type { LabNode } from '../lab/state.ts';

/** Bytes that nobody but the node may have. The modulus of an RSA key is in its certificate as well, so it is not among them. */
export interface Secrets {
  readonly count: number;
  readonly pieces: ReadonlySet<string>;
}

const collect = `cd /
grep -rl -- '-----BEGIN.*PRIVATE KEY-----' /etc/kubernetes /var/lib/kubelet/pki /etc/ssh 2>/dev/null | while read -r file; do cat "$file"; echo; done
sed -n 's/^ *client-key-data: *//p' /etc/kubernetes/*.conf | while read -r data; do echo "$data" | base64 -d; echo "embedded $data"; done
find /var/lib/kubelet/pods -path '*serviceaccount*' -o -path '*kube-api-access*' -name token 2>/dev/null | while read -r file; do
  [ -f "$file" ] && echo "token $(cat "$file")"
done
true
`;

export async function secretsOf(cluster: LabCluster, node: LabNode): Promise<Secrets> {
  const said = await cluster.inNode(node, collect);
  const pieces = new Set<string>();
  let count = 0;
  for (const [pem] of said.matchAll(
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  )) {
    // OpenSSH's own format, of host keys.
    if (pem.includes('OPENSSH')) {
      const body = pem.replaceAll(/-----[^-]*-----|\s/g, '');
      addPieces(pieces, Buffer.from(body, 'base64').subarray(-160));
    } else {
      const { d, p, q, dp, dq, qi } = createPrivateKey(pem).export({ format: 'jwk' });
      for (const part of [d, p, q, dp, dq, qi]) {
        if (part !== undefined) addPieces(pieces, Buffer.from(part, 'base64url'));
      }
    }
    count += 1;
  }
  for (const [, data = ''] of said.matchAll(/^embedded (\S+)$/gm)) {
    // Base64 of base64: its first half holds the modulus.
    addText(pieces, data.slice(Math.ceil(data.length / 2)));
  }
  for (const [, token = ''] of said.matchAll(/^token (\S+)$/gm)) {
    addText(pieces, token.split('.')[2] ?? '');
    count += 1;
  }
  return { count, pieces };
}

/** As they are, in hexadecimal, and in base64 at each of the three places where they can start in a group. */
function addPieces(pieces: Set<string>, secret: Buffer): void {
  for (let at = 0; at + 16 <= secret.length; at += 16)
    pieces.add(secret.subarray(at, at + 16).toString('latin1'));
  addText(pieces, secret.toString('hex'));
  for (const shift of [0, 1, 2]) {
    const whole = Math.floor((secret.length - shift) / 3) * 3;
    addText(pieces, secret.subarray(shift, shift + whole).toString('base64'));
  }
}

function addText(pieces: Set<string>, text: string): void {
  for (let at = 0; at + 20 <= text.length; at += 20) pieces.add(text.slice(at, at + 20));
}

/** The pieces that are in these bytes; line breaks and marks before lines hide none. */
export function leaked({ pieces }: Secrets, bytes: Uint8Array): readonly string[] {
  const plain = Buffer.from(bytes).toString('latin1');
  const joined = plain.replaceAll(/[\s|]/g, '');
  return [...pieces].filter((piece) => plain.includes(piece) || joined.includes(piece));
}
