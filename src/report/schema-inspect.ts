/** The shape of the JSON of `inspect`, from which docs/schema/inspect.schema.json is generated. For documents and tests only. */
import { z } from 'zod';
import { accessPaths } from '../model/access-path.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { formatVersion } from './envelope.ts';
import { probe, readNode, san } from './schema-facts.ts';
import { finding } from './schema-findings.ts';
import { nextStep } from './schema-next-step.ts';

const text = z.string();
const texts = z.array(text);
const whole = z.int();
const unread = z.array(z.object({ what: text, why: text }));

const wishSource = z
  .object({ by: z.enum(['names', 'policy']), path: text })
  .optional()
  .describe('the file that asks for it, by `names` or by `policy.required`; absent for --san');

export const provenance = z.union([
  z.object({ why: z.literal('wish'), from: wishSource }),
  z.object({
    why: z.literal('kubeadm'),
    rule: z.enum(['node-name', 'kubernetes-service-name', 'service-address', 'advertise-address']),
  }),
  z.object({
    why: z.enum(['controlPlaneEndpoint', 'certSANs', 'inventory', 'usual-name', 'hand-added-or-unknown']),
  }),
  z.object({ why: z.literal('kubespray'), rule: text }),
  z.object({ why: z.literal('kubeconfig'), path: text, node: text.optional() }),
  z.object({ why: z.literal('endpoint'), endpoint: text }),
  z.object({ why: z.enum(['load-balancer', 'service']), where: text }),
]);

const nameRow = z
  .object({
    san,
    provenance: z.array(provenance),
    nodes: z.array(
      z.object({
        node: text,
        onDisk: z.boolean().optional(),
        served: z.boolean().optional(),
        wanted: z.boolean(),
      }),
    ),
    inKubeadmConfig: z.boolean().optional(),
    inInventory: z.boolean().optional(),
    wanted: z.enum(['everywhere', 'on-its-node', 'no']),
    brokenWithout: z.array(z.enum(accessPaths)),
  })
  .describe('a name that is in a certificate, or should be; what is absent is not known');

const apiNode = z.object({ name: text, internalIps: texts, isReady: z.boolean() });
const endpoint = z.object({
  host: text,
  port: whole,
  serverName: text.optional().describe('tls-server-name of the kubeconfig of a run given by --with'),
});
const address = z.object({ address: text, port: whole });

const api = z.object({
  readThrough: text.describe('a node, or `here`'),
  serverVersion: text.optional(),
  kubeadmConfig: z
    .object({
      resourceVersion: text,
      text,
      configuration: z.object({
        apiVersion: text,
        kubernetesVersion: text.optional(),
        clusterName: text.optional(),
        controlPlaneEndpoint: text.optional(),
        certificatesDir: text.optional(),
        certSans: texts,
        dnsDomain: text,
        serviceSubnets: texts,
        encryptionAlgorithm: text.optional(),
        certificateValidityPeriod: text.optional(),
        faults: z.array(z.object({ path: text, line: whole, column: whole, fault: text })),
      }),
    })
    .optional(),
  kubeProxyServer: text.optional(),
  clusterInfo: z.object({ server: text, caFingerprints: texts }).optional(),
  kubernetesService: z.object({ clusterIps: texts, port: whole }).optional(),
  endpoints: z.array(address).optional(),
  controlPlanes: z.array(apiNode).optional(),
  workers: z.array(apiNode).optional(),
  loadBalancerServices: z
    .array(
      z.object({
        namespace: text,
        name: text,
        addresses: texts,
        isPending: z.boolean(),
        ports: z.array(whole),
      }),
    )
    .optional(),
  unread,
});

const environment = z.object({
  hostname: text,
  kubectlVersion: text.optional(),
  variables: z.array(z.object({ name: text, value: text })).describe('without their secrets'),
  faults: z.array(z.object({ name: text, fault: text })).optional(),
  trustBundles: z.array(
    z.object({
      source: text,
      path: text,
      count: whole,
      fault: text.optional(),
      fingerprints: texts.describe('SHA-256, of those of its certificates that some probe was shown'),
      holdsInterceptor: z
        .boolean()
        .optional()
        .describe(
          'whether the CA of what intercepts is in it; absent where nothing does, or where it sent no CA',
        ),
    }),
  ),
});

const facts = z
  .object({
    cluster: text.optional(),
    readAt: text,
    nodes: z.array(readNode),
    api: api.optional(),
    probes: z.array(probe),
    environment,
    wishes: z.array(san.extend({ from: wishSource })),
    endpoints: z.array(endpoint).optional(),
    kubeconfig: z
      .object({
        path: text,
        context: text,
        server: text,
        tlsServerName: text.optional(),
        proxyUrl: text.optional(),
        skipsVerification: z.boolean(),
        ca: texts.describe('PEM'),
      })
      .optional(),
    inventory: z
      .object({
        path: text,
        readBy: z.enum(['ansible-inventory', 'subset']),
        supplementary: texts.optional(),
        supplementaryFault: text.optional(),
        supplementarySetIn: texts.optional(),
        serviceRange: text.optional(),
        loadBalancerAddress: text.optional(),
        loadBalancerName: text.optional(),
        kubesprayVersion: text.optional(),
      })
      .optional(),
  })
  .describe('everything that was read; --with takes the probes and the environment from here');

const codes = Object.values(exitCodes).map(({ code }) => code);

export const inspectSchema = z
  .object({
    formatVersion: z.literal(formatVersion).describe('changes are additive: ignore what you do not know'),
    command: z.literal('inspect'),
    exitCode: z
      .literal(codes as [ExitCode, ...ExitCode[]])
      .describe(
        '0 healthy, 1 no control plane among the nodes, 2 something to fix, 3 partly read, 4 refused, 7 another tool, 8 not a missing name, 75 silent',
      ),
    verdict: z.enum(['healthy', 'names-missing', 'to-fix', 'not-the-certificate', 'other-tool', 'unknown']),
    findings: z.array(finding),
    names: z.array(nameRow),
    suggestions: z
      .array(z.object({ san, foundIn: texts }))
      .describe('names found on the way; never added by themselves'),
    next: z.array(nextStep),
    issuers: z
      .array(z.enum(['cluster-ca', 'same-name-other-key', 'other', 'unknown', 'nothing-served']))
      .describe('who issued what was served, in the order of facts.probes'),
    facts,
  })
  .meta({ title: 'fix-sans inspect --format json' });
