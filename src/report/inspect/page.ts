/** The page of `inspect`: what the reader needs first, first; the ticket's details last. */
import type { Finding, Severity } from '../../model/finding.ts';
import type { Inspection, NextStep, Suggestion } from '../../model/inspection.ts';
import { formatSan } from '../../model/san.ts';
import { wordsOf } from '../findings/words.ts';
import {
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
import { cardsTable } from './cards.ts';
import { environmentBlocks } from './environment.ts';
import { namesList, namesTable } from './names.ts';
import { answerOf, toneOf } from './verdict-words.ts';
import { comparisonTable, testsTable } from './vantages.ts';

export function inspectPage(inspection: Inspection): Page {
  const { findings, suggestions, next, verdict, names, nodes, vantages, facts } = inspection;
  const isTrusted = verdict !== 'not-the-certificate';
  const sections: readonly Section[] = [
    { title: 'Findings', depth: 'always', blocks: items(findings) },
    { title: 'Certificates', depth: 'always', blocks: cardsTable(nodes, facts) },
    { title: 'Names', depth: 'terminal', blocks: namesList(names, nodes, inspection) },
    { title: 'Names', depth: 'ticket', blocks: namesTable(names, nodes, inspection) },
    { title: 'Seen from where', depth: isTrusted ? 'ticket' : 'always', blocks: comparisonTable(vantages) },
    { title: 'Found on the way', depth: 'always', blocks: suggested(suggestions) },
    { title: 'Next', depth: 'always', blocks: steps(next) },
    { title: 'Tests performed', depth: 'ticket', blocks: testsTable(vantages) },
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

function aboutOf({ nodes, facts }: Inspection): readonly Phrase[] {
  const controlPlanes = nodes.filter(({ node }) => node.role === 'control-plane');
  const read = controlPlanes.filter(({ result }) => result.state === 'read');
  const workers = nodes.length - controlPlanes.length;
  const where =
    nodes.length === 0
      ? plain('no node was read, only what can be seen from here')
      : plain(
          `${read.length} of ${controlPlanes.length} control planes read${workers > 0 ? `, ${workers} workers` : ''}`,
        );
  return [
    join(
      facts.cluster === undefined ? [] : said`cluster ${facts.cluster}, `,
      where,
      said`, at ${facts.readAt}`,
    ),
  ];
}

const labels: Readonly<Record<Severity, { readonly label: string; readonly tone: Tone }>> = {
  error: { label: 'error', tone: 'bad' },
  warning: { label: 'warning', tone: 'careful' },
  info: { label: 'info', tone: 'quiet' },
};

function items(findings: readonly Finding[]): Section['blocks'] {
  if (findings.length === 0) return [];
  return [{ kind: 'items', items: grouped(findings).map(itemOf) }];
}

/** The same thing on several nodes is said once. */
function grouped(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.code, finding.severity, finding.args]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const nodes = [first, ...others].flatMap(({ node }) => (node === undefined ? [] : [node]));
    return nodes.length < 2 ? [first] : [{ ...first, node: nodes.join(', ') }];
  });
}

export function itemOf(finding: Finding): Item {
  const { head, evidence, todo } = wordsOf(finding);
  return {
    ...labels[finding.severity],
    id: finding.code,
    head,
    below: [...evidence, ...(todo.length > 0 ? [join(plain('to do: '), todo)] : [])],
  };
}

function suggested(suggestions: readonly Suggestion[]): Section['blocks'] {
  if (suggestions.length === 0) return [];
  return [
    {
      kind: 'prose',
      phrase: plain(
        'These names are in no certificate and nobody asked for them; if clients dial them, ask for them with --san:',
      ),
    },
    {
      kind: 'table',
      about: 'Names found on the way',
      columns: ['name', 'found in'],
      rows: suggestions.map(({ san, foundIn }) => [
        { phrase: [{ code: formatSan(san) }] },
        { phrase: listed(foundIn) },
      ]),
    },
  ];
}

const places: Readonly<Record<NextStep['where'], string>> = {
  here: 'here',
  'control-plane': 'on a control plane, as root',
  anywhere: 'anywhere',
};

function steps(next: readonly NextStep[]): Section['blocks'] {
  if (next.length === 0) return [];
  return [
    {
      kind: 'steps',
      steps: next.map(({ where, why, command }) => ({ where: places[where], why: plain(why), command })),
    },
  ];
}
