/** A plan as a file, and back: what is not ours, not whole, not of this version or not as it was written is refused. */
import { digestOf } from '../model/digest.ts';
import type { ExitCode } from '../model/exit-code.ts';
import { exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { faultyField } from './plan-shape.ts';

/** Not the version of the tool: it changes when the meaning of a field does. */
export const planFormat = 1;
const kind = 'fix-sans plan';
const mostCharacters = 64 * 1024 * 1024;

export type PlanReading =
  | { readonly ok: true; readonly plan: Plan }
  | {
      readonly ok: false;
      readonly fault: 'not-json' | 'foreign' | 'other-format' | 'tampered' | 'incomplete' | 'too-large';
      readonly detail: string;
      readonly exitCode: ExitCode;
    };

/** The digest tells accidents and edits by hand; who can write the file can write the digest too, so nothing in it is run as it stands. */
export function writePlan(plan: Plan): string {
  const text = JSON.stringify(plan, undefined, 2);
  const head = { kind, formatVersion: planFormat, digest: digestOf(text) };
  return `${JSON.stringify(head).slice(0, -1)},"plan":${text}}\n`;
}

export function readPlan(text: string): PlanReading {
  if (text.length > mostCharacters) return refuse('too-large', 'it is larger than any plan');
  if (text.trim() === '') return refuse('not-json', 'it is empty: it was cut off, or never written');
  const file = parse(text.replace(/^\ufeff/, ''));
  if (file === undefined)
    return text.includes(`"kind":"${kind}"`)
      ? refuse('not-json', 'it is cut off or was changed')
      : refuse('not-json', 'it is no JSON');
  if (!isMap(file) || file['kind'] !== kind)
    return refuse('foreign', 'it is no plan that fix-sans wrote with --out');
  const { formatVersion } = file;
  if (formatVersion !== planFormat)
    return refuse(
      'other-format',
      `it is of format ${typeof formatVersion === 'number' ? formatVersion : 'unknown'}, and this version reads format ${planFormat}: plan again`,
    );
  const { plan, digest } = file;
  const written = textOf(plan);
  if (written === undefined) return refuse('incomplete', 'it is nested deeper than any plan');
  if (digest !== digestOf(written))
    return refuse('tampered', 'its content is not what was written: it was changed by hand or on the way');
  const faulty = faultyField(plan);
  if (faulty !== undefined) return refuse('incomplete', `it has no usable "${faulty}"`);
  return { ok: true, plan: plan as Plan };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Undefined where it is nested too deeply to be written. */
function textOf(plan: unknown): string | undefined {
  try {
    return JSON.stringify(plan, undefined, 2) ?? '';
  } catch {
    return undefined;
  }
}

/** What is no plan at all is a mistake at the keyboard; a plan that cannot be trusted is refused. */
function refuse(fault: Extract<PlanReading, { ok: false }>['fault'], detail: string): PlanReading {
  const isUsage = fault === 'foreign' || (fault === 'not-json' && detail === 'it is no JSON');
  return { ok: false, fault, detail, exitCode: isUsage ? exitCodes.usage.code : exitCodes.refused.code };
}
