/** The matrix node × name, with why each name is there and who breaks without it. */
import { affectedPath } from '../../model/access-path.ts';
import type { ReadNode } from '../../model/cluster-facts.ts';
import type { Inspection, NamePresence, NameRow, Provenance } from '../../model/inspection.ts';
import { formatSan } from '../../model/san.ts';
import { type Cell, cell, join, listed, type Phrase, plain, said, type Section } from '../page.ts';

export function namesTable(
  names: readonly NameRow[],
  nodes: readonly ReadNode[],
  { facts }: Pick<Inspection, 'facts'>,
): Section['blocks'] {
  if (names.length === 0) return [];
  const columns = nodes.flatMap(({ node, result }) =>
    node.role === 'control-plane' && result.state === 'read' ? [node.name] : [],
  );
  const hasConfig = facts.api?.kubeadmConfig !== undefined;
  const hasInventory = facts.inventory !== undefined;
  return [
    {
      kind: 'prose',
      phrase: plain(
        'yes: on disk and served; disk: on disk only; served: served only; MISSING: wanted and not there; -: not there, not wanted.',
      ),
    },
    {
      kind: 'table',
      about: 'Names in the certificates of the control planes',
      columns: [
        'name',
        ...columns,
        ...(hasConfig ? ['config'] : []),
        ...(hasInventory ? ['inventory'] : []),
        'why, and who breaks without it',
      ],
      rows: names.map((row) => [
        { phrase: [{ code: formatSan(row.san) }] },
        ...columns.map((node) => presenceCell(row.nodes.find((one) => one.node === node))),
        ...(hasConfig ? [configCell(row)] : []),
        ...(hasInventory ? [yesNo(row.inInventory)] : []),
        cell(whyWords(row)),
      ]),
    },
  ];
}

/** For a terminal: one column for all nodes, and only those that differ by name. */
export function namesList(
  names: readonly NameRow[],
  nodes: readonly ReadNode[],
  { facts }: Pick<Inspection, 'facts'>,
): Section['blocks'] {
  if (names.length === 0) return [];
  const read = nodes.flatMap(({ node, result }) =>
    node.role === 'control-plane' && result.state === 'read' ? [node.name] : [],
  );
  const hasConfig = facts.api?.kubeadmConfig !== undefined;
  return [
    {
      kind: 'table',
      about: 'Names in the certificates of the control planes',
      columns: ['name', 'on', ...(hasConfig ? ['config'] : []), 'why'],
      rows: names.map((row) => [
        { phrase: [{ code: formatSan(row.san) }] },
        onCell(row, read),
        ...(hasConfig ? [configCell(row)] : []),
        cell(
          join(
            ...row.provenance
              .slice(0, 2)
              .map((one, at) => join(plain(at === 0 ? '' : '; '), provenanceWords(one))),
          ),
        ),
      ]),
    },
  ];
}

function onCell(row: NameRow, read: readonly string[]): Cell {
  const cells = read.map((node) => ({
    node,
    cell: presenceCell(row.nodes.find((one) => one.node === node)),
  }));
  const [first] = cells;
  if (first === undefined) return cell('?', 'quiet');
  if (cells.every((one) => wordOf(one.cell) === wordOf(first.cell))) {
    const word = wordOf(first.cell);
    return cell(word === 'yes' ? 'all' : word, first.cell.tone);
  }
  const missing = cells.filter((one) => one.cell.tone === 'bad').map(({ node }) => node);
  if (missing.length > 0) return cell(join(plain('MISSING: '), listed(missing, 3)), 'bad');
  const having = cells.filter((one) => one.cell.tone === 'good').map(({ node }) => node);
  const odd = cells
    .filter((one) => one.cell.tone === 'careful')
    .map((one) => `${one.node} (${wordOf(one.cell)})`);
  return cell(listed([...having, ...odd], 3), odd.length > 0 ? 'careful' : undefined);
}

function wordOf({ phrase }: Cell): string {
  return phrase.map((part) => (typeof part === 'string' ? part : '')).join('');
}

function presenceCell(presence: NamePresence | undefined): Cell {
  if (presence === undefined) return cell('?', 'quiet');
  const { onDisk, served, wanted } = presence;
  if (onDisk === true && served !== false)
    return served === true ? cell('yes', 'good') : cell('disk', 'good');
  if (onDisk === true) return cell('disk', 'careful');
  if (served === true) return cell('served', 'careful');
  return wanted ? cell('MISSING', 'bad') : cell('-', 'quiet');
}

/** What kubeadm computes by itself need not stand there. */
function configCell({ inKubeadmConfig, provenance }: NameRow): Cell {
  const isImplied = provenance.some(({ why }) => why === 'kubeadm' || why === 'controlPlaneEndpoint');
  return isImplied && inKubeadmConfig !== true ? cell('implied', 'quiet') : yesNo(inKubeadmConfig);
}

function yesNo(is: boolean | undefined): Cell {
  if (is === undefined) return cell('?', 'quiet');
  return is ? cell('yes') : cell('-', 'quiet');
}

function whyWords({ provenance, brokenWithout }: NameRow): Phrase {
  const whys = provenance.map(provenanceWords);
  const phrases = whys.flatMap((why, index) => (index === 0 ? [why] : [plain('; '), why]));
  const who = brokenWithout.map((path) => affectedPath(path, 'possible').who);
  return join(...phrases, plain(who.length === 0 ? '' : ` (without it: ${who.join('; ')})`));
}

const kubeadmRules = {
  'node-name': 'name of the node',
  'kubernetes-service-name': 'name of the Service kubernetes',
  'service-address': 'ClusterIP of the Service kubernetes',
  'advertise-address': 'advertise address of the node',
} as const;

export function provenanceWords(provenance: Provenance): Phrase {
  switch (provenance.why) {
    case 'kubeadm':
      return plain(kubeadmRules[provenance.rule]);
    case 'controlPlaneEndpoint':
      return plain('controlPlaneEndpoint');
    case 'certSANs':
      return plain('certSANs of kubeadm-config');
    case 'kubespray':
      return plain(`kubespray: ${provenance.rule}`);
    case 'inventory':
      return plain('supplementary_addresses_in_ssl_keys');
    case 'kubeconfig':
      return join(
        said`server in ${provenance.path}`,
        provenance.node === undefined ? [] : said` on ${provenance.node}`,
      );
    case 'load-balancer':
      return said`load balancer ${provenance.where}`;
    case 'service':
      return said`Service ${provenance.where}`;
    case 'wish':
      return plain('asked for');
    case 'hand-added-or-unknown':
      return plain('added by hand, or unknown');
  }
}
