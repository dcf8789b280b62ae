/** Keeps commands in a sentence whole, so that one that is wrapped can still be copied: its blanks are put out of the wrapping's sight. */

/** `display` lets no NUL through, so none is in a text that is shown. */
const glue = '\u0000';

const programs: ReadonlySet<string> = new Set(
  'chmod chown chsh curl docker echo eval export fix-sans journalctl kubeadm kubectl node npx openssl puttygen ssh ssh-add ssh-keygen ssh-keyscan sudo systemctl usermod visudo'.split(
    ' ',
  ),
);

/** What only commands have: flags, paths, redirections, settings, quotes, and words such as FILE that stand for another. */
function isOfCommand(word: string): boolean {
  return /^-|[/=>|<*'"@]|^[A-Z][A-Z-]{2,}$/.test(word);
}

/** Values of flags and names of subcommands, between two words that only commands have. */
const mostPlain = 2;

export function glueCommands(text: string): string {
  const words = text.split(' ');
  const parts: string[] = [];
  for (let at = 0; at < words.length;) {
    const end = endOfCommand(words, at);
    parts.push(words.slice(at, end).join(glue));
    at = end;
  }
  return parts.join(' ');
}

export function unglue(line: string): string {
  return line.replaceAll(glue, ' ');
}

function endOfCommand(words: readonly string[], at: number): number {
  // `ops ALL=(root) NOPASSWD: …` goes on to its end.
  if (words[at + 1]?.startsWith('ALL=(') === true) return words.length;
  if (!programs.has((words[at] ?? '').replace(/^[(]/, ''))) return at + 1;
  let end = at + 1;
  for (let next = end; next < words.length && next - end <= mostPlain; next += 1) {
    const word = words[next] ?? '';
    if (isOfCommand(word)) end = next + 1;
    // A comma or the like ends it, and what it ends may be a flag's value.
    if (/[,;:)]$/.test(word)) break;
  }
  // The value of a flag at its end.
  const isFlag = /^--?\w[\w-]*$/.test(words[end - 1] ?? '');
  return isFlag && end < words.length ? end + 1 : end;
}
