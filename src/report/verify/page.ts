/** The page of `verify`: what is proven from where, which link is broken, and what nobody could see. */
import { formatSan } from '../../model/san.ts';
import type { NameProof, Seen, Verification } from '../../model/verification.ts';
import {
  type Block,
  type Cell,
  cell,
  type Item,
  itemBlocks,
  join,
  listed,
  onlySeen,
  type Page,
  type Phrase,
  plain,
  remark,
  said,
  type Section,
} from '../page.ts';
import { stepsBlock } from '../next-steps.ts';
import { isSettled, outcomeWords } from './reason.ts';
import { madeWords, probePodBlocks } from './probe-pods.ts';
import { isBadSeen, isWrong, wrongWords } from './wrong-words.ts';
import { brokenWords, clientBlocks, crashBlocks, podBlocks, walkBlocks } from './walks.ts';

export function verifyPage(verification: Verification): Page {
  const { nodes, gaps, unread, isWalk } = verification;
  return {
    title: isWalk ? "A pod's way to the API" : 'API server certificate: verify',
    answer: answerOf(verification),
    tone: tones[verification.verdict],
    about: [onlySeen(verification.cluster, said`seen at ${verification.madeAt}`, madeWords(verification))],
    sections: [
      ...nodes.flatMap(nodeSections),
      { title: 'Paths from here', depth: 'always', blocks: pathBlocks(verification) },
      { title: 'From pods', depth: 'terminal', blocks: walkBlocks(verification, true) },
      { title: 'From pods', depth: 'ticket', blocks: walkBlocks(verification, false) },
      { title: 'Which clients dial what', depth: 'always', blocks: clientBlocks(verification) },
      { title: 'Other pods on these nodes', depth: 'ticket', blocks: podBlocks(verification) },
      { title: 'Pods made to look from', depth: 'always', blocks: probePodBlocks(verification) },
      { title: 'Pods that crash and wait', depth: 'always', blocks: crashBlocks(verification) },
      { title: 'Not proven', depth: 'always', blocks: itemBlocks(gaps.map(gapItem)) },
      { title: 'Not read', depth: 'always', blocks: itemBlocks(unread.map(unreadItem)) },
      { title: 'Next', depth: 'always', blocks: stepsBlock(verification.next) },
    ],
  };
}

const tones = {
  holds: 'good',
  'names-missing': 'bad',
  broken: 'bad',
  'not-proven': 'careful',
} as const satisfies Record<Verification['verdict'], Page['tone']>;

function answerOf({ verdict, nodes, paths, walks, gaps, isWalk }: Verification): Phrase {
  const broken = walks.find((walk) => walk.broken !== undefined);
  switch (verdict) {
    case 'holds': {
      if (isWalk) return plain(wholeWords(walks));
      const names = new Set(nodes.flatMap((node) => node.names.map(({ san }) => formatSan(san)))).size;
      return plain(
        `all ${names} names are served as they should be, on ${nodes.length} control plane${nodes.length === 1 ? '' : 's'}`,
      );
    }
    case 'names-missing': {
      const bad = nodes.filter(({ names }) => names.some(isWrong));
      if (bad.length > 0) {
        return wrongWords(bad);
      }
      const path = paths.find(({ seen }) => isBadSeen(seen));
      return path === undefined
        ? refusedWords(broken)
        : join(
            plain('not all holds: '),
            listed([formatSan(path.san)]),
            plain(`, ${outcomeWords[path.seen.outcome]}`),
          );
    }
    case 'broken':
      return broken?.broken === undefined
        ? plain('not a missing name: what answers is not the cluster, or not with its own certificate')
        : join(
            plain('the first broken link: '),
            plain(brokenWords[broken.broken]),
            said` (seen from ${`${broken.namespace}/${broken.pod}`} on ${broken.node})`,
          );
    case 'not-proven': {
      const missing = gaps.some(({ code }) => code === 'path-not-proven');
      if (!isAnySeen({ nodes, paths, walks }))
        return plain('nothing is proven: no certificate of an API server could be seen');
      return plain(
        missing
          ? 'the certificates are right as far as they were seen; a path is not proven'
          : 'nothing bad was seen, but not all was seen: see what is not proven',
      );
    }
  }
}

function isAnySeen({ nodes, paths, walks }: Pick<Verification, 'nodes' | 'paths' | 'walks'>): boolean {
  const seen = [
    ...nodes.flatMap(({ names }) => names.flatMap(({ here, node, pod }) => [here, node, pod])),
    ...paths.map((path) => path.seen),
  ];
  return (
    seen.some(({ outcome }) => outcome !== 'not-tried' && outcome !== 'unreachable') ||
    walks.some(({ links }) => links.some(({ link, state }) => link === 'certificate' && state !== 'unknown'))
  );
}

/** Environment and token are the one pod's own; a way of which another link was not seen is not known to be whole. */
function wholeWords(walks: Verification['walks']): string {
  if (walks.length === 1) return "every link of this pod's way is whole";
  const whole = walks.filter(({ links }) =>
    links.every(({ link, state }) => state === 'good' || link === 'env' || link === 'token'),
  ).length;
  return whole === walks.length
    ? `every link is whole, seen from ${whole} pods`
    : `every link is whole, seen from ${whole === 1 ? 'one pod' : `${whole} pods`} of ${walks.length}; of the others not all links were seen`;
}

/** In a terminal only what is not as it should be; all of it where it is read at leisure. */
function nodeSections({ node, names }: Verification['nodes'][number]): readonly Section[] {
  const open = names.filter((proof) => !isSettled(proof));
  const short: readonly Block[] = [
    { kind: 'prose', phrase: summary(names, open) },
    ...(open.length === 0 ? [] : [table(node, open)]),
    ...details(open),
  ];
  return [
    { title: node, depth: 'terminal', blocks: short },
    {
      title: node,
      depth: 'ticket',
      blocks: [{ kind: 'prose', phrase: summary(names, open) }, table(node, names), ...details(open)],
    },
  ];
}

function summary(names: readonly NameProof[], open: readonly NameProof[]): Phrase {
  const from = (['here', 'node', 'pod'] as const).filter((place) =>
    names.some((proof) => proof[place].outcome === 'good'),
  );
  if (names.length === 0) return plain('no name is known that it should hold');
  const words = { here: 'here', node: 'the node itself', pod: 'a pod' };
  const settled = names.length - open.length;
  const where = from.length === 0 ? '' : `, seen from ${from.map((place) => words[place]).join(', ')}`;
  const verb = settled === 1 ? 'holds' : 'hold';
  if (open.length > 0) return plain(`${settled} of ${names.length} names ${verb}${where}`);
  return plain(`${settled === 1 ? 'its one name' : `all ${settled} names`} ${verb}${where}`);
}

function table(node: string, names: readonly NameProof[]): Block {
  return {
    kind: 'table',
    about: `Names that ${node} has to serve (·: not tried from there)`,
    columns: ['name', 'from here', 'from the node', 'from a pod'],
    rows: names.map(({ san, here, node: own, pod }) => [
      cell([{ code: formatSan(san) }]),
      outcomeCell(here),
      outcomeCell(own),
      outcomeCell(pod),
    ]),
  };
}

function outcomeCell(seen: Seen): Cell {
  if (seen.outcome === 'good') return cell(outcomeWords.good, 'good');
  return cell(outcomeWords[seen.outcome], isBadSeen(seen) ? 'bad' : 'quiet');
}

function details(open: readonly NameProof[]): readonly Block[] {
  const all = open.flatMap(({ here, node, pod }) =>
    [here, node, pod].flatMap(({ outcome, detail }) =>
      detail === undefined
        ? []
        : [
            `${outcomeWords[outcome]}: ${outcome === 'missing' ? `not in the certificate with ${detail}` : detail}`,
          ],
    ),
  );
  const unique = [...new Set(all)].slice(0, 6);
  return unique.length === 0
    ? []
    : [{ kind: 'list', phrases: unique.map((text): Phrase => [{ code: text }]) }];
}

function pathBlocks({ paths }: Verification): readonly Block[] {
  if (paths.length === 0) return [];
  const hasWhy = paths.some(({ seen }) => seen.detail !== undefined);
  return [
    {
      kind: 'table',
      about: 'What clients dial: names that were asked for, endpoints, the server of the kubeconfig',
      columns: ['name', 'port', 'seen', ...(hasWhy ? ['why'] : [])],
      rows: paths.map(({ san, port, seen }) => [
        cell([{ code: formatSan(san) }]),
        cell(String(port)),
        outcomeCell(seen),
        ...(hasWhy ? [cell(seen.detail === undefined ? [] : [{ code: seen.detail }])] : []),
      ]),
    },
  ];
}

function gapItem({ code, what, detail, remedy }: Verification['gaps'][number]): Item {
  return remark({ label: 'not proven', tone: 'careful', id: code }, { what, detail, remedy });
}

function unreadItem({ what, why }: Verification['unread'][number]): Item {
  return remark({ label: 'not read', tone: 'quiet', id: 'not-read' }, { what, detail: why });
}

/** The certificate's own link says whose it is and what it lacks. */
function refusedWords(walk: Verification['walks'][number] | undefined): Phrase {
  const detail = walk?.links.find(({ link, state }) => link === 'certificate' && state === 'broken')?.detail;
  return detail === undefined
    ? plain(`a client in a pod is refused: ${brokenWords.certificate}`)
    : said`a client in a pod is refused by ${detail}`;
}
