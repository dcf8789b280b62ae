/** The shape of a command to run next, in the JSON of plan, verify, apply and rollback. For documents and tests only. */
import { z } from 'zod';

export const nextStep = z.object({
  where: z.enum(['here', 'control-plane', 'anywhere']),
  why: z.string(),
  command: z.string(),
  takesOptions: z
    .literal(true)
    .optional()
    .describe('it needs the options of the run that says so: which nodes, how they are reached'),
});
