/** What goes wrong on real nodes, done to a simulated one; each gives back what puts it right again. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { keyPair } from '../support/mint.ts';
import { keyText, mintLeaf, writePair } from './certificates.ts';
import { pool } from './pki.ts';
import type { SimulatedNode, Simulation } from './simulate.ts';

export type Undo = () => void;

function pkiOf({ root }: SimulatedNode): string {
  return path.join(root, 'etc/kubernetes/pki');
}

/** The names in the certificate on disk, as they are written in it. */
export function namesOnDisk(node: SimulatedNode): readonly string[] {
  const { subjectAltName = '' } = new X509Certificate(readFileSync(path.join(pkiOf(node), 'apiserver.crt')));
  return subjectAltName.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
}

/** Another certificate with exactly these names, of the cluster's CA even where the node has no ca.key. */
export function reissue(
  { pki }: Pick<Simulation, 'pki'>,
  node: SimulatedNode,
  names: readonly string[],
  validity?: number,
): Undo {
  const leaf = mintLeaf(pki.ca, {
    commonName: 'kube-apiserver',
    uses: ['server'],
    key: keyPair(pki.kind, pool.reissued),
    dnsNames: names.filter((name) => isIP(name) === 0),
    addresses: names.filter((name) => isIP(name) !== 0),
    ...(validity === undefined ? {} : { validity }),
  });
  const undo = keep(node, 'apiserver.key', 'apiserver.crt');
  const staged = path.join(node.root, 'tmp/staged');
  writePair(staged, leaf);
  const unmark = mark(node);
  for (const kind of ['key', 'crt'])
    renameSync(`${staged}.${kind}`, path.join(pkiOf(node), `apiserver.${kind}`));
  unmark();
  return undo;
}

/** The same names in a certificate whose time is over, for a minute now. */
export function expire(simulation: Pick<Simulation, 'pki'>, node: SimulatedNode): Undo {
  return reissue(simulation, node, namesOnDisk(node), -60_000);
}

/** A key that is not the certificate's: the server keeps the pair that it has. */
export function mismatchPair({ pki }: Pick<Simulation, 'pki'>, node: SimulatedNode): Undo {
  const undo = keep(node, 'apiserver.key');
  const staged = path.join(node.root, 'tmp/staged.key');
  writeFileSync(staged, keyText(keyPair(pki.kind, pool.stray)), { mode: 0o600 });
  const unmark = mark(node);
  renameSync(staged, path.join(pkiOf(node), 'apiserver.key'));
  return () => {
    undo();
    unmark();
  };
}

/** As where the CA is somebody else's: only the certificate of it stays. */
export function takeCaKeyAway(node: SimulatedNode): Undo {
  const [there, away] = [path.join(pkiOf(node), 'ca.key'), path.join(node.root, 'tmp/ca.key.away')];
  renameSync(there, away);
  return () => renameSync(away, there);
}

/** The server no longer looks at its files: what is on disk is not what is served. */
export function freezeReload(node: SimulatedNode): Undo {
  node.api.setFrozen(true);
  return () => node.api.setFrozen(false);
}

/** Puts the files back as they are now, each by a rename, the key first. */
function keep(node: SimulatedNode, ...names: readonly string[]): Undo {
  const kept = names.map((name) => {
    const file = path.join(pkiOf(node), name);
    return { file, text: readFileSync(file) };
  });
  return () => {
    const unmark = mark(node);
    for (const { file, text } of kept) {
      const staged = path.join(node.root, 'tmp/kept');
      writeFileSync(staged, text, { mode: file.endsWith('.key') ? 0o600 : 0o644 });
      renameSync(staged, file);
    }
    unmark();
  };
}

/** There while the two files need not belong together, and no run of ours is why. */
export function markOf({ root }: Pick<SimulatedNode, 'root'>): string {
  return path.join(root, 'tmp/edited-by-test');
}

function mark(node: SimulatedNode): Undo {
  writeFileSync(markOf(node), '');
  return () => rmSync(markOf(node), { force: true });
}
