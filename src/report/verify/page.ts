/** The page of `verify`: what is proven from where, which link is broken, and what nobody could see. */
import { formatSan } from '../../model/san.ts';
import type { NameProof, Seen, Verification } from '../../model/verification.ts';
import {
  type Block,
  type Cell,
  cell,
  type Item,
  join,
  listed,
  type Page,
  type Phrase,
  plain,
  said,
  type Section,
} from '../page.ts';
import { isSettled, outcomeWords } from './reason.ts';
import { madeWords, probePodBlocks } from './probe-pods.ts';
import { brokenWords, clientBlocks, crashBlocks, podBlocks, walkBlocks } from './walks.ts';

export function verifyPage(verification: Verification): Page {
  const { nodes, gaps, unread, isWalk } = verification;
  return {
    title: isWalk ? "A pod's way to the API" : 'API server certificate: verify',
    answer: answerOf(verification),
    tone: tones[verification.verdict],
    about: [
      join(
        verification.cluster === undefined ? [] : said`cluster ${verification.cluster}, `,
        said`seen at ${verification.madeAt}; `,
        madeWords(verification),
      ),
    ],
    sections: [
      ...nodes.flatMap(nodeSections),
      { title: 'Paths from here', depth: 'always', blocks: pathBlocks(verification) },
      { title: 'From pods', depth: 'terminal', blocks: walkBlocks(verification, true) },
      { title: 'From pods', depth: 'ticket', blocks: walkBlocks(verification, false) },
      { title: 'Which clients dial what', depth: 'always', blocks: clientBlocks(verification) },
      { title: 'Other pods on these nodes', depth: 'ticket', blocks: podBlocks(verification) },
      { title: 'Pods made to look from', depth: 'always', blocks: probePodBlocks(verification) },
      { title: 'Pods that crash and wait', depth: 'always', blocks: crashBlocks(verification) },
      { title: 'Not proven', depth: 'always', blocks: items(gaps.map(gapItem)) },
      { title: 'Not read', depth: 'always', blocks: items(unread.map(unreadItem)) },
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
      if (isWalk)
        return plain(
          walks.length === 1
            ? "every link of this pod's way is whole"
            : `every link is whole, seen from ${walks.length} pods`,
        );
      const names = new Set(nodes.flatMap((node) => node.names.map(({ san }) => formatSan(san)))).size;
      return plain(
        `all ${names} names are served as they should be, on ${nodes.length} control plane${nodes.length === 1 ? '' : 's'}`,
      );
    }
    case 'names-missing': {
      const bad = nodes.filter(({ names }) => names.some(isWrong));
      if (bad.length > 0) {
        const names = bad.flatMap((node) => node.names.filter(isWrong).map(({ san }) => formatSan(san)));
        return join(
          plain('not all holds: '),
          listed([...new Set(names)], 4),
          plain(' on '),
          listed(
            bad.map(({ node }) => node),
            4,
          ),
        );
      }
      const path = paths.find(({ seen }) => isBadSeen(seen));
      return path === undefined
        ? plain(`a client in a pod is refused: ${brokenWords.certificate}`)
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
      return plain(
        missing
          ? 'the certificates are right as far as they were seen; a path is not proven'
          : 'nothing bad was seen, but not all was seen: see what is not proven',
      );
    }
  }
}

function isBadSeen({ outcome }: Seen): boolean {
  return outcome !== 'good' && outcome !== 'not-tried' && outcome !== 'unreachable';
}

function isWrong({ here, node, pod }: NameProof): boolean {
  return [here, node, pod].some(isBadSeen);
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
  const words = { here: 'here', node: 'the node itself', pod: 'a pod' };
  const settled = names.length - open.length;
  const where = from.length === 0 ? '' : `, seen from ${from.map((place) => words[place]).join(', ')}`;
  return plain(
    open.length === 0
      ? `all ${names.length} names hold${where}`
      : `${settled} of ${names.length} names hold${where}`,
  );
}

function table(node: string, names: readonly NameProof[]): Block {
  return {
    kind: 'table',
    about: `Names that ${node} has to serve`,
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
      detail === undefined ? [] : [`${outcomeWords[outcome]}: ${detail}`],
    ),
  );
  const unique = [...new Set(all)].slice(0, 6);
  return unique.length === 0
    ? []
    : [{ kind: 'list', phrases: unique.map((text): Phrase => [{ code: text }]) }];
}

function pathBlocks({ paths }: Verification): readonly Block[] {
  if (paths.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'What clients dial: names that were asked for, endpoints, the server of the kubeconfig',
      columns: ['name', 'port', 'seen', ''],
      rows: paths.map(({ san, port, seen }) => [
        cell([{ code: formatSan(san) }]),
        cell(String(port)),
        outcomeCell(seen),
        cell(seen.detail === undefined ? [] : [{ code: seen.detail }]),
      ]),
    },
  ];
}

function items(all: readonly Item[]): readonly Block[] {
  return all.length === 0 ? [] : [{ kind: 'items', items: all }];
}

function gapItem({ code, what, detail, remedy }: Verification['gaps'][number]): Item {
  return {
    label: 'not proven',
    tone: 'careful',
    id: code,
    head: join(said`${what}: `, [{ code: detail }]),
    below: [],
    todo: [{ code: remedy }],
  };
}

function unreadItem({ what, why }: Verification['unread'][number]): Item {
  return {
    label: 'not read',
    tone: 'quiet',
    id: 'not-read',
    head: join(said`${what}: `, [{ code: why }]),
    below: [],
  };
}
