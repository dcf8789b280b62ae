/** Who we are to the API, as a user of a kubeconfig says it; read when it is needed, and kept in memory alone. */
import { display } from '../model/display.ts';
import type { ApiCredentials, Kubeconfig } from '../model/kubeconfig.ts';
import { UserError } from '../model/user-error.ts';
import type { Fields } from './fields.ts';
import { decode, fileOf } from './kubeconfig-data.ts';
import type { Entry, Env } from './kubeconfig-files.ts';

export interface CredentialOptions {
  readonly allowExecPlugin: boolean;
  readonly env: Env;
  readonly cluster: Fields;
}

export function credentialsOf(
  user: Entry | undefined,
  options: CredentialOptions,
): Kubeconfig['credentials'] {
  let known: Promise<ApiCredentials> | undefined;
  return () => {
    known ??= user === undefined ? Promise.resolve({ headers: [] }) : read(user, options);
    return known;
  };
}

/** The order of client-go: a certificate, a token, and only then a program. */
async function read(user: Entry, options: CredentialOptions): Promise<ApiCredentials> {
  const { fields } = user;
  const headers = impersonationOf(fields);
  const clientCertificate = await material(user, 'client-certificate');
  const clientKey = await material(user, 'client-key');
  if ((clientCertificate === undefined) !== (clientKey === undefined))
    throw new UserError(
      'the kubeconfig has a client certificate without its key, or a key without its certificate',
      'see client-certificate(-data) and client-key(-data) of the user',
    );
  const token = await tokenOf(user);
  const plain: ApiCredentials = {
    headers,
    ...(clientCertificate === undefined || clientKey === undefined ? {} : { clientCertificate, clientKey }),
    ...(token === undefined ? {} : { token }),
  };
  if (clientCertificate !== undefined || token !== undefined) return plain;
  const plugin = fields.fields('exec');
  if (plugin) {
    // It needs execa, which is slow to load.
    const { runExecPlugin } = await import('./exec-plugin.ts');
    return { ...(await runExecPlugin(plugin, user.file, options)), headers };
  }
  if (fields.has('auth-provider'))
    throw new UserError(
      'the kubeconfig uses auth-provider, which Kubernetes dropped in 1.26',
      'use a kubeconfig with a client certificate, a token or an exec plugin',
    );
  if (fields.has('username'))
    throw new UserError(
      'the kubeconfig uses a user name and password, which Kubernetes dropped in 1.19',
      'use a kubeconfig with a client certificate, a token or an exec plugin',
    );
  return plain;
}

async function material({ file, fields }: Entry, key: string): Promise<string | undefined> {
  const data = fields.text(`${key}-data`);
  if (data !== undefined) return Buffer.from(decode(fields, `${key}-data`, data)).toString('latin1');
  const from = fields.text(key);
  if (from === undefined) return undefined;
  return Buffer.from(await fileOf(file, from, `the ${key}`)).toString('latin1');
}

/** A token file wins over a token: https://github.com/kubernetes/client-go/blob/v0.34.0/tools/clientcmd/api/types.go (TokenFile) */
async function tokenOf({ file, fields }: Entry): Promise<string | undefined> {
  const from = fields.text('tokenFile');
  const bytes = from === undefined ? undefined : await fileOf(file, from, 'the token file');
  const token = bytes === undefined ? fields.text('token') : Buffer.from(bytes).toString('latin1').trim();
  // In a header, a line break would be the next header.
  if (token !== undefined && !/^[\u0021-\u007e]+$/.test(token))
    throw new UserError(
      'the token of the kubeconfig holds characters that no token has',
      'see token: or tokenFile:',
    );
  return token;
}

/** Whoever set these wants less rights than the credentials have. */
function impersonationOf(fields: Fields): ApiCredentials['headers'] {
  if (fields.has('as-user-extra'))
    throw fields.refuse('as-user-extra', 'is not supported; use a context without impersonation');
  const pairs: (readonly [string, string | undefined])[] = [
    ['Impersonate-User', fields.text('as')],
    ['Impersonate-Uid', fields.text('as-uid')],
    ...fields.texts('as-groups').map((group) => ['Impersonate-Group', group] as const),
  ];
  return pairs.flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!/^[\u0020-\u007e]{1,1000}$/.test(value))
      throw new UserError(
        `${name} of the kubeconfig is ${display(value, 80)}`,
        'only printable ASCII can be sent',
      );
    return [[name, value] as const];
  });
}
