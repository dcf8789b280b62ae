/** The shapes of the JSON of `apply`, `rollback` and `runs`, from which docs/schema/ is generated. For documents and tests only. */
import { z } from 'zod';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { formatVersion } from './envelope.ts';
import { san } from './schema-facts.ts';
import { nextStep } from './schema-next-step.ts';

const text = z.string();
const codes = Object.values(exitCodes).map(({ code }) => code) as [ExitCode, ...ExitCode[]];
const exitCode = z.union(codes.map((code) => z.literal(code)));
const version = z.literal(formatVersion).describe('changes are additive: ignore what you do not know');

const served = z.object({ fingerprint: text, serial: text, names: z.array(san), notAfter: text });

const node = z.object({
  node: text,
  state: z
    .enum(['done', 'nothing', 'untouched', 'undone', 'stuck', 'unknown'])
    .describe(
      'done: proven by handshake; undone: the old pair is in place again and served; stuck: a human is needed; unknown: the line was lost, and the node puts the old pair back by itself',
    ),
  why: text.optional().describe('hostile: it may hold what a node or a program said'),
  waits: z
    .literal(true)
    .optional()
    .describe('left for later on purpose: --only, or a request that is to be signed'),
  commands: z.array(text).describe('what to type on the node, as root'),
  before: served.optional(),
  after: served.optional(),
  servedAfterMs: z.int().optional().describe("from the rename to the handshake, by the node's clock"),
  wasRestarted: z.boolean(),
  healed: z.array(text).describe('earlier runs that had not ended'),
  backup: text.optional(),
});

const durable = z.object({
  kind: z.enum(['kubeadm-config', 'node-file', 'inventory', 'advice']),
  where: text,
  state: z.enum(['written', 'nothing', 'failed', 'left-to-you']),
  why: text.optional(),
  command: text.optional(),
});

const probe = z.object({
  endpoints: z.array(
    z.object({
      endpoint: text,
      from: z.enum(['here', 'a-node']),
      handshakes: z.int(),
      failed: z.int(),
      longestGapMs: z.int().describe('between two good ones'),
      firstFailure: text.optional(),
    }),
  ),
});

const runEvent = z.object({
  at: text,
  node: text.optional(),
  event: z.enum([
    'started',
    'locked',
    'healed',
    'staged',
    'proven-staged',
    'swapped',
    'served',
    'restarted',
    'proven',
    'done',
    'undone',
    'failed',
    'durable',
    'hook',
    'stopping',
    'ended',
  ]),
  detail: text.optional(),
});

export const rolloutSchema = z
  .object({
    formatVersion: version,
    command: z.enum(['apply', 'rollback']),
    exitCode,
    run: text,
    cluster: text.optional(),
    by: text,
    startedAt: text,
    endedAt: text,
    nodes: z.array(node).describe('in the order in which they were to be changed'),
    durable: z.array(durable),
    probe,
    events: z.array(runEvent),
    left: z.array(text),
    next: z.array(nextStep).describe('what to type next; nothing that was just refused'),
  })
  .meta({ title: 'fix-sans apply --format json, fix-sans rollback --format json' });

export const runsSchema = z
  .object({
    formatVersion: version,
    command: z.literal('runs'),
    exitCode,
    cluster: text.optional(),
    madeAt: text,
    nodes: z.array(
      z.object({
        node: text,
        lock: z
          .object({ run: text, by: text, isLive: z.boolean(), secondsLeft: z.int() })
          .optional()
          .describe("by the node's own clock"),
        runs: z.array(
          z.object({
            run: text,
            state: text.describe(
              'done, undone, discarded; the last step where it has not ended; damaged or newer where it cannot be read',
            ),
            isEnded: z.boolean(),
            steps: z.array(z.object({ step: text, at: text })),
            hasConfig: z.boolean().describe('whether it has the text that kubeadm-config had before'),
          }),
        ),
      }),
    ),
    unread: z.array(z.object({ node: text, why: text })),
  })
  .meta({ title: 'fix-sans runs --format json' });
