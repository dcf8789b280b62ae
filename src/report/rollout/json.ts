/** A rollout for programs: the value itself. */
import type { Rollout } from '../../model/rollout.ts';
import { envelope } from '../envelope.ts';

export function rolloutAsJson({ kind, ...rollout }: Rollout): string {
  return envelope(kind, rollout);
}
