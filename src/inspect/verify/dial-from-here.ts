/** Handshakes from here: each control plane with every name, and each name that was asked for by itself, as a client here dials it. */
import type { Certificate } from '../../model/certificate.ts';
import type { Probe } from '../../model/probe.ts';
import type { San } from '../../model/san.ts';
import type { Dial, DialResult } from '../../model/verification.ts';
import type { Ground } from '../probe/ground.ts';
import type { PlannedProbe } from '../probe/plan-probes.ts';
import type { ProxyAddress } from '../probe/proxy-address.ts';
import { startProbes } from '../probe/run-probes.ts';
import { dialledAs, type NodePlace, rowsFor } from './dial-rows.ts';
import type { DialRow } from './read-verify.ts';
import { trustOf } from './trust.ts';

export interface FromHere {
  readonly places: readonly NodePlace[];
  readonly namesOf: ReadonlyMap<string, readonly San[]>;
  /** What clients dial by itself. */
  readonly paths: readonly Path[];
  readonly ca: readonly Certificate[];
  /** Our clock. */
  readonly at: string;
  readonly request: {
    readonly proxyFor: (host: string, port: number) => ProxyAddress | undefined;
    readonly probeTimeoutMs: number;
    readonly now: () => Date;
    readonly signal?: AbortSignal;
  };
}

export interface Path {
  readonly host: string;
  readonly port: number;
  readonly san: San;
  readonly ground: Ground;
  /** What the client has that dials it; where it is not known, the cluster's. */
  readonly ca?: readonly Certificate[];
}

type Row = DialRow & Pick<Path, 'ground' | 'ca'>;

export async function dialFromHere(from: FromHere): Promise<readonly Dial[]> {
  const { places, namesOf, paths, ca, at, request } = from;
  const backends = places.flatMap(({ node, addresses, port: own, target, ground }) =>
    addresses.flatMap((host) =>
      rowsFor(host, own, namesOf.get(node) ?? []).map((row): Row => ({
        ...row,
        ground: host === target ? ground : 'told',
      })),
    ),
  );
  const themselves = paths.map((path): Row => ({ target: 'name', ...path }));
  const run = startProbes({
    timeoutMs: request.probeTimeoutMs,
    now: request.now,
    ...(ca.length === 0 ? {} : { ca }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const rows = [...themselves, ...backends];
  const planned = rows.map((row) => plannedFor(row, request));
  run.add(planned);
  const probes = await run.finish();
  return rows.map((row, index) => {
    const { ground: _, ca: own, ...dial } = row;
    const one = planned[index];
    const seen = probes.find((probe) => one !== undefined && isOf(probe, one));
    return { place: { kind: 'here' }, ...dial, by: 'tls', result: resultOf(seen, own ?? ca, at) };
  });
}

/** Only by a name a proxy is taken: that the node itself answers is looked at straight. */
function plannedFor(
  { target, host, port, san, ground }: Row,
  { proxyFor }: FromHere['request'],
): PlannedProbe {
  const proxy = target === 'name' ? proxyFor(host, port) : undefined;
  return {
    way: proxy === undefined ? 'direct' : 'proxy',
    from: 'here',
    host,
    port,
    ground,
    ...(san.type === 'dns' ? { serverName: dialledAs(san) } : {}),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

function isOf({ host, port, serverName, way }: Probe, planned: PlannedProbe): boolean {
  return (
    host === planned.host && port === planned.port && serverName === planned.serverName && way === planned.way
  );
}

function resultOf(seen: Probe | undefined, ca: readonly Certificate[], at: string): DialResult {
  if (seen === undefined) return { state: 'failed', trouble: 'failed', detail: 'it was not dialled' };
  const { result } = seen;
  if (result.state === 'failed') return { state: 'failed', trouble: result.trouble, detail: result.detail };
  const { chain } = result;
  return { state: 'served', chain, ...trustOf(chain, ca, at) };
}
