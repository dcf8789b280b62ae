/** Colours, few and never the only carrier of a meaning. */

export interface Paint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly dim: (text: string) => string;
}

export function paint(colour: boolean): Paint {
  const inked = (open: number, close: number) => (text: string) =>
    colour ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: inked(1, 22),
    red: inked(31, 39),
    yellow: inked(33, 39),
    green: inked(32, 39),
    dim: inked(2, 22),
  };
}
