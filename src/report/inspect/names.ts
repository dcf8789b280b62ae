/** The matrix node × name, with why each name is there and who breaks without it. */
import { affectedPath } from '../../model/access-path.ts';
import type { ReadNode } from '../../model/cluster-facts.ts';
import type { Inspection, NamePresence, NameRow, Provenance } from '../../model/inspection.ts';
import { formatSan } from '../../model/san.ts';
import { type Cell, cell, join, type Phrase, plain, said, type Section } from '../page.ts';

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
        ...(hasConfig ? [yesNo(row.inKubeadmConfig)] : []),
        ...(hasInventory ? [yesNo(row.inInventory)] : []),
        cell(whyWords(row)),
      ]),
    },
  ];
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
