/** What to ask of those who run the network, where something on the way answers for the API server: the part of a ticket that others act on. */
import type { FindingArgs } from '../../model/finding.ts';
import type { Inspection } from '../../model/inspection.ts';
import { canonicalIp } from '../../model/ip.ts';
import { join, listed, type Phrase, plain, said, type Section } from '../page.ts';
import { endpointOf } from './vantages.ts';

export function requestsBlocks({ findings, vantages }: Inspection): Section['blocks'] {
  const intercepted = findings.flatMap((one) => (one.code === 'intercepted' ? [one.args] : []))[0];
  const refused = findings.flatMap((one) =>
    one.code === 'proxy-cannot-reach-upstream' ? [one.args] : [],
  )[0];
  const phrases = [
    ...(intercepted === undefined ? [] : exceptions(intercepted)),
    ...(refused === undefined ? [] : [upstream(refused)]),
    ...(intercepted === undefined ? [] : [coveringName(intercepted, vantages)]),
  ];
  if (phrases.length === 0) return [];
  return [
    {
      kind: 'prose',
      phrase: plain('for those who run the proxy and the network, any one of these will do:'),
    },
    { kind: 'list', phrases },
  ];
}

/** kubectl shows a client certificate, which an interceptor cannot pass on: an exception is the way that always works. */
function exceptions({ endpoint, proxy, way }: FindingArgs['intercepted']): readonly Phrase[] {
  const isNamed = way === 'proxy' && proxy !== undefined;
  return [
    join(
      said`except ${endpoint} from TLS inspection`,
      plain(
        isNamed
          ? ', so that the proxy passes the bytes on as they are'
          : ': no proxy setting of this machine leads there, so it is routing or a firewall that does; it needs an exception there',
      ),
    ),
    ...(isNamed
      ? [
          said`allow CONNECT to ${endpoint} on ${proxy}: many proxies allow port 443 alone, or inspect every other one`,
        ]
      : []),
  ];
}

function upstream({ endpoint, status }: FindingArgs['proxy-cannot-reach-upstream']): Phrase {
  return join(
    said`let the proxy itself reach ${endpoint}`,
    status === undefined ? [] : said`: it answers ${status} in its place`,
    plain(' (a route, a firewall rule, and the CA of the cluster if the proxy verifies it)'),
  );
}

/** The way that is left where interception has to stay; it lets the proxy read every token and Secret. */
function coveringName(
  { endpoint, issuer }: FindingArgs['intercepted'],
  vantages: Inspection['vantages'],
): Phrase {
  const leaf = vantages.flatMap(({ probe }) =>
    probe.result.state === 'served' &&
    endpointOf(probe) === endpoint &&
    probe.result.chain[0]?.issuer === issuer
      ? [probe.result.chain[0]]
      : [],
  )[0];
  const names = (leaf?.names ?? []).flatMap(({ type, value }) =>
    type === 'dns' || type === 'ip' ? [value] : [],
  );
  const host = endpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const covers = names.some((name) => name === host || canonicalIp(name) === host);
  const held = covers
    ? said`its certificate does hold ${host}`
    : join(
        names.length === 0
          ? plain('its certificate holds no name at all')
          : join(plain('its certificate holds '), listed(names, 5)),
        said`, and would have to hold ${host}`,
      );
  return join(
    plain('only if inspection has to stay: '),
    held,
    plain(
      '; clients then need the CA of the proxy as certificate-authority and a token to log in with, which the proxy reads, since a client certificate does not get past it',
    ),
  );
}
