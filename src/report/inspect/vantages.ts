/** What was served, seen from where and by which way: the tests, and who issued what. */
import type { Finding } from '../../model/finding.ts';
import type { Inspection, Vantage } from '../../model/inspection.ts';
import { canonicalIp } from '../../model/ip.ts';
import type { Health, HttpAnswer, Probe } from '../../model/probe.ts';
import { probeTroubleText, probeTroubleWords } from '../../model/probe-words.ts';
import { formatEndpoint } from '../../model/server-address.ts';
import { type Cell, cell, join, type Phrase, plain, said, type Section } from '../page.ts';

/** More rows than this tell a reader no more; the JSON has them all. */
const mostRows = 200;

/** On a terminal: only the endpoints that somebody else answers for, and the nodes' own view. In a ticket: all. */
export function comparisonTable(
  { vantages, findings }: Pick<Inspection, 'vantages' | 'findings'>,
  { isWhole }: { readonly isWhole: boolean },
): Section['blocks'] {
  const disputed = disputedEndpoints(findings);
  const chosen = isWhole
    ? vantages
    : vantages.filter(({ probe }) => disputed.has(endpointOf(probe)) || probe.way === 'ssh');
  const unlike = distinct(chosen);
  if (unlike.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'Who issued the certificate that was shown, seen from where',
      columns: ['endpoint', 'seen from', 'issued by', 'shown'],
      rows: unlike
        .slice(0, mostRows)
        .map(({ probe, issuedBy }) => [
          cell(said`${endpointOf(probe)}`),
          cell(placeWords(probe)),
          issuerCell(probe, issuedBy),
          cell(shownWords(probe)),
        ]),
    },
    ...andMore(unlike.length),
  ];
}

export function testsTable({ vantages }: Pick<Inspection, 'vantages'>): Section['blocks'] {
  if (vantages.length === 0) return [];
  return [
    {
      kind: 'table',
      about:
        'Each TLS handshake that was made, and what GET /version said after it; API servers of the cluster are asked GET /readyz as well',
      columns: ['endpoint', 'seen from', 'SNI', 'at', 'took', 'result', 'GET /version'],
      rows: vantages
        .slice(0, mostRows)
        .map(({ probe, issuedBy }) => [
          cell(said`${endpointOf(probe)}`),
          cell(placeWords(probe)),
          probe.serverName === undefined ? cell('none', 'quiet') : cell(said`${probe.serverName}`),
          cell(timeWords(probe.at)),
          cell(`${Math.round(probe.milliseconds)} ms`),
          resultCell(probe, issuedBy),
          answerCell(probe),
        ]),
    },
    ...andMore(vantages.length),
  ];
}

/** `2026-11-21 06:00:00Z`; what another machine wrote is not ours to believe. */
function timeWords(at: string): Phrase {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(at) ?? [];
  return day === undefined || time === undefined ? said`${at}` : plain(`${day} ${time}Z`);
}

function andMore(count: number): Section['blocks'] {
  if (count <= mostRows) return [];
  return [{ kind: 'prose', phrase: plain(`and ${count - mostRows} more, which --format json has`) }];
}

function disputedEndpoints(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(
    findings.flatMap((one) =>
      one.code === 'intercepted' ||
      one.code === 'wrong-endpoint' ||
      one.code === 'proxy-cannot-reach-upstream' ||
      one.code === 'endpoint-unreachable'
        ? [one.args.endpoint]
        : [],
    ),
  );
}

/** The same endpoint by several names shows the same certificate most of the time. */
function distinct(vantages: readonly Vantage[]): readonly Vantage[] {
  const seen = new Set<string>();
  return vantages.filter(({ probe, issuedBy }) => {
    const { host, port, from, way, proxy, result } = probe;
    const shown = result.state === 'served' ? result.chain[0]?.fingerprint : result.trouble;
    const key = JSON.stringify([host, port, from, way, proxy, issuedBy, shown]);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** In the spelling of the findings. */
export function endpointOf({ host, port }: Pick<Probe, 'host' | 'port'>): string {
  return formatEndpoint(canonicalIp(host) ?? host.toLowerCase(), port);
}

function placeWords({ from, way, proxy }: Probe): Phrase {
  const place: Phrase = from === 'here' ? plain('here') : said`${from}`;
  if (way === 'direct') return join(place, plain(', directly'));
  if (way === 'ssh') return join(place, plain(' itself, through SSH'));
  return join(place, proxy === undefined ? plain(', through a proxy') : said`, through the proxy ${proxy}`);
}

const issuers: Readonly<Record<Vantage['issuedBy'], Pick<Cell, 'tone'> & { readonly word: string }>> = {
  'cluster-ca': { word: 'the CA of the cluster', tone: 'good' },
  'same-name-other-key': { word: 'NOT the CA of the cluster: the same name, another key', tone: 'bad' },
  other: { word: 'NOT the CA of the cluster', tone: 'bad' },
  unknown: { word: 'unknown: no CA to compare with', tone: 'quiet' },
  'nothing-served': { word: 'nothing was shown', tone: 'careful' },
};

function issuerCell({ result }: Probe, issuedBy: Vantage['issuedBy']): Cell {
  const { word, tone } = issuers[issuedBy];
  const leaf = result.state === 'served' ? result.chain[0] : undefined;
  return cell(leaf === undefined ? plain(word) : join(said`${leaf.issuer}, `, plain(word)), tone);
}

function shownWords({ result }: Probe): Phrase {
  if (result.state === 'failed') return troubleWords(result);
  const [leaf] = result.chain;
  if (leaf === undefined) return plain('no certificate');
  return said`${leaf.subject}, SHA-256 ${leaf.fingerprint.slice(0, 16)}`;
}

function resultCell({ result }: Probe, issuedBy: Vantage['issuedBy']): Cell {
  if (result.state === 'failed') return cell(troubleWords(result), 'bad');
  const words = join(plain('served; issuer: '), plain(issuers[issuedBy].word), said`, ${result.protocol}`);
  const fault = result.chainFault === undefined ? [] : said`; of the chain: ${result.chainFault}`;
  return cell(join(words, fault), issuers[issuedBy].tone);
}

function troubleWords(fault: Parameters<typeof probeTroubleText>[0]): Phrase {
  const words = probeTroubleWords[fault.trouble];
  const text = probeTroubleText(fault);
  if (!text.startsWith(words)) return said`${text}`;
  const rest = text.slice(words.length);
  return join(plain(words), rest === '' ? [] : said`${rest}`);
}

function answerCell({ result }: Probe): Cell {
  if (result.state === 'failed')
    return result.answer === undefined ? cell('-', 'quiet') : cell(answerWords(result.answer), 'bad');
  if (result.answer !== undefined) {
    const isWell = result.answer.gitVersion !== undefined || result.answer.isKubernetes === true;
    const isReady = (result.health?.status ?? 200) < 500;
    return cell(
      join(answerWords(result.answer), result.health === undefined ? [] : healthWords(result.health)),
      isWell && isReady ? undefined : 'careful',
    );
  }
  return result.noAnswer === undefined
    ? cell('not asked', 'quiet')
    : cell(join(plain('no answer: '), troubleWords(result.noAnswer)), 'careful');
}

function healthWords({ status, failing }: Health): Phrase {
  return said`; GET /readyz: ${[String(status), ...failing.slice(0, 5)].join(', ')}`;
}

function answerWords({ status, gitVersion, server, firstLine }: HttpAnswer): Phrase {
  if (gitVersion !== undefined) return said`${status}, Kubernetes ${gitVersion}`;
  return join(
    said`${status}`,
    server === undefined ? [] : said`, server ${server}`,
    firstLine === '' ? [] : said`: ${firstLine}`,
  );
}
