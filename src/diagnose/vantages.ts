/** What each place was served by each way, and who issued it: the comparison on which interception is seen. */
import type { Vantage } from '../model/inspection.ts';
import type { Probe } from '../model/probe.ts';
import type { Authorities } from './issuer.ts';

export function vantagesOf(probes: readonly Probe[], authorities: Authorities): readonly Vantage[] {
  return probes.map((probe) => ({
    probe,
    issuedBy:
      probe.result.state === 'served'
        ? authorities.issuerOf(probe.result.chain)
        : ('nothing-served' as const),
  }));
}

/** `here, through the proxy`: the place and the way, as a reader names them. */
export function placeOf({ from, way, proxy }: Probe): string {
  if (way === 'proxy') return `${from}, through the proxy${proxy === undefined ? '' : ` ${proxy}`}`;
  return way === 'ssh' ? from : `${from}, directly`;
}
