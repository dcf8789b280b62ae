/** SHA-256 of a text, in lower-case hex: to see whether it is still the same. */
import { createHash } from 'node:crypto';

export function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
