/** A log line as the program meant it: without colours, escapes of the log format and HTML entities. Names in it stay as they are. */

const ansi =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,500}(?:\u0007|\u001b\\)|[@-Z\\-_])|#033\[[\d;]{0,20}m|\u009b[0-?]*[ -/]*[@-~]/g;
// JSON in JSON in a journal: any number of backslashes stands for one escape. Looked at from the first of them alone, once.
const escapes = /(?<!\\)\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|r\\+n|n|r|t|(["'/`]))/g;
const entities = /&(?:quot|apos|lt|gt|amp|nbsp|#0?39|#34|#x27|#x22|#x2f|#96);/gi;
const entityText: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  lt: '<',
  gt: '>',
  amp: '&',
  nbsp: ' ',
  '#39': "'",
  '#039': "'",
  '#34': '"',
  '#x27': "'",
  '#x22': '"',
  '#x2f': '/',
  '#96': '`',
};

const oddBlanks = ['\u00a0', '\u202f', '\u3000'];

/** The line in plain text; an escaped line break becomes a real one. */
export function cleanLine(line: string): string {
  let text = line.includes('\r') ? withoutReturns(line).replaceAll('\r', '\n') : line;
  if (text.includes('\\')) text = text.replace(escapes, unescape);
  if (text.includes('\u001b') || text.includes('#033[') || text.includes('\u009b'))
    text = text.replace(ansi, '');
  if (text.includes('&') && text.includes(';')) {
    text = text.replace(entities, (entity) => entityText[entity.slice(1, -1).toLowerCase()] ?? entity);
  }
  if (!oddBlanks.some((blank) => text.includes(blank))) return text;
  return oddBlanks.reduce((plain, blank) => plain.replaceAll(blank, ' '), text);
}

/** At the end. An expression would try at each of a million of them to get there. */
function withoutReturns(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(0, end);
}

function unescape(whole: string, unicode?: string, byte?: string, quote?: string): string {
  const hex = unicode ?? byte;
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  if (quote !== undefined) return quote;
  return whole.endsWith('t') ? ' ' : '\n';
}

/** The start of a line by itself, so that it cannot go on with the line before: a time, a level, a JSON object, a prompt. */
const fresh =
  /^\s*(?:[EWIFD]\d{4}\s|\d{4}[-/]\d\d[-/]\d\d|\[?\d\d:\d\d:\d\d|[A-Z][a-z]{2}\s+\d{1,2}\s\d\d:|\{"|time="|level=|ts=|[$#%>]\s|\S{1,40}@\S{1,60}[:~]|(?:INFO|WARN(?:ING)?|ERROR|DEBUG|FATAL)\b)/;

export function startsFresh(line: string): boolean {
  return line.trim() === '' || fresh.test(line);
}

/** A continued line without the marks that mail, tables and prompts put before it. */
export function withoutMargin(line: string): string {
  const bare = /^[>|│┃]/.test(line) ? line.replace(/^(?:[>|│┃]\s?)+/, '') : line;
  return /[│┃|]\s{0,200}$/.test(bare.slice(-200)) ? bare.trimEnd().slice(0, -1).trimEnd() : bare;
}
