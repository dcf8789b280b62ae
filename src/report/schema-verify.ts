/** The shape of the JSON of `verify`, from which docs/schema/verify.schema.json is generated. For documents and tests only. */
import { z } from 'zod';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { gapCodes, linkNames } from '../model/verification.ts';
import { formatVersion } from './envelope.ts';
import { san } from './schema-facts.ts';
import { nextStep } from './schema-next-step.ts';

const text = z.string();
const codes = Object.values(exitCodes).map(({ code }) => code) as [ExitCode, ...ExitCode[]];

const seen = z
  .object({
    outcome: z.enum([
      'good',
      'missing',
      'still-there',
      'untrusted',
      'out-of-date',
      'rejected',
      'unreachable',
      'not-tried',
    ]),
    detail: text.optional().describe('hostile: it may hold what a server or a program said'),
  })
  .describe('good: a handshake whose certificate the CA signed, is valid now, and holds the name');

export const verifySchema = z
  .object({
    formatVersion: z.literal(formatVersion).describe('changes are additive: ignore what you do not know'),
    command: z.literal('verify'),
    exitCode: z.union(codes.map((code) => z.literal(code))),
    cluster: text.optional(),
    madeAt: text,
    verdict: z.enum(['holds', 'names-missing', 'broken', 'not-proven']),
    isWalk: z.boolean().describe("whether only a pod's way was asked for"),
    nodes: z.array(
      z.object({ node: text, names: z.array(z.object({ san, here: seen, node: seen, pod: seen })) }),
    ),
    paths: z
      .array(z.object({ san, port: z.int(), seen }))
      .describe(
        'what clients outside dial, dialled itself from here: names asked for, endpoints, the server of the kubeconfig',
      ),
    walks: z.array(
      z.object({
        node: text,
        namespace: text,
        pod: text,
        links: z.array(
          z.object({ link: z.enum(linkNames), state: z.enum(['good', 'broken', 'unknown']), detail: text }),
        ),
        broken: z.enum(linkNames).optional().describe('the first broken link'),
      }),
    ),
    pods: z.array(
      z.object({
        node: text,
        namespace: text,
        pod: text,
        serviceHost: text.optional(),
        servicePort: text.optional(),
        token: z.enum(['mounted', 'absent', 'unknown']),
        ca: z.object({ from: z.enum(['kubelet', 'config-map']), fingerprints: z.array(text) }).optional(),
        isEntered: z.boolean(),
        whyNot: text.optional(),
      }),
    ),
    crashLoops: z.array(
      z.object({
        namespace: text,
        pod: text,
        node: text,
        container: text,
        restarts: z.int(),
        backOff: text.optional(),
      }),
    ),
    probePods: z
      .array(
        z.object({
          node: text,
          namespace: text,
          pod: text,
          image: text,
          through: text.optional().describe('the control plane by whose admin.conf it was made'),
          why: text
            .optional()
            .describe('why nothing could be seen from it; hostile: it may hold what a server said'),
          end: z
            .enum(['never-made', 'running', 'gone', 'left'])
            .describe('gone: the API server said so; left: nobody did, and the exit code is not 0'),
        }),
      )
      .describe('pods that --probe-image had made to look from'),
    leftPods: z.array(text).describe('namespace/name of such pods of other runs; only with --probe-image'),
    gaps: z
      .array(z.object({ code: z.enum(gapCodes), what: text, detail: text, remedy: text }))
      .describe('what was not proven'),
    unread: z.array(z.object({ what: text, why: text })),
    next: z.array(nextStep),
  })
  .meta({ title: 'fix-sans verify --format json' });
