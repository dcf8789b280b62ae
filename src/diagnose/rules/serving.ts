/** Rules on what is served, against what is on disk and against the other control planes. */
import type { Finding } from '../../model/finding.ts';
import { sanKey } from '../../model/san.ts';
import { type Backend, endpointOf } from '../backend.ts';
import type { Context, Rule } from '../context.ts';
import { isWanted } from '../expected.ts';
import { finding } from '../finding.ts';
import { sansOf } from '../names.ts';
import { holdsServiceName } from '../plausible.ts';

/** Another certificate is served than lies on disk: since 1.17 the API server takes a new one within a minute. */
const notReloaded: Rule = ({ backends, expected, authorities }) =>
  backends.flatMap((backend) => {
    const { leaf, served, name } = backend;
    if (leaf === undefined || served === undefined || leaf.fingerprint === served.certificate.fingerprint)
      return [];
    // Served by somebody else is another trouble.
    if (served.probe.result.state === 'served' && authorities.issuerOf(served.probe.result.chain) === 'other')
      return [];
    const held = new Set(sansOf(served.certificate).map(sanKey));
    const names = sansOf(leaf).filter((san) => !held.has(sanKey(san)));
    const isHurting = names.some((san) => {
      const want = expected.get(sanKey(san));
      return want !== undefined && isWanted(want, backend);
    });
    const args = {
      onDisk: leaf.fingerprint,
      served: served.certificate.fingerprint,
      names: names.map(({ value }) => value),
    };
    return [finding('not-reloaded', isHurting ? 'error' : 'warning', args, name)];
  });

/** Some API servers serve a name that clients dial and others do not: every second or third call fails. */
const oneBackendStale: Rule = ({ backends, expected, holders }) => {
  const seen = backends.filter(({ served, leaf }) => served !== undefined || leaf !== undefined);
  const byStale = new Map<string, { readonly names: string[]; readonly stale: readonly string[] }>();
  for (const { san, on, paths, isWrittenDown } of expected.values()) {
    if (on !== 'everywhere' || (paths.length === 0 && !isWrittenDown)) continue;
    const held = holders.served(san);
    const onDisk = holders.onDisk(san);
    const lacks = ({ index, served }: Backend) => !(served === undefined ? onDisk : held).has(index);
    const stale = seen.filter(lacks).map(({ name }) => name);
    if (stale.length === 0 || stale.length === seen.length) continue;
    const group = byStale.get(stale.join('\n'));
    if (group === undefined) byStale.set(stale.join('\n'), { names: [san.value], stale });
    else group.names.push(san.value);
  }
  return [...byStale.values()].map((args) => finding('one-backend-stale', 'error', args));
};

/** A certificate made for another purpose stands where the API server's should. */
const wrongCertificate: Rule = ({ backends, authorities }) =>
  backends.flatMap(({ leaf, served, name }) => {
    const certificate = leaf ?? served?.certificate;
    if (certificate === undefined || authorities.issuerOf([certificate]) === 'other') return [];
    const { extendedKeyUsage, isCa, subject } = certificate;
    const why: string[] = [];
    if (isCa) why.push('it is a CA certificate');
    if (extendedKeyUsage.length > 0 && !extendedKeyUsage.some((use) => serverUses.has(use))) {
      why.push('its extended key usage lacks serverAuth');
    }
    if (!/(?:^|, )CN=kube-apiserver(?:,|$)/.test(subject) && !holdsServiceName(certificate)) {
      why.push(`its subject is ${subject}`);
    }
    return why.length === 0 ? [] : [finding('wrong-certificate', 'error', { why: why.join(', and ') }, name)];
  });

/** serverAuth, and any use. */
const serverUses: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.3.1', '2.5.29.37.0']);

/** A certificate of its own for some names: adding those to the API server's certificate has no effect. */
const sniCertificate: Rule = ({ read }) =>
  read.flatMap(({ node, sniCertificates }) =>
    sniCertificates.map(({ names, file }) =>
      finding('sni-certificate', 'info', { path: file.path, names }, node),
    ),
  );

/** An API server that nobody could shake hands with: what it serves is not known. */
const notServing: Rule = (context) =>
  context.backends.flatMap((backend) => {
    const { kind, served, facts, address, port, name } = backend;
    if (kind !== 'read' || facts?.apiserver === undefined || served !== undefined) return [];
    const endpoint = endpointOf({ host: address ?? '127.0.0.1', port });
    const ofNode = troubleOf(context, endpoint, name);
    const listens = facts.system.listening.some((one) => one.port === port);
    const isDown = ofNode === 'refused' || (facts.system.listening.length > 0 && !listens);
    if (isDown) {
      const args = { endpoint, from: name, trouble: ofNode ?? 'refused' };
      return [finding('endpoint-unreachable', 'error', args, name)];
    }
    const trouble = ofNode ?? troubleOf(context, endpoint) ?? 'nothing was tried';
    return [finding('path-not-proven', 'warning', { endpoint, trouble }, name)];
  });

function troubleOf({ probes }: Context, endpoint: string, from?: string): string | undefined {
  for (const probe of probes.get(endpoint) ?? []) {
    if (probe.result.state === 'failed' && (from === undefined || probe.from === from))
      return probe.result.trouble;
  }
  return undefined;
}

/** The endpoint that was given does not answer, by any way that was tried from a place. */
const unreachable: Rule = ({ asked, probes }) =>
  asked.flatMap(({ endpoint }) => {
    const byPlace = new Map<string, string | undefined>();
    for (const { from, way, result } of probes.get(endpoint) ?? []) {
      if (way === 'ssh') continue;
      const isServed = result.state === 'served';
      if (isServed) byPlace.set(from, undefined);
      else if (!byPlace.has(from)) byPlace.set(from, result.trouble);
    }
    return [...byPlace].flatMap(([from, trouble]) =>
      trouble === undefined ? [] : [finding('endpoint-unreachable', 'error', { endpoint, from, trouble })],
    );
  });

/** A wish is in every certificate, and yet nobody could dial it from where we stand: firewalls and DNS are no matter of certificates. */
const wishNotProven: Rule = ({ facts, asked }) => {
  const wishes = new Set(facts.wishes.map(({ value }) => value));
  const known = new Set(asked.map(({ endpoint }) => endpoint));
  const failed = new Map<string, Finding>();
  const proven = new Set<string>();
  for (const { host, port, result } of facts.probes) {
    if (!wishes.has(host)) continue;
    const endpoint = endpointOf({ host, port });
    if (known.has(endpoint)) continue;
    if (result.state === 'served') proven.add(endpoint);
    else failed.set(endpoint, finding('path-not-proven', 'info', { endpoint, trouble: result.trouble }));
  }
  return [...failed].filter(([endpoint]) => !proven.has(endpoint)).map(([, one]) => one);
};

export const servingRules: readonly Rule[] = [
  notReloaded,
  oneBackendStale,
  wrongCertificate,
  sniCertificate,
  notServing,
  unreachable,
  wishNotProven,
];
