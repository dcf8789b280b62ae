/** How the program is called where it was started, so that a command that it prints can be typed there as it stands. */
import path from 'node:path';

/** What the documents call it, and all rooms behind this one. */
export const programName = 'fix-sans';

export interface Started {
  /** process.argv0: what the shell called Node by. */
  readonly node: string;
  /** process.argv[1], which Node makes absolute, without following links. */
  readonly script: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What kubectl looks for when somebody types `kubectl fix-sans`: https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/ */
const pluginName = 'kubectl-fix_sans';

/** `fix-sans` where that is on the PATH, `kubectl fix-sans`, `npx fix-sans`, or `node dist/fix-sans.js`. */
export function calledAs({ node, script, folder, env }: Started): string {
  // From its source it is only started by those who work on it.
  if (script === '' || script.endsWith('.ts')) return programName;
  const name = path.basename(script);
  // npx puts the folder of its bin into the PATH of what it starts, and of nothing else.
  if (name === programName && env['npm_command'] === 'exec') return `npx ${programName}`;
  const onPath = (env['PATH'] ?? '').split(path.delimiter).includes(path.dirname(script));
  if (name === programName && onPath) return programName;
  if (name === pluginName && onPath) return `kubectl ${programName}`;
  const within = path.relative(folder, script);
  const isNear = within !== '' && !within.startsWith('..') && !path.isAbsolute(within);
  return [node === '' ? 'node' : node, isNear ? within : script].map(quoted).join(' ');
}

/** As a shell takes it for one word; what needs no quotes gets none. */
export function quoted(word: string): string {
  if (/^[\w./@:+][\w./@:+-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Where a command of ours begins in a text: the name, and a word that only we have behind it. */
const ownCommand =
  /(?<![\w/.#-]|npx |kubectl )fix-sans(?= (?:explain|inspect|plan|apply|rollback|runs|show|verify|help|completion|--version|--help)(?![\w-]))/g;

/** Every command of ours in this text as it has to be typed here. Only ever for our own words, and for reports made of them. */
export function asCalled(text: string, called: string): string {
  return text.replaceAll(ownCommand, () => called);
}
