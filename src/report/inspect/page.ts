/** The page of `inspect`: what the reader needs first, first; the ticket's details last. */
import type { Finding, Severity } from '../../model/finding.ts';
import type { Inspection, Suggestion } from '../../model/inspection.ts';
import { stepsBlock } from '../next-steps.ts';
import { differWords } from '../findings/name-words.ts';
import { type Words, wordsOf } from '../findings/words.ts';
import {
  cell,
  join,
  listed,
  type Item,
  type Page,
  type Phrase,
  plain,
  said,
  type Section,
  type Tone,
} from '../page.ts';
import { someOf } from '../words.ts';
import { cardsTable } from './cards.ts';
import { environmentBlocks } from './environment.ts';
import { namesList, namesTable } from './names.ts';
import { requestsBlocks } from './requests.ts';
import { answerOf, toneOf } from './verdict-words.ts';
import { comparisonTable, testsTable } from './vantages.ts';

export function inspectPage(inspection: Inspection): Page {
  const { findings, suggestions, next, verdict } = inspection;
  const isElsewhere = verdict === 'not-the-certificate';
  const compared = (isWhole: boolean) => comparisonTable(inspection, { isWhole });
  const sections: readonly Section[] = [
    { title: 'Findings', depth: 'always', blocks: items(findings) },
    ...(isElsewhere
      ? [
          { title: 'Seen from where', depth: 'terminal' as const, blocks: compared(false) },
          { title: 'Seen from where', depth: 'ticket' as const, blocks: compared(true) },
        ]
      : []),
    { title: 'Certificates', depth: 'always', blocks: cardsTable(inspection, wrongNodes(findings)) },
    {
      title: 'Names',
      depth: 'terminal',
      blocks: isElsewhere || verdict === 'other-tool' ? [] : namesList(inspection),
    },
    { title: 'Names', depth: 'ticket', blocks: namesTable(inspection) },
    ...(isElsewhere ? [] : [{ title: 'Seen from where', depth: 'ticket' as const, blocks: compared(true) }]),
    { title: 'Found on the way', depth: 'always', blocks: suggested(suggestions) },
    { title: 'What to ask for', depth: 'ticket', blocks: requestsBlocks(inspection) },
    { title: 'Next', depth: 'always', blocks: stepsBlock(next) },
    { title: 'Tests performed', depth: 'ticket', blocks: testsTable(inspection) },
    { title: 'Environment', depth: 'ticket', blocks: environmentBlocks(inspection) },
  ];
  return {
    title: 'API server certificate: inspection',
    answer: answerOf(inspection),
    tone: toneOf(verdict),
    about: aboutOf(inspection),
    sections,
  };
}

function aboutOf({ nodes, facts, findings }: Inspection): readonly Phrase[] {
  const wrong = wrongNodes(findings);
  const controlPlanes = nodes.filter(({ node }) => node.role === 'control-plane' && !wrong.has(node.name));
  const workers = nodes.filter(({ node }) => node.role === 'worker');
  const elsewhere = placesElsewhere(facts);
  const words = [
    readOf(controlPlanes, 'control plane'),
    readOf(workers, 'worker'),
    ...(wrong.size === 0 ? [] : [wrongWords(wrong.size)]),
  ];
  return [
    join(
      facts.cluster === undefined ? [] : said`cluster ${facts.cluster}, `,
      nodes.length === 0
        ? join(
            plain('seen from here '),
            elsewhere.length === 0 ? plain('alone') : join(plain('and from '), listed(elsewhere, 5)),
            plain(', no node was logged in to'),
          )
        : join(
            plain(words.filter((one) => one !== '').join(', ')),
            elsewhere.length === 0 ? [] : join(plain(', also seen from '), listed(elsewhere, 5)),
          ),
      said`, ${facts.readAt}`,
    ),
  ];
}

/** Where the runs of --with stood, and their nodes. */
function placesElsewhere({ nodes, probes }: Inspection['facts']): readonly string[] {
  const ours = new Set(['here', ...nodes.map(({ node }) => node.name)]);
  return [...new Set(probes.map(({ from }) => from))].filter((from) => !ours.has(from));
}

/** Named as control planes, and found to be something else. */
function wrongNodes(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(
    findings.flatMap(({ code, node }) => (code === 'no-control-plane' && node !== undefined ? [node] : [])),
  );
}

function wrongWords(count: number): string {
  return count === 1
    ? '1 machine read that is no control plane'
    : `${count} machines read that are no control planes`;
}

function readOf(nodes: Inspection['nodes'], what: string): string {
  const read = nodes.filter(({ result }) => result.state === 'read').length;
  if (nodes.length === 0) return '';
  return `${read} of ${nodes.length} ${what}${nodes.length === 1 ? '' : 's'} read`;
}

const labels: Readonly<Record<Severity, { readonly label: string; readonly tone: Tone }>> = {
  error: { label: 'error', tone: 'bad' },
  warning: { label: 'warning', tone: 'careful' },
  info: { label: 'info', tone: 'quiet' },
};

export function items(findings: readonly Finding[]): Section['blocks'] {
  if (findings.length === 0) return [];
  const all = grouped(findings);
  // What is to be done about several in a row is said once, behind the last, and for how many.
  let before = 0;
  const told = all.map(({ todo, ...item }, at) => {
    if (todo === undefined) return item;
    if (JSON.stringify(todo) === JSON.stringify(all[at + 1]?.todo)) {
      before += 1;
      return item;
    }
    const count = before + 1;
    before = 0;
    if (count === 1) return { ...item, todo };
    return { ...item, todo: join(plain(count === 2 ? 'for both: ' : `for all ${count}: `), todo) };
  });
  return [{ kind: 'items', items: told }];
}

/** The same thing on several nodes is said once, and so are several names that differ between the same nodes. */
function grouped(findings: readonly Finding[]): readonly Item[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const { code, severity, args } = finding;
    const about = finding.code === 'certificate-per-node-differs' ? { ...finding.args, name: '' } : args;
    const key = JSON.stringify([code, severity, about]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [finding]);
    else known.push(finding);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (first.code === 'certificate-per-node-differs') {
      const names = group.flatMap((one) => (one.code === first.code ? [one.args.name] : []));
      return itemOf(first, differWords(names, first.args.has, first.args.lacks));
    }
    const nodes = group.flatMap(({ node }) => (node === undefined ? [] : [node]));
    return itemOf(first, wordsOf(nodes.length < 2 ? first : { ...first, node: someOf(nodes, 8) }));
  });
}

function itemOf({ severity, code }: Finding, { head, evidence, todo }: Words): Item {
  return {
    ...labels[severity],
    id: code,
    head,
    below: evidence,
    ...(todo.length === 0 ? {} : { todo }),
  };
}

function suggested(suggestions: readonly Suggestion[]): Section['blocks'] {
  if (suggestions.length === 0) return [];
  return [
    {
      kind: 'prose',
      phrase: plain(
        'in no certificate, and never added by themselves; those that clients dial, ask for by --san:',
      ),
    },
    {
      kind: 'table',
      about: 'Names found on the way',
      columns: ['name', 'found in'],
      rows: suggestions.map(({ san, foundIn }) => [cell([{ code: san.value }]), cell(listed(foundIn, 5))]),
    },
  ];
}
