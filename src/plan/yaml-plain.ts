/** Recognises, without a parser, entries of a YAML document that cannot be wrong: maps and lists of one-line values, written as nearly everybody does. */

export interface PlainEntry {
  readonly key: string;
  /** Where the next line begins that starts with a letter, or the text ends. */
  readonly end: number;
}

interface Block {
  readonly indent: number;
  readonly isList: boolean;
}

// No anchor, alias, tag or escape, nothing that goes on in the next line, and only ASCII outside of comments: all that could be an error,
// or depend on what stands elsewhere. Every part ends where the next begins, so that no text makes the expression try twice.
const word = /(?:[!"$-9;-~]|:(?=[!-~]))+/.source;
const bare = `(?:[\\w/.~+$(]|-(?=[\\w.]))(?:${word})?(?: +${word})*`;
const value = `(?:${bare}|"[ !#-[\\]-~]*"|'[ -&(-~]*')`;
const key = '[A-Za-z_][\\w.-]{0,99}';
const line = new RegExp(
  `( *)(?:(?:(- )?(${key}):( +${value})?|(- )${value})(?: +#[^\\n]*)? *|(?:#[^\\n]*)?)(?:\\r?\\n|$)`,
  'y',
);
// Deeper than this is for the parser to refuse.
const deepest = 16;

/** The entry whose key begins there, at the beginning of a line; undefined if it is anything else. */
export function plainEntry(text: string, at: number): PlainEntry | undefined {
  const blocks: Block[] = [{ indent: 0, isList: false }];
  let name = '';
  let isOpen = false;
  let here = at;
  while (here < text.length && (here === at || !isKeyAt(text, here))) {
    line.lastIndex = here;
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, spaces = '', dash, label, held, bareDash] = match;
    const isItem = (dash ?? bareDash) !== undefined;
    here = line.lastIndex;
    if (!isItem && label === undefined) continue;
    if (!fits(blocks, { indent: spaces.length, isList: isItem }, isOpen)) return undefined;
    if (isItem && label !== undefined) blocks.push({ indent: spaces.length + 2, isList: false });
    if (blocks.length > deepest) return undefined;
    isOpen = label !== undefined && held === undefined;
    if (name === '') name = label ?? '';
  }
  return isOpen || name === '' ? undefined : { key: name, end: here };
}

/** Whether a line goes on with a block that is there, or begins one under the key of the line before, which has no value of its own then. */
function fits(blocks: Block[], next: Block, isOpen: boolean): boolean {
  let last = blocks.at(-1);
  if (isOpen) {
    blocks.push(next);
    return last !== undefined && (next.isList ? next.indent >= last.indent : next.indent > last.indent);
  }
  while (last !== undefined && (last.indent > next.indent || isListBeside(last, next))) {
    blocks.pop();
    last = blocks.at(-1);
  }
  return last?.indent === next.indent && last.isList === next.isList;
}

/** A list may stand right under its key, as deep as the key itself. */
function isListBeside(last: Block, next: Block): boolean {
  return last.indent === next.indent && last.isList && !next.isList;
}

export function isKeyAt(text: string, at: number): boolean {
  return /[A-Za-z_]/.test(text.charAt(at));
}
