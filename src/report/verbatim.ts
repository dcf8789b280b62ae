/** A text of many lines for a report: as it is, and each line inert by itself. */
import { display } from '../model/display.ts';

/** Every line of it, each inert by itself. */
export function verbatimLines(text: string): readonly string[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => display(line.replace(/\r$/, ''), 4000));
}
