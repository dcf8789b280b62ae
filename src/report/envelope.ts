/** What every JSON output of the tool has around it. Additive changes only: readers ignore what they do not know. */

export const formatVersion = '1.0';

export function envelope(command: string, { exitCode, ...rest }: { readonly exitCode: number }): string {
  return `${JSON.stringify({ formatVersion, command, exitCode, ...rest }, undefined, 2)}\n`;
}
