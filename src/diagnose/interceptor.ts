/** Whether a foreign certificate is an interceptor's, or of another server that simply stands there. */
import type { Certificate } from '../model/certificate.ts';
import { canonicalIp } from '../model/ip.ts';
import type { Probe } from '../model/probe.ts';
import { isCovered, looseSan, sanKey } from '../model/san.ts';
import { parseServerAddress } from '../model/server-address.ts';
import { askedEndpoints, endpointOf, genuineLeaf } from './backend.ts';
import type { Context } from './context.ts';
import { sansOf } from './names.ts';

/**
 * `sure`: something is between. `other`: a certificate made for other hosts, by which a web server shows itself when the port is
 * wrong. `open`: it could be either. An interceptor makes a certificate for the name that is dialled; but some show one of their own.
 */
export type Suspicion = 'sure' | 'open' | 'other';

export function suspicionOf(context: Context, probe: Probe, leaf: Certificate): Suspicion {
  if (isForDialled(context, probe, leaf) || isProxied(context, probe)) return 'sure';
  if (isKnownDoor(context, probe) || isIssuerElsewhere(context, probe, leaf)) return 'sure';
  return ownHosts(leaf).length > 0 ? 'other' : 'open';
}

/** By address, or by the name that was asked for in its place. */
function isForDialled(context: Context, probe: Probe, leaf: Certificate): boolean {
  const endpoint = endpointOf(probe);
  const asked = askedEndpoints(context.facts).filter((one) => one.endpoint === endpoint);
  const sans = sansOf(leaf);
  return [probe.host, probe.serverName ?? '', ...asked.map(({ name }) => name)].some((name) => {
    const san = name === '' ? undefined : looseSan(name);
    return san !== undefined && isCovered(sans, san);
  });
}

/** The way went through one; or the environment has one, for programs that read it. */
function isProxied({ facts }: Context, { from, way }: Probe): boolean {
  if (way === 'proxy') return true;
  return (
    from === 'here' &&
    facts.environment.variables.some(({ name, value }) => /^(?:https|all)_proxy$/i.test(name) && value !== '')
  );
}

/**
 * A control plane sees its own API server serve the cluster's certificate, and the cluster itself knows this address and this
 * port for its API: then no wrong port was typed, and what answers outside is between.
 */
function isKnownDoor(
  { facts, backends, read, authorities, expected, holders }: Context,
  probe: Probe,
): boolean {
  const seen = backends.filter(
    ({ kind, name, served }) =>
      kind === 'read' && served?.probe.from === name && genuineLeaf(served.probe, authorities) !== undefined,
  );
  if (seen.length === 0) return false;
  const san = looseSan(probe.host);
  const isKnown =
    san !== undefined &&
    ((expected.get(sanKey(san))?.on ?? 'nowhere') !== 'nowhere' ||
      holders.onDisk(san).size > 0 ||
      holders.served(san).size > 0);
  const { controlPlaneEndpoint } = facts.api?.kubeadmConfig?.configuration ?? {};
  const servers = [
    ...read.flatMap(({ kubeconfigs }) => kubeconfigs.flatMap((file) => file.servers)),
    ...(controlPlaneEndpoint === undefined ? [] : [`https://${controlPlaneEndpoint}`]),
  ];
  const ports = new Set([
    ...seen.map(({ port }) => port),
    ...servers.flatMap((server) => parseServerAddress(server)?.port ?? []),
  ]);
  return isKnown && ports.has(probe.port);
}

/** The same hand at several hosts; one that signed itself may be of a server that has two addresses. */
function isIssuerElsewhere({ facts }: Context, probe: Probe, leaf: Certificate): boolean {
  if (leaf.issuer === leaf.subject) return false;
  return facts.probes.some(
    ({ host, result }) =>
      host !== probe.host && result.state === 'served' && result.chain[0]?.issuer === leaf.issuer,
  );
}

/** The addresses and full names that a certificate was made for; without any, those of its subject, as of old. */
export function ownHosts(leaf: Certificate): readonly string[] {
  const [, common = ''] = /(?:^|, ?)CN=([^,]+)/.exec(leaf.subject) ?? [];
  const names = sansOf(leaf).map(({ value }) => value);
  return (names.length > 0 ? names : [common]).filter(
    (name) => canonicalIp(name) !== undefined || /^(?:\*\.)?[\w-]+(?:\.[\w-]+)+$/.test(name),
  );
}
