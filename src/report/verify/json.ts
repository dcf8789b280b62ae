/** A verification for programs: the value itself. */
import type { Verification } from '../../model/verification.ts';
import { envelope } from '../envelope.ts';

export function verifyAsJson(verification: Verification): string {
  return envelope('verify', verification);
}
