/** The texts of `completion`: one for each shell, with all words quoted as that shell wants them. */
import type { CompletedCommand, CompletedFlag, Follows } from './completion.ts';

export function completionOf(shell: string, table: readonly CompletedCommand[]): string | undefined {
  if (shell === 'bash') return bash(table);
  if (shell === 'zsh') return zsh(table);
  return shell === 'fish' ? fish(table) : undefined;
}

function isChoice(follows: Follows): follows is readonly string[] {
  return typeof follows !== 'string';
}

/** For all three shells, where nothing but quotes and backslashes means anything between single quotes. */
function single(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function bash(table: readonly CompletedCommand[]): string {
  const names = table.map(({ name }) => name);
  const cases = table.map((command) => {
    const words = command.flags.flatMap((flag) => flag.names).join(' ');
    return `    ${command.name}) flags='${words}'; follows=${bashFollows(command.follows)} ;;\n`;
  });
  const values = [...groupedFlags(table)].map(
    ([key, flags]) => `    ${flags.join('|')}) follows=${bashFollows(JSON.parse(key) as Follows)} ;;\n`,
  );
  return `# bash completion for fix-sans. In ~/.bashrc: source <(fix-sans completion bash)
_fix_sans() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} flags= follows=
  COMPREPLY=()
  # bash takes = for a word of its own.
  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${names.join(' ')} --help --version' -- "$word"))
    return
  fi
  case $command in
${cases.join('')}    *) return ;;
  esac
  case $command:$before in
${values.join('')}  esac
  if [[ $word == -* && $follows != value:* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
    return
  fi
  case \${follows#value:} in
    file | folder)
      local kind=-f raw= one quoted
      # macOS has bash 3.2, without mapfile, and without compopt, which lets bash quote the names: a name may hold $(a command).
      compopt -o filenames 2>/dev/null || raw=yes
      [[ \${follows#value:} == folder ]] && kind=-d
      while IFS= read -r one; do
        if [[ -n $raw ]]; then
          printf -v quoted %q "$one"
          # What is quoted for the open line is not for what somebody has begun to quote by hand.
          [[ $quoted != "$one" && $word == *[\\"\\'\\\`]* ]] && continue
          [[ $word == \\~* ]] && quoted=\${quoted#\\\\}
          one=$quoted
        fi
        COMPREPLY+=("$one")
      done < <(compgen "$kind" -- "$word") ;;
    words:*) COMPREPLY=($(compgen -W "\${follows#*words:}" -- "$word")) ;;
  esac
}
complete -F _fix_sans fix-sans
`;
}

function bashFollows(follows: Follows): string {
  return isChoice(follows) ? `'words:${follows.join(' ')}'` : `'${follows}'`;
}

/** Flags with a value, as `command:--flag`, by what may follow them. */
function groupedFlags(table: readonly CompletedCommand[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, flags } of table)
    for (const flag of flags.filter(({ follows }) => follows !== 'nothing')) {
      const key = JSON.stringify(isChoice(flag.follows) ? flag.follows : `value:${flag.follows}`);
      const group = groups.get(key) ?? [];
      group.push(...flag.names.map((one) => `${name}:${one}`));
      groups.set(key, group);
    }
  return groups;
}

function zsh(table: readonly CompletedCommand[]): string {
  const described = table.map(({ name, summary }) => `    ${single(`${name}:${summary}`)}\n`);
  const cases = table.map(
    ({ name, flags, follows }) =>
      `    ${name})\n      _arguments -s \\\n${[...flags.flatMap(zshFlag), zshRest(follows)]
        .map((spec) => `        ${single(spec)}`)
        .join(' \\\n')} ;;\n`,
  );
  return `#compdef fix-sans
# zsh completion for fix-sans. In ~/.zshrc, behind compinit: source <(fix-sans completion zsh)
_fix_sans() {
  local -a names
  names=(
${described.join('')}  )
  if ((CURRENT == 2)); then
    _describe -t commands command names
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('')}  esac
}
compdef _fix_sans fix-sans
`;
}

function zshFlag({ names, about, follows, repeats }: CompletedFlag): readonly string[] {
  const text = about.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  // Given once, neither spelling is offered again.
  const once = names.length > 1 ? `(${names.join(' ')})` : '';
  const others = repeats ? '*' : once;
  return names.map((name) => `${others}${name}[${text}]${zshValue(follows)}`);
}

function zshValue(follows: Follows): string {
  if (isChoice(follows)) return `:one of:(${follows.join(' ')})`;
  return { nothing: '', text: ':text: ', file: ':file:_files', folder: ':folder:_files -/' }[follows];
}

function zshRest(follows: Follows): string {
  if (isChoice(follows)) return `1:one of:(${follows.join(' ')})`;
  return { nothing: '*: : ', text: '1:text: ', file: '*:file:_files', folder: '1:folder:_files -/' }[follows];
}

function fish(table: readonly CompletedCommand[]): string {
  const names = table.map(({ name }) => name).join(' ');
  const first = `not __fish_seen_subcommand_from ${names}`;
  const lines = table.flatMap(({ name, summary, flags, follows }) => [
    `complete -c fix-sans -n ${single(first)} -a ${name} -d ${fishText(summary)}`,
    ...flags.map((flag) => fishFlag(name, flag)),
    ...(isChoice(follows)
      ? [`complete -c fix-sans -n '__fish_seen_subcommand_from ${name}' -a ${single(follows.join(' '))}`]
      : []),
    ...(follows === 'file' ? [`complete -c fix-sans -n '__fish_seen_subcommand_from ${name}' -F`] : []),
  ]);
  return `# fish completion for fix-sans: fix-sans completion fish > ~/.config/fish/completions/fix-sans.fish
complete -c fix-sans -f
complete -c fix-sans -n ${single(first)} -l help -d 'print this help'
complete -c fix-sans -n ${single(first)} -l version -d 'print the version'
${lines.join('\n')}
`;
}

function fishFlag(command: string, { names, about, follows }: CompletedFlag): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = isChoice(follows)
    ? ` -x -a ${single(follows.join(' '))}`
    : { nothing: '', text: ' -x', file: ' -r -F', folder: " -x -a '(__fish_complete_directories)'" }[follows];
  return `complete -c fix-sans -n '__fish_seen_subcommand_from ${command}' ${flags.join(' ')}${value} -d ${fishText(about)}`;
}

/** fish knows \\\\ and \\' between single quotes. */
function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
