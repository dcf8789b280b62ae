/** A unified diff of two texts that differ in one place or in few: what a reviewer sees and `patch` takes. */

/** Empty where nothing differs. Lines in the middle that are the same on both sides are shown as taken out and put in again. */
export function unifiedDiff(
  before: string,
  after: string,
  names: { readonly from: string; readonly to: string },
  context = 3,
): string {
  if (before === after) return '';
  const [old, now] = [splitLines(before), splitLines(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end))
    end += 1;
  const from = Math.max(0, start - context);
  const head = old.slice(from, start);
  const tail = old.slice(old.length - end, old.length - end + context);
  const removed = old.slice(start, old.length - end);
  const added = now.slice(start, now.length - end);
  const lines = [
    ...head.map((line) => mark(' ', line)),
    ...removed.map((line) => mark('-', line)),
    ...added.map((line) => mark('+', line)),
    ...tail.map((line) => mark(' ', line)),
  ];
  const oldCount = head.length + removed.length + tail.length;
  const newCount = head.length + added.length + tail.length;
  return `--- ${names.from}\n+++ ${names.to}\n@@ -${place(from, oldCount)} +${place(from, newCount)} @@\n${lines.join('')}`;
}

/** Each with its line end, so that a changed one shows. */
function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function mark(sign: string, line: string): string {
  return line.endsWith('\n') ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`;
}

function place(from: number, count: number): string {
  const line = count === 0 ? from : from + 1;
  return count === 1 ? String(line) : `${line},${count}`;
}
