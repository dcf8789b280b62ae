/** What to type next, for each kind of trouble that was found; nothing here changes the cluster but what the text beside it says. */
import type { Finding, FindingArgs, FindingCode } from '../model/finding.ts';
import type { NextStep, Suggestion } from '../model/inspection.ts';
import { formatEndpoint } from '../model/server-address.ts';
import { type Backend, endpointOf } from './backend.ts';
import type { Context } from './context.ts';
import { admin, keepNames, missingSteps, mostNames } from './lasting-steps.ts';
import { sansOf } from './names.ts';
import { safeEndpoint, safeName, safePath, unglobbed } from './shell-safe.ts';
import { kubectl, tunnelSteps } from './tunnel.ts';
import { askApi, inspectOthers } from './wider-steps.ts';

export function nextSteps(
  context: Context,
  findings: readonly Finding[],
  suggestions: readonly Suggestion[],
): readonly NextStep[] {
  if (context.owner !== undefined) return [];
  const first = <Code extends FindingCode>(code: Code): FindingArgs[Code] | undefined =>
    findings.find((one) => one.code === code && one.severity !== 'info')?.args as
      | FindingArgs[Code]
      | undefined;
  const steps: NextStep[] = [];
  const intercepted = first('intercepted');
  if (intercepted !== undefined) {
    if (intercepted.mayBeOther === true)
      steps.push(...whatAnswers(intercepted.endpoint, 'what answers there: the API server, or another one'));
    steps.push(...pastInterceptor(context, intercepted));
  }
  const upstream = first('proxy-cannot-reach-upstream');
  if (upstream !== undefined) steps.push(...throughProxy(upstream));
  const wrong = first('wrong-endpoint') ?? first('endpoint-unreachable');
  if (wrong !== undefined) steps.push(...whatAnswers(wrong.endpoint, 'what answers there, if anything'));
  if (first('stale-ca') !== undefined) steps.push(...compareCas(context));
  steps.push(...missingSteps(context, findings));
  const reload = findings.find(({ code }) => code === 'not-reloaded');
  if (reload !== undefined) steps.push(...reloadSteps(context, reload.node));
  const drift = first('config-drift');
  if (drift !== undefined && first('san-missing') === undefined)
    steps.push(...keepNames(context, drift.names));
  if (first('expired') !== undefined || first('expiring') !== undefined) steps.push(expirySteps);
  // Whatever else is wrong is the reason most of the time.
  const isAllElse = findings.every(({ code, severity }) => code === 'api-unread' || severity !== 'error');
  if (isAllElse && first('api-unread') !== undefined && context.facts.kubeconfig !== undefined)
    steps.push(...askApi(context));
  const others = first('control-plane-not-inspected');
  if (others !== undefined) steps.push(...inspectOthers(context, others.names));
  const found = suggestions.flatMap(({ san }) => safeName(san.value) ?? []).slice(0, mostNames);
  if (found.length > 0) {
    steps.push({
      where: 'here',
      why: 'names found on the way, which are added only if you ask for them: with the same options as now, and these',
      command: `fix-sans inspect ${found.map((name) => `--san ${name}`).join(' ')}`,
    });
  }
  const seen = new Set<string>();
  return steps.filter(({ command }) => (seen.has(command) ? false : seen.add(command)));
}

function pastInterceptor(context: Context, args: FindingArgs['intercepted']): readonly NextStep[] {
  const endpoint = safeEndpoint(args.endpoint);
  const host = endpoint?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const steps: NextStep[] = [];
  const hasProxy =
    args.way === 'proxy' ||
    context.facts.environment.variables.some(({ name }) => /^(?:https?|all)_proxy$/i.test(name));
  if (host !== undefined && hasProxy) {
    steps.push({
      where: 'here',
      why: 'an exception, so that calls to this address go past the proxy; where routing leads through it all the same, ask for a routing exception',
      command: [
        'export NO_PROXY="${NO_PROXY:+$NO_PROXY,}',
        host,
        '" no_proxy="${no_proxy:+$no_proxy,}',
        host,
        '"',
      ].join(''),
    });
  }
  if (endpoint !== undefined && args.proxy !== undefined) {
    const proxy = safeEndpoint(args.proxy);
    if (proxy !== undefined) {
      steps.push({
        where: 'here',
        why: 'whether the proxy lets CONNECT to this port through untouched: then the issuer is the cluster CA',
        command: servedCommand(endpoint, ` -proxy ${unglobbed(proxy)}`),
      });
    }
  }
  steps.push(...tunnelSteps(context), ...onTheServer(context), ...byItsOwnName(context, args));
  if (endpoint !== undefined) {
    steps.push({
      where: 'anywhere',
      why: 'the same look from another machine; give its file to the next run here by --with',
      command: `fix-sans inspect --endpoint ${unglobbed(endpoint)} --format json > elsewhere.json`,
    });
  }
  return steps;
}

/**
 * Where interception has to stay: a name that its certificate holds, and its CA. It does not cover the address, or nobody would
 * have come here; and what kubectl shows of itself ends at the proxy, which opens a TLS connection of its own.
 */
function byItsOwnName(context: Context, args: FindingArgs['intercepted']): readonly NextStep[] {
  const leaf = context.facts.probes.flatMap((probe) =>
    probe.result.state === 'served' &&
    endpointOf(probe) === args.endpoint &&
    probe.result.chain[0]?.issuer === args.issuer
      ? probe.result.chain.slice(0, 1)
      : [],
  )[0];
  const name = (leaf === undefined ? [] : sansOf(leaf)).flatMap(({ value }) => safeName(value) ?? [])[0];
  if (name === undefined) return [];
  return [
    {
      where: 'here',
      why: "only if interception has to stay: a name that the proxy's certificate holds, with the CA of the proxy in PROXY-CA.crt; it needs a token, which the proxy reads, because a client certificate does not get past it",
      command: `${kubectl(context)} --tls-server-name ${name} --certificate-authority PROXY-CA.crt get nodes`,
    },
  ];
}

/** For a colleague on the server, or for whoever has a console there: two issuers to compare. */
function onTheServer({ backends }: Context): readonly NextStep[] {
  const endpoint = ownEndpoint(backends.find(({ kind }) => kind === 'read'));
  return [
    {
      where: 'control-plane',
      why: 'what the API server itself serves: the cluster CA as issuer here, and another one outside, prove that something is between',
      command: servedCommand(endpoint),
    },
    {
      where: 'control-plane',
      why: 'what lies on disk',
      command:
        'openssl x509 -noout -issuer -enddate -fingerprint -sha256 -ext subjectAltName -in /etc/kubernetes/pki/apiserver.crt',
    },
    {
      where: 'control-plane',
      why: 'working from inside, where nothing is between',
      command: `${admin} get nodes`,
    },
  ];
}

function ownEndpoint(backend: Backend | undefined): string {
  return formatEndpoint(backend?.address ?? '127.0.0.1', backend?.port ?? 6443);
}

/** openssl sends no SNI for an address, as RFC 6066 asks, and ignores proxy settings. */
function servedCommand(endpoint: string, options = ''): string {
  return `openssl s_client${options} -connect ${unglobbed(endpoint)} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate -fingerprint -sha256 -ext subjectAltName`;
}

function throughProxy(args: FindingArgs['proxy-cannot-reach-upstream']): readonly NextStep[] {
  const endpoint = safeEndpoint(args.endpoint);
  const proxy = safeEndpoint(args.proxy ?? '');
  if (endpoint === undefined) return [];
  const through = proxy === undefined ? '' : ` --proxy ${unglobbed(`http://${proxy}`)}`;
  return [
    {
      where: 'here',
      why: 'the answer of what stands between, for those who run it: it cannot reach, or does not allow, this address and port',
      command: `curl -sv --max-time 20${through} ${unglobbed(`https://${endpoint}/version`)}`,
    },
  ];
}

function whatAnswers(text: string, why: string): readonly NextStep[] {
  const endpoint = safeEndpoint(text);
  return endpoint === undefined ? [] : [{ where: 'here', why, command: servedCommand(endpoint) }];
}

function compareCas(context: Context): readonly NextStep[] {
  return [
    {
      where: 'here',
      why: 'the CA that the client trusts',
      command: `${kubectl(context)} config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d | openssl x509 -noout -subject -fingerprint -sha256`,
    },
    {
      where: 'control-plane',
      why: 'the CA of the cluster: another fingerprint means that the client needs a fresh kubeconfig',
      command: 'openssl x509 -noout -subject -fingerprint -sha256 -in /etc/kubernetes/pki/ca.crt',
    },
  ];
}

function reloadSteps({ backends }: Context, node: string | undefined): readonly NextStep[] {
  const backend = backends.find(({ name }) => name === node);
  const path = safePath(backend?.facts?.certificate?.path ?? '') ?? '/etc/kubernetes/pki/apiserver.crt';
  const endpoint = ownEndpoint(backend);
  return [
    {
      where: 'control-plane',
      why: 'the fingerprint on disk; since 1.17 the API server takes a new certificate within a minute',
      command: `openssl x509 -noout -fingerprint -sha256 -in ${path}`,
    },
    {
      where: 'control-plane',
      why: 'the fingerprint that is served: if it still differs after that minute, only this container needs a restart, one node at a time',
      command: servedCommand(endpoint),
    },
  ];
}

const expirySteps: NextStep = {
  where: 'control-plane',
  why: 'all dates; kubeadm certs renew apiserver keeps the names of the certificate on disk',
  command: 'kubeadm certs check-expiration',
};
