/** A plan for programs: the value itself, its findings with their words. */
import type { Plan } from '../../model/plan.ts';
import { envelope } from '../envelope.ts';
import { toldFinding } from '../inspect/json.ts';

export function planAsJson({ findings, ...plan }: Plan): string {
  const told = { ...plan, findings: findings.map(toldFinding) };
  return envelope('plan', told);
}
