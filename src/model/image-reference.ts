/** Whether a text is the name of an image and nothing else: https://github.com/distribution/reference/blob/v0.6.0/reference.go */

/** A registry's host and port; the name's own words, in lower case; a tag; a digest of one of the two kinds that runtimes verify. */
const host = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*|\[[0-9a-fA-F:]{2,39}\])(?::[0-9]{1,5})?`;
const word = '[a-z0-9]+(?:(?:[.]|_{1,2}|-+)[a-z0-9]+)*';
const tag = String.raw`[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`;
const digest = '(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})';
const reference = new RegExp(`^(?:${host}/)?${word}(?:/${word})*(?::${tag})?(?:@${digest})?$`);

/** Of the name, without tag and digest. */
const longestName = 255;
const longest = longestName + 1 + 128 + 1 + 7 + 128;

export function isImageReference(text: string): boolean {
  if (text.length > longest || !reference.test(text)) return false;
  const [named = ''] = text.split('@');
  return named.replace(/:[^/:]*$/, '').length <= longestName;
}
