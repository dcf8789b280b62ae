/** Rules on certificates that are not the cluster's: who answered instead of the API server. */
import type { Certificate } from '../../model/certificate.ts';
import type { Finding, FindingArgs } from '../../model/finding.ts';
import type { Vantage } from '../../model/inspection.ts';
import type { HttpAnswer, Probe } from '../../model/probe.ts';
import { isCovered } from '../../model/san.ts';
import { endpointOf, genuineLeaf } from '../backend.ts';
import type { Context, Rule } from '../context.ts';
import { finding } from '../finding.ts';
import { ownHosts, suspicionOf } from '../interceptor.ts';
import { sansOf } from '../names.ts';
import { isOtherCluster, isOtherServer, isPlausible } from '../plausible.ts';
import { placeOf } from '../vantages.ts';

interface Foreign {
  readonly vantage: Vantage;
  readonly probe: Probe;
  readonly leaf: Certificate;
}

/** What was served somewhere and is not the cluster's own, as far as anybody can tell. */
function foreignOnes(context: Context): readonly Foreign[] {
  const own = ownFingerprints(context);
  const selfViews = new Set(
    context.backends.flatMap(({ name, served }) =>
      served?.probe.from === name ? [served.certificate.fingerprint] : [],
    ),
  );
  const found: Foreign[] = [];
  for (const vantage of context.vantages) {
    const { probe, issuedBy } = vantage;
    if (probe.result.state !== 'served') continue;
    const [leaf] = probe.result.chain;
    if (leaf === undefined || own.has(leaf.fingerprint)) continue;
    // What a node serves to itself under a CA of the cluster's name is its old certificate after a change of CA: not-reloaded.
    if (issuedBy === 'same-name-other-key' && selfViews.has(leaf.fingerprint)) continue;
    const isForeign =
      issuedBy === 'other' ||
      issuedBy === 'same-name-other-key' ||
      (issuedBy === 'unknown' && (!isPlausible(leaf) || differsFromOthers(context, probe, leaf)));
    if (isForeign) found.push({ vantage, probe, leaf });
  }
  return found;
}

/** Certificates that the nodes have themselves, --tls-sni-cert-key included: whoever signed them, they are no interceptor's. */
function ownFingerprints({ backends, read }: Context): ReadonlySet<string> {
  const own = new Set<string>();
  for (const { leaf } of backends) if (leaf !== undefined) own.add(leaf.fingerprint);
  for (const { sniCertificates } of read) {
    for (const { file } of sniCertificates) {
      if (file.reading?.ok === true) own.add(file.reading.certificates[0].fingerprint);
    }
  }
  return own;
}

/** With no CA known: elsewhere, the same endpoint shows a certificate of an issuer called kubernetes, and this one is not. */
function differsFromOthers({ probes }: Context, probe: Probe, leaf: Certificate): boolean {
  if (/CN=kubernetes(?:,|$)/.test(leaf.issuer)) return false;
  return (probes.get(endpointOf(probe)) ?? []).some(
    ({ result }) => result.state === 'served' && /CN=kubernetes(?:,|$)/.test(result.chain[0]?.issuer ?? ''),
  );
}

/** A certificate of its own from something between here and the API server, or another server than the API server. */
const notTheClusters: Rule = (context) => {
  const findings = new Map<string, Finding>();
  for (const foreign of foreignOnes(context)) {
    const one = judge(context, foreign);
    if (one !== undefined) findings.set(JSON.stringify([one.code, one.args]), one);
  }
  return [...findings.values()];
};

function judge(context: Context, { vantage, probe, leaf }: Foreign): Finding | undefined {
  const endpoint = endpointOf(probe);
  const genuine = genuineVantages(context, endpoint);
  const shown = { endpoint, subject: leaf.subject, issuer: leaf.issuer };
  const wrong = finding('wrong-endpoint', 'error', shown);
  if (isOtherServer(leaf)) return wrong;
  const isOther = vantage.issuedBy === 'same-name-other-key' || isOtherCluster(leaf);
  if (isOther && genuine.length === 0) {
    // By the kubeconfig alone: it has the right CA's name and another key, so it is the old one.
    if (context.authorities.from !== 'kubeconfig') return wrong;
    return finding('stale-ca', 'error', { path: context.facts.kubeconfig?.path ?? '' });
  }
  if (genuine.length === 0 && isWishElsewhere(context, probe, leaf)) return wrong;
  // The same from inside as from outside: then this is what stands there, and nobody is between.
  if (genuine.length === 0 && isServedInsideToo(context, endpoint, leaf)) return wrong;
  const trusted = trustedHere(context, probe);
  const isSure = genuine.length > 0 || trusted.trustedBy !== undefined;
  const suspicion = isSure ? 'sure' : suspicionOf(context, probe, leaf);
  if (suspicion === 'other') return finding('wrong-endpoint', 'error', { ...shown, names: ownHosts(leaf) });
  const places = genuine.length > 0 ? genuine : ownViews(context);
  return finding('intercepted', 'error', {
    endpoint,
    from: probe.from,
    way: probe.way,
    issuer: leaf.issuer,
    subject: leaf.subject,
    ...(probe.proxy === undefined || probe.way !== 'proxy' ? {} : { proxy: probe.proxy }),
    genuineFrom: places,
    ...trusted,
    ...(suspicion === 'open' && { mayBeOther: true }),
    ...(vantage.issuedBy === 'unknown' && genuine.length === 0 && { isByLooks: true }),
  });
}

/** A wish that leads to another machine, whose certificate is good for it: nobody is between, unless the same issuer shows up elsewhere. */
function isWishElsewhere({ facts, asked }: Context, probe: Probe, leaf: Certificate): boolean {
  const endpoint = endpointOf(probe);
  const wish = facts.wishes.find(({ value }) => value === probe.host);
  if (wish === undefined || asked.some((one) => one.endpoint === endpoint)) return false;
  const isItsOwn = isCovered(sansOf(leaf), wish);
  const isSeenElsewhere = facts.probes.some(
    (other) =>
      endpointOf(other) !== endpoint &&
      other.result.state === 'served' &&
      other.result.chain[0]?.issuer === leaf.issuer,
  );
  return isItsOwn && !isSeenElsewhere;
}

function trustedHere(
  { facts }: Context,
  { from, result }: Probe,
): Pick<FindingArgs['intercepted'], 'trustedBy'> {
  if (from !== 'here' || result.state !== 'served') return {};
  const chain = new Set(result.chain.slice(1).map(({ fingerprint }) => fingerprint));
  const sources = facts.environment.trustBundles
    .filter(({ fingerprints }) => fingerprints.some((one) => chain.has(one)))
    .map(({ source }) => source);
  return sources.length === 0 ? {} : { trustedBy: [...new Set(sources)] };
}

function genuineVantages({ probes, authorities }: Context, endpoint: string): readonly string[] {
  const places = (probes.get(endpoint) ?? []).filter(
    (probe) => genuineLeaf(probe, authorities) !== undefined,
  );
  return [...new Set(places.map(placeOf))];
}

/** Control planes that see their own API server serve the cluster's certificate, whatever the address is called outside. */
function ownViews({ backends, authorities }: Context): readonly string[] {
  return backends
    .filter(
      ({ kind, name, served }) =>
        kind === 'read' &&
        served?.probe.from === name &&
        genuineLeaf(served.probe, authorities) !== undefined,
    )
    .map(({ name }) => name);
}

function isServedInsideToo({ facts, probes }: Context, endpoint: string, leaf: Certificate): boolean {
  const inside = new Set(facts.nodes.map(({ node }) => node.name));
  return (probes.get(endpoint) ?? []).some(
    ({ from, result }) =>
      inside.has(from) && result.state === 'served' && result.chain[0]?.issuer === leaf.issuer,
  );
}

/** Somebody answers in the API server's stead and cannot reach it: the second trouble behind an interceptor, or the only one. */
const cannotReachUpstream: Rule = (context) => {
  const foreign = new Set(foreignOnes(context).map(({ probe }) => probe));
  const findings = new Map<string, Finding>();
  for (const probe of context.facts.probes) {
    const endpoint = endpointOf(probe);
    const proxy = probe.proxy === undefined ? {} : { proxy: probe.proxy };
    if (probe.result.state === 'failed') {
      if (probe.result.trouble !== 'proxy-refused') continue;
      const args = { endpoint, ...proxy, firstLine: probe.result.detail };
      findings.set(JSON.stringify(args), finding('proxy-cannot-reach-upstream', 'error', args));
      continue;
    }
    const { answer } = probe.result;
    if (answer === undefined || !isGatewayError(answer)) continue;
    // A certificate of the cluster's own: then it is an API server that is not well, and no proxy.
    if (!foreign.has(probe)) continue;
    const { status, server, firstLine } = answer;
    const args = { endpoint, ...proxy, status, ...(server === undefined ? {} : { server }), firstLine };
    findings.set(JSON.stringify(args), finding('proxy-cannot-reach-upstream', 'error', args));
  }
  return [...findings.values()];
};

/** The API server's own errors are a Status in JSON. */
function isGatewayError({ status, gitVersion, firstLine }: HttpAnswer): boolean {
  return gitVersion === undefined && status >= 500 && !firstLine.trimStart().startsWith('{');
}

export const interceptionRules: readonly Rule[] = [notTheClusters, cannotReachUpstream];
