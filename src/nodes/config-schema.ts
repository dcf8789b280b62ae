/** The shape of fix-sans.yaml; docs/schema/config.schema.json is made from it. */
import * as z from 'zod/mini';

const text = (about: string) => z.string().check(z.minLength(1), z.maxLength(1000), z.describe(about));
const texts = (about: string) =>
  z.array(z.string().check(z.minLength(1), z.maxLength(1000))).check(z.maxLength(1000), z.describe(about));

const ssh = z.strictObject({
  user: z.optional(text('who logs in, where a node does not say it')),
  port: z.optional(
    z.int().check(z.gte(1), z.lte(65_535), z.describe('where sshd listens, where a node does not say it')),
  ),
  identityFiles: z.optional(texts('private keys to log in with; ~ is the home folder')),
  knownHostsFiles: z.optional(texts('files of known host keys, instead of the usual ones')),
  configFile: z.optional(text('an ssh_config to read instead of the usual one; none reads no file')),
  transport: z.optional(
    z.enum(['ssh2', 'openssh']).check(z.describe('in this process, or by the ssh program of the system')),
  ),
  become: z.optional(z.enum(['sudo', 'none', 'helper']).check(z.describe('how to become root'))),
});

const policy = z.strictObject({
  allow: z.optional(
    texts(
      'what may be added: names, *.example.com (any depth), addresses and ranges (10.0.0.0/8); plan holds to it, inspect does not look at it',
    ),
  ),
  required: z.optional(
    texts('names that every control plane must have: inspect reports those that are missing'),
  ),
  atMost: z.optional(
    z
      .int()
      .check(
        z.gte(1),
        z.lte(1000),
        z.describe(
          'the largest number of names in a certificate; plan holds to it, inspect does not look at it',
        ),
      ),
  ),
});

const node = z.union([
  text('ssh://user@host:port, user@host, host, docker://container, local:'),
  z.strictObject({
    target: text('ssh://user@host:port, user@host, host, docker://container, local:'),
    name: z.optional(text('what the node is called in reports')),
    role: z.optional(z.enum(['control-plane', 'worker'])),
  }),
]);

const cluster = z.strictObject({
  nodes: z.optional(
    z.array(node).check(z.maxLength(5000), z.describe('control planes, unless role says otherwise')),
  ),
  inventory: z.optional(text("an inventory of kubespray's, relative to this file; instead of nodes")),
  kubeconfig: z.optional(text('a kubeconfig, relative to this file')),
  context: z.optional(text('a context of that kubeconfig')),
  endpoints: z.optional(texts('HOST:PORT by which clients reach the API')),
  names: z.optional(texts('names wanted in the certificate, besides those above clusters')),
  ssh: z.optional(ssh),
  policy: z.optional(policy),
});

export const configSchema = z.strictObject({
  $schema: z.optional(z.string()),
  formatVersion: z.literal(1),
  ssh: z.optional(ssh),
  policy: z.optional(policy),
  names: z.optional(texts('names wanted in the certificate of every cluster')),
  clusters: z
    .record(z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/)), cluster)
    .check(z.describe('each cluster by its name; --cluster NAME chooses')),
});

export type RawConfig = z.infer<typeof configSchema>;
export type RawCluster = RawConfig['clusters'][string];
export type SshSettings = NonNullable<RawConfig['ssh']>;
export type Policy = NonNullable<RawConfig['policy']>;
