/** The shape of the JSON of `plan`, from which docs/schema/plan.schema.json is generated. For documents and tests only. */
import { nextStep } from './schema-next-step.ts';
import { z } from 'zod';
import { accessPaths } from '../model/access-path.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { refusalCodes, reissueReasons, riskCodes } from '../model/plan.ts';
import { formatVersion } from './envelope.ts';
import { san } from './schema-facts.ts';
import { finding } from './schema-findings.ts';
import { provenance } from './schema-inspect.ts';

const text = z.string();
const texts = z.array(text);
const sans = z.array(san);
const commands = z.array(z.object({ why: text, command: text }));
const withheld = z.object({
  withheld: text.describe('why this form would not make the planned certificate'),
});
const codes = Object.values(exitCodes).map(({ code }) => code) as [ExitCode, ...ExitCode[]];

const node = z.object({
  node: text,
  action: z
    .enum(['reissue', 'restart', 'nothing'])
    .describe('restart: the certificate on disk is right, and the API server does not take it'),
  reasons: z.array(z.enum(reissueReasons)),
  names: z.array(
    z.object({
      san,
      fate: z.enum(['added', 'kept', 'removed']),
      why: z.array(provenance),
      breaks: z.array(z.enum(accessPaths)).describe('who breaks where it is removed'),
    }),
  ),
  lostByRecipe: sans.describe(
    'what the usual recipe, without the configuration of the cluster, would lose here',
  ),
  certificate: z.object({
    algorithm: text,
    notAfterToday: text.optional(),
    validityHours: z.number(),
    isShorter: z.boolean(),
    issuer: text,
  }),
  forms: z
    .object({
      flags: z.union([z.object({ argv: texts, line: text, alsoNames: texts }), withheld]),
      config: z.union([z.object({ file: text, argv: texts, line: text }), withheld]),
      runbook: text.optional().describe('a POSIX shell script: stage, prove, back up, rename, check'),
    })
    .optional()
    .describe('absent where nothing is to be signed, or where the plan is refused'),
});

const durable = z.union([
  z.object({
    kind: z.literal('kubeadm-config'),
    resourceVersion: text,
    names: sans,
    removed: sans,
    diff: text,
    after: text.describe('data.ClusterConfiguration'),
    command: text.describe('fails where the resource version is another one'),
  }),
  z.object({
    kind: z.literal('inventory'),
    path: text,
    names: sans,
    wouldDrop: sans.describe('what kubespray as it is would not write again'),
    diff: text.describe('without context: these files hold passwords'),
    edit: z
      .object({ before: text, after: text, at: z.int(), inserted: text })
      .describe('SHA-256 of the text before and after, and what is put in at which character'),
    command: text,
    hides: texts,
  }),
  z.object({
    kind: z.literal('advice'),
    about: z.enum(['kubeadm-config', 'kubespray-file', 'inventory', 'one-node-only']),
    where: text,
    why: text,
    text,
  }),
]);

export const planSchema = z
  .object({
    formatVersion: z.literal(formatVersion).describe('changes are additive: ignore what you do not know'),
    command: z.literal('plan'),
    exitCode: z.union(codes.map((code) => z.literal(code))),
    cluster: text.optional(),
    madeAt: text,
    nodes: z.array(node).describe('in the order in which they would be changed'),
    order: text.describe('why this order'),
    durable: z.array(durable),
    refusals: z.array(
      z.object({ code: z.enum(refusalCodes), node: text.optional(), detail: text, remedy: text, commands }),
    ),
    risks: z.array(z.object({ code: z.enum(riskCodes), node: text.optional(), detail: text })),
    wayOut: z.object({ name: san, commands, isProven: z.boolean() }).optional(),
    findings: z.array(finding),
    leftOut: z.array(z.object({ name: text, why: text })),
    next: z.array(nextStep),
    rehearsed: z
      .array(z.object({ node: text, serial: text }))
      .optional()
      .describe("--on-node: the node's own kubeadm made what is planned, in a folder that is gone"),
    bound: z
      .object({
        nodes: z.array(
          z.object({
            node: text,
            certificate: text,
            served: text.optional(),
            ca: text,
            hostKey: text.optional(),
            kubeadmVersion: text.optional(),
          }),
        ),
        kubeadmConfigVersion: text.optional(),
      })
      .describe('what was seen when the plan was made; fingerprints are SHA-256'),
  })
  .meta({ title: 'fix-sans plan --format json' });
