/** One row per node: its certificate, until when, and whether it is the one that is served. */
import type { Certificate, PublicKey } from '../../model/certificate.ts';
import type { ClusterFacts, ReadNode } from '../../model/cluster-facts.ts';
import type { Inspection } from '../../model/inspection.ts';
import { type Cell, cell, join, type Phrase, plain, said, type Section } from '../page.ts';

/** More than these are counted, where nothing is to be said about them. */
const mostRows = 24;

/** `wrong`: nodes that were named as control planes and are none. */
export function cardsTable(
  { nodes, facts, dialled }: Pick<Inspection, 'nodes' | 'facts' | 'dialled'>,
  wrong: ReadonlySet<string>,
): Section['blocks'] {
  const controlPlanes = nodes.filter(({ node }) => node.role === 'control-plane' && !wrong.has(node.name));
  return [...(controlPlanes.length === 0 ? [] : ofNodes(controlPlanes, facts)), ...ofServers(dialled, facts)];
}

/** Without a login: what is served is the whole card. */
function ofServers(dialled: Inspection['dialled'], { readAt }: ClusterFacts): Section['blocks'] {
  if (dialled.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'The certificate that is served where no node was read',
      columns: ['seen at', 'for', 'valid until', 'key', 'issued by', 'SHA-256'],
      rows: dialled
        .slice(0, mostRows)
        .map(({ name, certificate, issuedBy }) => [
          cell([{ code: name }]),
          cell(said`${certificate.subject}`),
          untilCell(certificate, readAt),
          cell(keyWords(certificate.key)),
          issuedBy === 'cluster-ca'
            ? cell(said`${certificate.issuer}, the CA of the cluster`, 'good')
            : cell(said`${certificate.issuer}, unverified`, 'careful'),
          cell(said`${certificate.fingerprint.slice(0, 16)}`),
        ]),
    },
    ...(dialled.length > mostRows
      ? [
          {
            kind: 'prose' as const,
            phrase: plain(`and ${dialled.length - mostRows} more, which --format json has`),
          },
        ]
      : []),
  ];
}

function ofNodes(controlPlanes: readonly ReadNode[], facts: ClusterFacts): Section['blocks'] {
  const rows = controlPlanes.map((read) => rowOf(read, facts));
  const odd = rows.filter((row) => row.some(({ tone }) => tone === 'bad' || tone === 'careful'));
  const shown = rows.length > mostRows ? odd : rows;
  const rest = rows.length - shown.length;
  return [
    ...(shown.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            about: 'The API server certificate of each control plane',
            columns: ['node', 'valid until', 'served', 'key', 'issued by', 'SHA-256'],
            rows: shown,
          },
        ]),
    ...(rest > 0
      ? [
          {
            kind: 'prose' as const,
            phrase: plain(
              `${shown.length === 0 ? 'all ' : 'and '}${rest} control planes serve what is on their disk, valid for 30 days and more`,
            ),
          },
        ]
      : []),
  ];
}

function rowOf({ node, result }: ReadNode, facts: ClusterFacts): readonly Cell[] {
  const name = cell([{ code: node.name }]);
  const none = cell('-', 'quiet');
  if (result.state === 'unread')
    return [name, cell(said`not read (${result.trouble.code})`, 'careful'), none, none, none, none];
  const reading = result.facts.certificate?.reading;
  if (reading?.ok !== true) return [name, cell('no certificate', 'bad'), none, none, none, none];
  const [leaf] = reading.certificates;
  return [
    name,
    untilCell(leaf, facts.readAt),
    servedCell(leaf, node.name, facts),
    cell(keyWords(leaf.key)),
    cell(issuerWords(leaf)),
    cell(said`${leaf.fingerprint.slice(0, 16)}`),
  ];
}

/** Its subject is worth a word only where it is not kubeadm's. */
function issuerWords({ issuer, subject }: Certificate): Phrase {
  return subject === 'CN=kube-apiserver' ? said`${issuer}` : said`${issuer} (for ${subject})`;
}

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

export function keyWords(key: PublicKey): Phrase {
  if (key.type === 'rsa') return plain(`RSA ${key.bits}`);
  if (key.type === 'other') return said`${key.algorithm}`;
  const known = curves[key.curve];
  return known === undefined ? said`EC ${key.curve}` : plain(`EC ${known}`);
}

function untilCell({ notAfter }: Certificate, readAt: string): Cell {
  const days = Math.floor((Date.parse(notAfter) - Date.parse(readAt)) / 86_400_000);
  const day = notAfter.slice(0, 10);
  if (days < 0) return cell(said`${day} (expired)`, 'bad');
  const left = join(said`${day} (${days} `, plain(days === 1 ? 'day)' : 'days)'));
  return cell(left, days < 30 ? 'careful' : undefined);
}

/** By every probe that went to this node, whichever way. */
function servedCell(leaf: Certificate, node: string, { probes, nodes }: ClusterFacts): Cell {
  const addresses = new Set(addressesOf(nodes.find((one) => one.node.name === node)));
  const fromItself = probes.filter(
    ({ way, from, host }) => way === 'ssh' && from === node && isOwn(host, addresses),
  );
  // What is served elsewhere under its address may be an interceptor's: the node itself knows best.
  const seen = fromItself.length > 0 ? fromItself : probes.filter(({ host }) => addresses.has(host));
  const served = seen.flatMap(({ serverName, result }) =>
    serverName === undefined && result.state === 'served' ? result.chain.slice(0, 1) : [],
  );
  if (served.length === 0) return cell('not seen', 'careful');
  if (served.every(({ fingerprint }) => fingerprint === leaf.fingerprint)) return cell('same', 'good');
  return cell('another', 'bad');
}

function isOwn(host: string, addresses: ReadonlySet<string>): boolean {
  return addresses.has(host) || host === '127.0.0.1' || host === '::1';
}

function addressesOf(read: ReadNode | undefined): readonly string[] {
  if (read?.result.state !== 'read') return [];
  const { apiserver } = read.result.facts;
  return apiserver?.advertiseAddress === undefined ? [] : [apiserver.advertiseAddress];
}
