/** A plan as a file, and back: what is not ours, not whole, not of this version or not as it was written is refused. */
import { digestOf } from '../model/digest.ts';
import type { ExitCode } from '../model/exit-code.ts';
import { exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';

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
  if (digest !== digestOf(JSON.stringify(plan, undefined, 2)))
    return refuse('tampered', 'its content is not what was written: it was changed by hand or on the way');
  const missing = required.find(([key, is]) => !isMap(plan) || !is(plan[key]));
  if (missing !== undefined) return refuse('incomplete', `it has no usable "${missing[0]}"`);
  return { ok: true, plan: plan as Plan };
}

const isList = (value: unknown): boolean => Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';

const required: readonly (readonly [key: keyof Plan, is: (value: unknown) => boolean])[] = [
  ['madeAt', (value) => isText(value) && !Number.isNaN(Date.parse(value as string))],
  ['exitCode', isNumber],
  ['nodes', isListOf(['node', 'action', 'reasons', 'names', 'lostByRecipe', 'certificate'])],
  ['order', isText],
  ['durable', isListOf(['kind'])],
  ['refusals', isListOf(['code', 'detail', 'remedy', 'commands'])],
  ['risks', isListOf(['code', 'detail'])],
  ['findings', isListOf(['code', 'severity', 'args'])],
  ['leftOut', isListOf(['name', 'why'])],
  ['next', isListOf(['where', 'why', 'command'])],
  ['bound', (value) => isMap(value) && isList(value['nodes'])],
];

function isListOf(keys: readonly string[]): (value: unknown) => boolean {
  return (value) =>
    Array.isArray(value) && value.every((one) => isMap(one) && keys.every((key) => Object.hasOwn(one, key)));
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

/** What is no plan at all is a mistake at the keyboard; a plan that cannot be trusted is refused. */
function refuse(fault: Extract<PlanReading, { ok: false }>['fault'], detail: string): PlanReading {
  const isUsage = fault === 'foreign' || (fault === 'not-json' && detail === 'it is no JSON');
  return { ok: false, fault, detail, exitCode: isUsage ? exitCodes.usage.code : exitCodes.refused.code };
}
