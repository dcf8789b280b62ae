/** Runs the program that a kubeconfig names for credentials: only with consent, without a shell, within time. */
import path from 'node:path';
import { execa } from 'execa';
import { display } from '../model/display.ts';
import type { ApiCredentials } from '../model/kubeconfig.ts';
import { readYaml } from '../model/safe-yaml.ts';
import { UserError } from '../model/user-error.ts';
import { type Fields, fieldsOf } from './fields.ts';
import type { CredentialOptions } from './kubeconfig-credentials.ts';

// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

export async function runExecPlugin(
  plugin: Fields,
  kubeconfig: string,
  { allowExecPlugin, env, cluster }: CredentialOptions,
): Promise<Omit<ApiCredentials, 'headers'>> {
  const command = plugin.text('command') ?? '';
  const args = plugin.texts('args');
  const shown = display([command, ...args].join(' '), 120);
  if (!allowExecPlugin)
    throw new UserError(
      `the kubeconfig wants to run a program for credentials: ${shown}`,
      'allow it with --run-exec-plugin, or use a kubeconfig with a certificate or a token',
    );
  const apiVersion = plugin.text('apiVersion') ?? '';
  if (!versions.includes(apiVersion))
    throw plugin.refuse('apiVersion', `is ${display(apiVersion, 80)}, not ${versions[0]}`);
  if (command === '') throw plugin.refuse('command', 'is missing');
  if (plugin.text('interactiveMode') === 'Always')
    throw plugin.refuse('interactiveMode', 'is Always; get a token another way and give it as token:');
  // A bare word is looked up in PATH; a path is relative to the kubeconfig.
  const program = command.includes(path.sep) ? path.resolve(path.dirname(kubeconfig), command) : command;
  const wanted = plugin
    .list('env')
    .map((item) => [item.text('name') ?? '', item.text('value') ?? ''] as const);
  const hint = `the kubeconfig ${display(kubeconfig)} names it; ${display(plugin.text('installHint') ?? 'run it by hand to see why', 200)}`;
  const result = await execa(program, [...args], {
    env: {
      ...env,
      ...Object.fromEntries(wanted.filter(([name]) => name !== '')),
      KUBERNETES_EXEC_INFO: JSON.stringify({
        kind: 'ExecCredential',
        apiVersion,
        spec: {
          interactive: false,
          ...(plugin.flag('provideClusterInfo') ? { cluster: infoOf(cluster) } : {}),
        },
      }),
    },
    extendEnv: false,
    stdin: 'ignore',
    // A plugin that logs in talks to the user there.
    stderr: 'inherit',
    timeout: 60_000,
    maxBuffer: 1024 * 1024,
    reject: false,
  });
  if (result.failed) {
    const why = result.timedOut
      ? 'it took longer than a minute'
      : `exit status ${result.exitCode ?? 'unknown'}`;
    const reason = result.code === 'ENOENT' ? 'it is not installed' : why;
    throw new UserError(`the credential program ${shown} failed: ${reason}`, hint);
  }
  return credentialIn(result.stdout, shown, hint, apiVersion);
}

function credentialIn(
  stdout: string,
  shown: string,
  hint: string,
  apiVersion: string,
): Omit<ApiCredentials, 'headers'> {
  const what = `the answer of ${shown}`;
  const reading = readYaml(stdout);
  // Its text may be a secret, so nothing of it is repeated.
  if (!reading.ok) throw new UserError(`${what} is no ExecCredential`, hint);
  const fields = fieldsOf(reading, what, hint);
  const status = fields.fields('status');
  if (fields.text('kind') !== 'ExecCredential' || fields.text('apiVersion') !== apiVersion || !status)
    throw new UserError(`${what} is no ExecCredential of ${apiVersion} with a status`, hint);
  const token = status.text('token');
  const clientCertificate = status.text('clientCertificateData');
  const clientKey = status.text('clientKeyData');
  if (token !== undefined && !/^[\u0021-\u007e]+$/.test(token))
    throw new UserError(`${what} holds a broken token`, hint);
  if (token === undefined && (clientCertificate === undefined || clientKey === undefined))
    throw new UserError(`${what} holds neither a token nor a certificate with its key`, hint);
  return {
    ...(token === undefined ? {} : { token }),
    ...(clientCertificate === undefined || clientKey === undefined ? {} : { clientCertificate, clientKey }),
  };
}

function infoOf(cluster: Fields): Record<string, unknown> {
  return {
    server: cluster.text('server'),
    'tls-server-name': cluster.text('tls-server-name'),
    'certificate-authority-data': cluster.text('certificate-authority-data'),
    'proxy-url': cluster.text('proxy-url'),
    'insecure-skip-tls-verify': cluster.flag('insecure-skip-tls-verify'),
  };
}
