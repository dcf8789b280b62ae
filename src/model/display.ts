/** Makes hostile text harmless to look at: what a terminal would obey, or what hides or turns text around, is spelled out. */

// C0, DEL and C1 controls, soft hyphen, bidi marks and overrides, zero-width and other invisible format characters,
// line and paragraph separators, lone surrogates, tags. stripVTControlCharacters would leave \r and U+202E in.
const hostile =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u200b-\u200f\u2028-\u202f\u2800\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff]|\u034f|[\u17b4\u17b5]|[\u180b-\u180f]|[\ufe00-\ufe0f]|[\u{e0000}-\u{e0fff}]/gu;

/** Whether the text holds a character that display() would spell out. */
export function isHostile(text: string): boolean {
  return text.search(hostile) !== -1;
}

/** The text on one line, safe for a terminal, and never longer than `longest` characters. */
export function display(text: string, longest = 300): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return shown.replace(hostile, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
