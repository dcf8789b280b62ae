/** fix-sans.1, made of the table of commands when the package is built. */
import { exitCodes } from '../model/exit-code.ts';
import type { Command, Option } from './command.ts';
import { commands } from './commands.ts';
import { environmentGroups } from './help-environment.ts';

/** `date` as 2026-11-21. */
export function manPage(version: string, date: string): string {
  return [
    `.TH FIX\\-SANS 1 ${date} "fix\\-sans ${escaped(version)}" "User Commands"`,
    '.SH NAME',
    `fix\\-sans \\- ${escaped('find and mend names missing from the kube-apiserver certificate')}`,
    '.SH SYNOPSIS',
    ...commands.flatMap(({ name, usage }, index) => [
      ...(index === 0 ? [] : ['.br']),
      `.B fix\\-sans ${escaped(name)}`,
      `.RI [ options ]${usage === '' ? '' : ` ${escaped(usage)}`}`,
    ]),
    '.SH DESCRIPTION',
    escaped(
      'For kubeadm and kubespray clusters whose kube-apiserver certificate lacks a name that a client dials. explain, inspect, plan and verify change nothing; apply changes one control plane after the other, each proven by handshakes before the next, and puts the old certificate back where one does not hold; rollback takes a run back.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH EXIT STATUS',
    ...Object.values(exitCodes).flatMap(({ code, meaning }) => ['.TP', `.B ${code}`, escaped(meaning)]),
    '.PP',
    escaped('What each command means by its own: fix-sans help exit-codes'),
    '.SH ENVIRONMENT',
    ...environmentGroups.flatMap(({ variables }) =>
      variables.flatMap(({ names, about }) => ['.TP', `.B ${escaped(names.join(', '))}`, escaped(about)]),
    ),
    '.SH FILES',
    '.TP',
    '.I fix\\-sans.yaml',
    escaped('clusters by name, given by --config; fix-sans help config'),
    '.TP',
    '.I ~/.local/state/fix\\-sans/audit.ndjson',
    escaped('a line for each run that took a lock'),
    '.TP',
    '.I /var/lib/fix\\-sans/',
    escaped('on a control plane: the lock, and what each run left, with the old pair'),
    '.SH SEE ALSO',
    '.BR kubectl (1),',
    '.BR ssh_config (5)',
    '',
  ].join('\n');
}

function section({ name, summary, options, epilogue, usage }: Command): readonly string[] {
  return [
    `.SS ${escaped(`fix-sans ${name}${usage === '' ? '' : ` ${usage}`}`)}`,
    `${escaped(summary)}.`,
    ...options.flatMap(flag),
    ...(epilogue === '' ? [] : ['.PP', '.nf', ...epilogue.trim().split('\n').map(escaped), '.fi']),
  ];
}

function flag({ flags, about, choices, fallback, repeats }: Option): readonly string[] {
  const more = [
    ...(choices ? [`one of ${choices.join(', ')}`] : []),
    ...(fallback === undefined ? [] : [`${fallback} where nothing is said`]),
    ...(repeats ? ['may be repeated'] : []),
  ];
  return [
    '.TP',
    `.B ${escaped(flags)}`,
    escaped(`${about}${more.length === 0 ? '' : ` (${more.join('; ')})`}`),
  ];
}

/** A dash is a minus, or nobody can copy it; a line that begins with a dot or a quote would be a request. */
function escaped(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq');
  return plain.replace(/^(?=\.)/, '\\&');
}
