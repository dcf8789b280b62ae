/** What every JSON output of the tool has around it. Additive changes only: readers ignore what they do not know. */
import { isHostile } from '../model/display.ts';

export const formatVersion = '1.0';

export function envelope(command: string, { exitCode, ...rest }: { readonly exitCode: number }): string {
  return `${inert(JSON.stringify({ formatVersion, command, exitCode, ...rest }, undefined, 2))}\n`;
}

/** The same values for a parser; but a terminal, which somebody looks at it in, turns no text around. */
export function inert(json: string): string {
  return json.replace(/[^\n -~]/gu, (character) =>
    isHostile(character)
      ? Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join('')
      : character,
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
