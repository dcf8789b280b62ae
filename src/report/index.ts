/** The formats a diagnosis can be printed in: a new one is a file and a line here. */
import type { Diagnosis } from '../model/diagnosis.ts';
import { explainAsJson } from './explain-json.ts';
import { explainAsMarkdown } from './explain-markdown.ts';
import { explainAsText } from './explain-text.ts';
import type { Look } from './look.ts';

export const explainReports: Readonly<Record<string, (diagnosis: Diagnosis, look: Look) => string>> = {
  text: explainAsText,
  json: explainAsJson,
  markdown: explainAsMarkdown,
};
