/** The shape of the JSON outputs, from which docs/schema/ is generated; loaded by documents and tests only, never at run time. */
import { z } from 'zod';
import { accessPaths } from '../model/access-path.ts';
import { causeCodes } from '../model/cause.ts';
import { diagnosisNotes } from '../model/diagnosis.ts';
import { sanRefusalCodes } from '../model/san-refusal.ts';
import { formatVersion } from './envelope.ts';

const cause = z.enum(causeCodes).describe('a stable code; later versions add codes');
const endpoints = z.array(z.string()).describe('host:port as the text says it; at most 20');
const clients = z.array(z.string()).describe('the programs that said so; at most 20');
const count = z.int().min(0).describe('how often the text says it');

const name = z
  .object({
    type: z.enum(['dns', 'ip']),
    value: z
      .string()
      .describe('canonical, and hostile all the same: it comes from a text that anybody may have written'),
    count,
    verdict: z.enum(['add', 'do-not-add']),
    cause,
    endpoints,
    clients,
    held: z.array(z.string()).describe('names that the certificate holds, as far as the text lists them'),
    refusal: z.enum(sanRefusalCodes).optional().describe('why a missing name cannot be added as it is'),
    remarks: z.array(z.string()),
  })
  .describe('a name that was dialled');

const affected = z.object({
  path: z.enum(accessPaths),
  who: z.string(),
  dials: z.string(),
  state: z
    .enum(['broken', 'possible', 'unaffected'])
    .describe('broken: the text shows it; possible: if it dials this name; unaffected: it dials another'),
});

export const explainSchema = z
  .object({
    formatVersion: z.literal(formatVersion).describe('changes are additive: ignore what you do not know'),
    command: z.literal('explain'),
    exitCode: z
      .union([z.literal(1), z.literal(2), z.literal(8)])
      .describe('2 a name is missing, 8 only other causes, 1 nothing understood'),
    names: z.array(name),
    causes: z.array(
      z.object({
        code: cause,
        count,
        certainty: z.enum(['said', 'suspected']),
        endpoints,
        clients,
        affected: z
          .array(affected)
          .describe('who is affected, by access path; empty where no name is missing'),
        advice: z.string(),
      }),
    ),
    notes: z.array(
      z.object({
        code: z.enum(diagnosisNotes),
        text: z.string(),
      }),
    ),
    certificates: z
      .array(
        z.object({
          subject: z.string(),
          issuer: z.string(),
          notAfter: z.string(),
          isCa: z.boolean(),
          names: z.array(z.string()),
        }),
      )
      .describe('certificates in PEM that were pasted along'),
    next: z.array(
      z.object({ where: z.enum(['here', 'control-plane']), why: z.string(), command: z.string() }),
    ),
    unparsedLines: z
      .int()
      .min(0)
      .describe('lines that speak of certificate trouble in words that no rule knows'),
  })
  .meta({ title: 'fix-sans explain --format json' });

export { inspectSchema } from './schema-inspect.ts';
export { planSchema } from './schema-plan.ts';
export { verifySchema } from './schema-verify.ts';
export { rolloutSchema, runsSchema } from './schema-rollout.ts';
