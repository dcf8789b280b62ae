/** Values in INI inventories are Python literals; anything else is a plain text, as Ansible reads it. Nothing is evaluated. */

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const deepest = 20;

/** https://docs.python.org/3/library/ast.html#ast.literal_eval, of which numbers, texts, lists, dicts, True, False and None are read. */
export function readLiteral(text: string): unknown {
  const state = { text, at: 0 };
  const value = valueAt(state, 0);
  skip(state);
  return value === nothing || state.at < text.length ? text : value;
}

interface State {
  readonly text: string;
  at: number;
}

const nothing = Symbol('not a literal');

function skip(state: State): void {
  while (/\s/.test(state.text[state.at] ?? '')) state.at++;
  // A comment ends a Python expression.
  if (state.text[state.at] === '#') state.at = state.text.length;
}

function valueAt(state: State, depth: number): unknown {
  if (depth > deepest) return nothing;
  skip(state);
  const first = state.text[state.at] ?? '';
  if (first === "'" || first === '"') return textAt(state, first);
  if (first === '[') return listAt(state, depth, ']');
  if (first === '(') return tupleAt(state, depth);
  if (first === '{') return dictAt(state, depth);
  const word = /[A-Za-z0-9_.+-]+/y;
  word.lastIndex = state.at;
  const [found = ''] = word.exec(state.text) ?? [];
  state.at += found.length;
  if (found === 'True' || found === 'False') return found === 'True';
  if (found === 'None') return null;
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(found) ? Number(found) : nothing;
}

function textAt(state: State, quote: string): unknown {
  let text = '';
  for (state.at++; state.at < state.text.length; state.at++) {
    const character = state.text[state.at] ?? '';
    if (character === quote) {
      state.at++;
      return text;
    }
    if (character === '\\') {
      const escaped = escapes[state.text[++state.at] ?? ''];
      if (escaped === undefined) return nothing;
      text += escaped;
    } else text += character;
  }
  return nothing;
}

function listAt(state: State, depth: number, end: string): unknown {
  const items: unknown[] = [];
  for (state.at++; ; state.at++) {
    skip(state);
    if (state.text[state.at] === end) break;
    const item = valueAt(state, depth + 1);
    if (item === nothing) return nothing;
    items.push(item);
    skip(state);
    if (state.text[state.at] === end) break;
    if (state.text[state.at] !== ',') return nothing;
  }
  state.at++;
  return items;
}

/** A tuple is a list here; `(1)` without a comma is only a 1. */
function tupleAt(state: State, depth: number): unknown {
  const items = listAt(state, depth, ')');
  if (!Array.isArray(items) || items.length !== 1) return items;
  return /,\s*$/.test(state.text.slice(0, state.at - 1)) ? items : (items[0] as unknown);
}

function dictAt(state: State, depth: number): unknown {
  const entries: [string, unknown][] = [];
  for (state.at++; ; state.at++) {
    skip(state);
    if (state.text[state.at] === '}') break;
    const key = valueAt(state, depth + 1);
    skip(state);
    if (typeof key !== 'string' || state.text[state.at] !== ':') return nothing;
    state.at++;
    const value = valueAt(state, depth + 1);
    if (value === nothing) return nothing;
    entries.push([key, value]);
    skip(state);
    if (state.text[state.at] === '}') break;
    if (state.text[state.at] !== ',') return nothing;
  }
  state.at++;
  return Object.fromEntries(entries);
}
