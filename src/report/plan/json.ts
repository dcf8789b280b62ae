/** A plan for programs: the value itself. */
import type { Plan } from '../../model/plan.ts';
import { envelope } from '../envelope.ts';

export function planAsJson(plan: Plan): string {
  return envelope('plan', plan);
}
