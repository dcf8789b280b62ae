/** Where we stand: the variables, trusted CAs and kubectl that decide how a client here reaches the API. Nothing secret leaves this file. */
import { execa } from 'execa';
import { hostname } from 'node:os';
import type { Environment } from '../model/probe.ts';
import { readTrust, type TrustReading } from './environment-trust.ts';
import { redact } from './probe/proxy-address.ts';
import { type ProxySettings, readProxySettings } from './probe/proxy-env.ts';

/** In the order in which a report shows them. Programs differ in which spelling they take, so both are told. */
const told: readonly string[] = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_OPTIONS',
  'KUBECONFIG',
];

const kubectlTimeoutMs = 5000;

type Variables = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOptions {
  readonly env: Variables;
  /** For tests: another program and other places than the system's. */
  readonly kubectl?: string;
  readonly system?: Parameters<typeof readTrust>[1];
}

export interface EnvironmentReading {
  readonly environment: Environment;
  /** Holds the proxy's password, and is for connecting only. */
  readonly proxies: ProxySettings;
  /** Of Road.proxyRoots. */
  readonly proxyRoots: TrustReading['roots'];
}

export async function readEnvironment({
  env,
  kubectl = 'kubectl',
  system,
}: EnvironmentOptions): Promise<EnvironmentReading> {
  const proxies = readProxySettings(env);
  const [trust, kubectlVersion] = await Promise.all([
    readTrust(env, system),
    readKubectlVersion(kubectl, env),
  ]);
  return {
    environment: {
      variables: told.flatMap((name) => {
        const value = env[name];
        return value === undefined ? [] : [{ name, value: redact(name, value) }];
      }),
      trustBundles: trust.bundles,
      ...(proxies.faults.length === 0 ? {} : { faults: proxies.faults }),
      ...(kubectlVersion === undefined ? {} : { kubectlVersion }),
      hostname: hostname(),
    },
    proxies,
    proxyRoots: trust.roots,
  };
}

/** Undefined where there is none, or none that answers: it may be a wrapper that waits for somebody. */
async function readKubectlVersion(kubectl: string, env: Variables): Promise<string | undefined> {
  try {
    const { stdout } = await execa(kubectl, ['version', '--client', '-o', 'json'], {
      timeout: kubectlTimeoutMs,
      forceKillAfterDelay: 500,
      stdin: 'ignore',
      stderr: 'ignore',
      maxBuffer: 65_536,
      extendEnv: false,
      env,
    });
    const version = (JSON.parse(stdout) as { clientVersion?: { gitVersion?: unknown } }).clientVersion
      ?.gitVersion;
    return typeof version === 'string' && /^v[\w.+-]{1,60}$/.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}
