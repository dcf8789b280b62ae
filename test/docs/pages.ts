/** What the documentation tells people to type: every command of every page, and what each page says that it prints. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'kind-configs/README.md',
  'playbooks/README.md',
];

export interface Command {
  readonly page: string;
  readonly line: number;
  /** As it is typed, on one line, without the comment behind it. */
  readonly text: string;
  /** The exit codes that its comment promises. */
  readonly promised: readonly number[] | undefined;
}

/** A block of commands under a heading, and the excerpt of what they print, where one follows. */
export interface Step {
  readonly commands: readonly Command[];
  readonly script: string;
  readonly excerpt: string | undefined;
}

export interface Section {
  readonly page: string;
  readonly heading: string;
  readonly steps: readonly Step[];
}

interface Fence {
  readonly heading: string;
  readonly language: string;
  readonly line: number;
  readonly lines: readonly string[];
}

export function sectionsOf(page: string): readonly Section[] {
  const byHeading = new Map<string, Step[]>();
  for (const { heading, language, line, lines } of fencesOf(page)) {
    const steps = byHeading.get(heading) ?? [];
    byHeading.set(heading, steps);
    const before = steps.at(-1);
    if (language === 'sh')
      steps.push({ commands: commandsIn(page, line, lines), script: lines.join('\n'), excerpt: undefined });
    else if (language === 'text' && before !== undefined)
      steps.splice(-1, 1, { ...before, excerpt: lines.join('\n') });
  }
  return [...byHeading]
    .filter(([, steps]) => steps.length > 0)
    .map(([heading, steps]) => ({ page, heading, steps }));
}

function fencesOf(page: string): readonly Fence[] {
  const found: Fence[] = [];
  let heading = '';
  let open: { language: string; line: number; indent: string; lines: string[] } | undefined;
  for (const [index, line] of readFileSync(path.join(root, page), 'utf8').split('\n').entries()) {
    const [, indent = '', language = ''] = /^( *)```(\S*)\s*$/.exec(line) ?? [];
    const isFence = line.trimStart().startsWith('```');
    if (isFence && open === undefined) open = { language, line: index + 2, indent, lines: [] };
    else if (isFence && open !== undefined) {
      found.push({ heading, ...open });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line.replace(open.indent, ''));
    else heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
  }
  return found;
}

function commandsIn(page: string, first: number, lines: readonly string[]): readonly Command[] {
  const found: Command[] = [];
  let begun: { line: number; text: string } | undefined;
  for (const [index, whole] of lines.entries()) {
    const [, said = '', comment = ''] = /^(.*?)(?:(?:^|\s{2,})# (.*))?$/.exec(whole) ?? [];
    const typed = said.trim();
    if (typed === '') continue;
    const line = begun?.line ?? first + index;
    const text = begun === undefined ? typed : `${begun.text} ${typed}`;
    begun = /(?:\\|\||&&)$/.test(typed) ? { line, text: text.replace(/\s*\\$/, '') } : undefined;
    if (begun !== undefined) continue;
    const [, codes] = /\bexit (\d+(?: or \d+)*)/.exec(comment) ?? [];
    found.push({ page, line, text, promised: codes?.split(' or ').map(Number) });
  }
  if (begun !== undefined) throw new Error(`${page}:${begun.line}: a command without an end`);
  return found;
}

const programs = /^(?:node dist\/fix-sans\.c?js|fix-sans|kubectl fix-sans|npm|npx|\.?\/?scripts\/\S+) \S/;

/** Commands in the running text; one with an ellipsis is no command but speaks of one. */
export function inlineOf(page: string): readonly Command[] {
  const text = readFileSync(path.join(root, page), 'utf8').replaceAll(/^ *```[\s\S]*?^ *```$/gm, (block) =>
    block.replaceAll(/[^\n]/g, ''),
  );
  return [...text.matchAll(/`([^`]+)`/g)]
    .map(({ 1: typed = '', index }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      text: typed.replaceAll(/\s+/g, ' '),
      promised: undefined,
    }))
    .filter(
      ({ text: typed }) => programs.test(typed) || typed === './scripts/demo' || typed === './scripts/test',
    );
}
