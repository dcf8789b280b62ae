/** The matrix node × name, with why each name is there and who breaks without it. */
import type { Inspection, NamePresence, NameRow } from '../../model/inspection.ts';
import { canonicalIp } from '../../model/ip.ts';
import { formatSan } from '../../model/san.ts';
import { type Cell, cell, join, listed, type Phrase, plain, type Section } from '../page.ts';
import { shortPathsOf, whyWords } from './why-words.ts';

type Names = Pick<Inspection, 'names' | 'facts'>;

/** With more control planes than this a column for each is too wide to look at. */
const mostColumns = 12;
/** More names of single nodes than this are counted, on a terminal, as long as each is where it belongs. */
const mostOwn = 8;

/** For a ticket: a column for each control plane. */
export function namesTable({ names, facts }: Names): Section['blocks'] {
  const [any] = names;
  if (any === undefined) return [];
  const seen = any.nodes.map(({ node }) => ({ code: node }));
  const hasConfig = facts.api?.kubeadmConfig !== undefined;
  const hasInventory = facts.inventory !== undefined;
  const isMatrix = seen.length <= mostColumns;
  const rows = names.map((row) => [
    cell([{ code: nameOf(row) }]),
    ...(isMatrix ? row.nodes.map(presenceCell) : [onCell(row)]),
    ...(hasConfig ? [configCell(row)] : []),
    ...(hasInventory ? [inventoryCell(row)] : []),
    cell(whyWords(row, { isShort: false })),
    row.brokenWithout.length === 0
      ? cell('nobody seen', 'quiet')
      : cell(shortPathsOf(row.brokenWithout).join(', ')),
  ]);
  return [
    {
      kind: 'table',
      about: 'Names in the certificates of the control planes',
      isMatrix,
      columns: [
        'name',
        ...(isMatrix ? seen : ['on']),
        ...(hasConfig ? ['kubeadm-config'] : []),
        ...(hasInventory ? ['inventory'] : []),
        'why it is there',
        'who breaks without it',
      ],
      rows,
    },
    ...legend(rows),
  ];
}

/** For a terminal: one column for all nodes, what is missing first, and names of single nodes counted where there are many. */
export function namesList({ names, facts }: Names): Section['blocks'] {
  // Where no certificate was seen, it would be a column of question marks.
  if (names.every(({ nodes }) => nodes.length === 0)) return [];
  const hasConfig = facts.api?.kubeadmConfig !== undefined;
  const rows = names.map((row) => ({ row, on: onCell(row) }));
  const isOwn = ({ row, on }: (typeof rows)[number]): boolean =>
    row.wanted === 'on-its-node' && on.tone === undefined;
  const own = rows.filter(isOwn);
  const shown = own.length > mostOwn ? rows.filter((one) => !isOwn(one)) : rows;
  const isBad = ({ on }: (typeof rows)[number]): boolean => on.tone === 'bad';
  const sorted = [...shown.filter(isBad), ...shown.filter((one) => !isBad(one))];
  const cells = sorted.map(({ row, on }) => [
    cell([{ code: nameOf(row) }]),
    on,
    ...(hasConfig ? [configCell(row)] : []),
    cell(whyWords(row, { isShort: true })),
  ]);
  return [
    {
      kind: 'table',
      about: 'Names in the certificates of the control planes',
      columns: ['name', 'on', ...(hasConfig ? ['config'] : []), 'why'],
      rows: cells,
    },
    ...(shown.length < rows.length
      ? [
          {
            kind: 'prose' as const,
            phrase: plain(`and ${own.length} names and addresses of single nodes, each where it belongs`),
          },
        ]
      : []),
  ];
}

const meanings: Readonly<Record<string, string>> = {
  yes: 'on disk and served',
  'on disk': 'on disk, and nobody saw what is served',
  'not served': 'on disk, but the certificate that is served lacks it',
  served: 'served, and nobody read the disk',
  'only served': 'served, but no longer on disk',
  MISSING: 'wanted there, and not in the certificate',
  '-': 'not there, and not wanted there',
  '?': 'not known',
  implied: 'not written down, because kubeadm or kubespray adds it by itself',
  no: 'not written down: the next certificate that is made will lack it',
};

/** Of the words that the table has, and no others. */
function legend(rows: readonly (readonly Cell[])[]): Section['blocks'] {
  const words = new Set(rows.flatMap((row) => row.slice(1, -2).map(({ phrase }) => wordOf(phrase))));
  const told = Object.entries(meanings).filter(([word]) => words.has(word));
  return told.length === 0
    ? []
    : [{ kind: 'prose', phrase: plain(told.map(([word, meaning]) => `"${word}": ${meaning}`).join('; ')) }];
}

/** The kind is told only where the spelling does not: an address that is held as a DNS name, which no client finds. */
function nameOf({ san }: NameRow): string {
  const looksLikeIp = canonicalIp(san.value) !== undefined;
  return looksLikeIp === (san.type === 'ip') ? san.value : formatSan(san);
}

function onCell({ nodes, wanted }: NameRow): Cell {
  const [first] = nodes;
  if (first === undefined) return cell('?', 'quiet');
  const word = presenceWord(first);
  if (nodes.every((one) => presenceWord(one) === word)) {
    // Wanted, and on none of those that were read: its own node is not among them.
    if (word === '-') return wanted === 'no' ? cell('none', 'quiet') : cell('not read', 'careful');
    if (word === 'yes') return cell('all');
    if (word === '?') return presenceCell(first);
    const { tone } = presenceCell(first);
    return cell(word === 'MISSING' ? 'MISSING' : `all (${word})`, tone === 'good' ? undefined : tone);
  }
  const missing = nodes.filter((one) => presenceWord(one) === 'MISSING').map(({ node }) => node);
  if (missing.length > 0) return cell(join(plain('MISSING: '), listed(missing, 3)), 'bad');
  const having = nodes.filter((one) => presenceCell(one).tone === 'good');
  const odd = nodes.filter((one) => presenceCell(one).tone === 'careful');
  // On the others it is not; of these nobody knows.
  if (having.length + odd.length === 0 && nodes.some((one) => presenceWord(one) === '?'))
    return cell('?', 'quiet');
  const phrases = [...having, ...odd].slice(0, 3).map((one): Phrase => {
    const what = presenceWord(one);
    return [{ code: one.node }, ...(what === 'yes' || what === 'served' ? [] : [` (${what})`])];
  });
  const rest = having.length + odd.length - phrases.length;
  return cell(
    join(
      ...phrases.map((phrase, at) => (at === 0 ? phrase : join(plain(', '), phrase))),
      plain(rest > 0 ? ` and ${rest} more` : ''),
    ),
    odd.length > 0 ? 'careful' : undefined,
  );
}

/** Of our own words alone. */
function wordOf(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? part : '')).join('');
}

/** Made once: a thousand control planes with names of their own have millions of them. */
const presenceCells = {
  'on disk': cell('on disk', 'good'),
  yes: cell('yes', 'good'),
  'not served': cell('not served', 'careful'),
  served: cell('served', 'good'),
  'only served': cell('only served', 'careful'),
  '?': cell('?', 'quiet'),
  MISSING: cell('MISSING', 'bad'),
  '-': cell('-', 'quiet'),
} as const;

function presenceWord({ onDisk, served, wanted }: NamePresence): keyof typeof presenceCells {
  if (onDisk === true) {
    if (served === undefined) return 'on disk';
    return served ? 'yes' : 'not served';
  }
  if (served === true) return onDisk === undefined ? 'served' : 'only served';
  if (onDisk === undefined && served === undefined) return '?';
  return wanted ? 'MISSING' : '-';
}

function presenceCell(presence: NamePresence): Cell {
  return presenceCells[presenceWord(presence)];
}

/** What kubeadm computes by itself need not stand there. */
function configCell({ inKubeadmConfig, provenance }: NameRow): Cell {
  const isImplied = provenance.some(({ why }) => why === 'kubeadm' || why === 'controlPlaneEndpoint');
  return writtenCell(inKubeadmConfig, isImplied);
}

function inventoryCell({ inInventory, provenance }: NameRow): Cell {
  return writtenCell(
    inInventory,
    provenance.some(({ why }) => why === 'kubeadm' || why === 'kubespray'),
  );
}

function writtenCell(is: boolean | undefined, isImplied: boolean): Cell {
  if (is === true) return cell('yes');
  if (isImplied) return cell('implied', 'quiet');
  return is === undefined ? cell('?', 'quiet') : cell('no', 'careful');
}
