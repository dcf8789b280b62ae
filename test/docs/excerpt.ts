/** Whether a program printed what a page says that it prints. */

/** Differs from run to run, whatever the page took for an example. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'RUN'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME'],
  [/\b\d{4}-\d\d-\d\d\b/g, 'DAY'],
  [/\b\d+ (ms|days)\b/g, 'N $1'],
  [/\b(?=[0-9A-F]*\d)[0-9a-fA-F]{16,64}\b/g, 'HEX'],
];

function plain(text: string): string {
  return varying
    .reduce((so, [pattern, word]) => so.replaceAll(pattern, word), text)
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The first line of the excerpt that was not printed, in its order; `…` stands for anything. Blanks and line ends count alike. */
export function missingFrom(output: string, excerpt: string): string | undefined {
  const printed = plain(output);
  let from = 0;
  for (const line of excerpt.split('\n')) {
    for (const part of line.split('…').map(plain)) {
      const at = printed.indexOf(part, from);
      if (at === -1) return line;
      from = at + part.length;
    }
  }
  return undefined;
}
