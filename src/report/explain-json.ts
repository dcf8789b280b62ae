/** A diagnosis as JSON: raw values, for programs. */
import type { Diagnosis } from '../model/diagnosis.ts';
import { envelope } from './envelope.ts';

export function explainAsJson(diagnosis: Diagnosis): string {
  return envelope('explain', diagnosis);
}
