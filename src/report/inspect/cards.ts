/** One row per node: its certificate, until when, and whether it is the one that is served. */
import type { Certificate, PublicKey } from '../../model/certificate.ts';
import type { ClusterFacts, ReadNode } from '../../model/cluster-facts.ts';
import { type Cell, cell, said, type Section } from '../page.ts';

export function cardsTable(nodes: readonly ReadNode[], facts: ClusterFacts): Section['blocks'] {
  const controlPlanes = nodes.filter(({ node }) => node.role === 'control-plane');
  if (controlPlanes.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'The API server certificate of each control plane',
      columns: ['node', 'key', 'until', 'served', 'certificate'],
      rows: controlPlanes.map((read) => rowOf(read, facts)),
    },
  ];
}

function rowOf({ node, result }: ReadNode, facts: ClusterFacts): readonly Cell[] {
  const name = { phrase: [{ code: node.name }] };
  if (result.state === 'unread')
    return [
      name,
      cell('?'),
      cell('?'),
      cell('?'),
      cell(said`not read: ${result.trouble.message}`, 'careful'),
    ];
  const reading = result.facts.certificate?.reading;
  if (reading?.ok !== true)
    return [name, cell('?'), cell('?'), cell('?'), cell('no certificate could be read', 'bad')];
  const [leaf] = reading.certificates;
  return [
    name,
    cell(keyWords(leaf.key)),
    untilCell(leaf, facts.readAt),
    servedCell(leaf, node.name, facts),
    cell(said`${leaf.subject}, by ${leaf.issuer}, SHA-256 ${leaf.fingerprint.slice(0, 16)}`),
  ];
}

export function keyWords(key: PublicKey): string {
  if (key.type === 'rsa') return `RSA ${key.bits}`;
  return key.type === 'ec' ? key.curve : 'other';
}

function untilCell({ notAfter }: Certificate, readAt: string): Cell {
  const days = Math.floor((Date.parse(notAfter) - Date.parse(readAt)) / 86_400_000);
  const day = notAfter.slice(0, 10);
  if (days < 0) return cell(`${day} (expired)`, 'bad');
  return cell(`${day} (${days} days)`, days < 30 ? 'careful' : undefined);
}

/** By every probe that went to this node, whichever way. */
function servedCell(leaf: Certificate, node: string, { probes, nodes }: ClusterFacts): Cell {
  const addresses = new Set(addressesOf(nodes.find((one) => one.node.name === node)));
  const served = probes.flatMap(({ host, from, way, serverName, result }) => {
    const isHere = addresses.has(host) || (way === 'ssh' && from === node);
    return isHere && serverName === undefined && result.state === 'served' ? result.chain.slice(0, 1) : [];
  });
  if (served.length === 0) return cell('not seen', 'quiet');
  if (served.every(({ fingerprint }) => fingerprint === leaf.fingerprint)) return cell('same', 'good');
  return cell('another', 'bad');
}

function addressesOf(read: ReadNode | undefined): readonly string[] {
  if (read?.result.state !== 'read') return [];
  const { apiserver } = read.result.facts;
  return apiserver?.advertiseAddress === undefined ? [] : [apiserver.advertiseAddress];
}
