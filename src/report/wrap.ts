/** Breaks text into lines that fit: prose between words, commands only behind a pipe, so that they can still be pasted. */
import { glueCommands, unglue } from './glue.ts';

/** The first line is indented by `first`, the others by `rest`. */
export function wrap(text: string, width: number, first = '', rest = first): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of glueCommands(text).split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest + word;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
    isEmpty = false;
  }
  return [...lines, line].map(unglue);
}

export function wrapCommand(command: string, width: number, indent: string): string[] {
  if (indent.length + command.length <= width) return [indent + command];
  const parts = command.split(' | ');
  return parts.map(
    (part, index) => `${indent}${index === 0 ? '' : '  '}${part}${index < parts.length - 1 ? ' |' : ''}`,
  );
}
