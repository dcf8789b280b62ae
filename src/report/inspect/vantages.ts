/** What was served, seen from where and by which way: the tests, and who issued what. */
import type { Vantage } from '../../model/inspection.ts';
import type { HttpAnswer, Probe } from '../../model/probe.ts';
import { type Cell, cell, join, type Phrase, plain, said, type Section } from '../page.ts';

const issuers: Readonly<Record<Vantage['issuedBy'], Cell>> = {
  'cluster-ca': cell('cluster CA', 'good'),
  'same-name-other-key': cell('another CA of the same name', 'bad'),
  other: cell('somebody else', 'bad'),
  unknown: cell('unknown: no CA to compare with', 'quiet'),
  'nothing-served': cell('nothing served', 'careful'),
};

export function comparisonTable(vantages: readonly Vantage[]): Section['blocks'] {
  if (vantages.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'Who issued what, seen from where',
      columns: ['endpoint', 'seen from', 'way', 'issued by', 'certificate'],
      rows: vantages.map(({ probe, issuedBy }) => [
        cell(said`${endpointOf(probe)}`),
        cell(said`${probe.from}`),
        cell(wayOf(probe)),
        issuers[issuedBy],
        cell(servedWords(probe)),
      ]),
    },
  ];
}

export function testsTable(vantages: readonly Vantage[]): Section['blocks'] {
  if (vantages.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'Each handshake that was made, and what GET /version said after it',
      columns: ['endpoint', 'from', 'way', 'SNI', 'took', 'result', 'answer'],
      rows: vantages.map(({ probe }) => [
        cell(said`${endpointOf(probe)}`),
        cell(said`${probe.from}`),
        cell(wayOf(probe)),
        probe.serverName === undefined ? cell('none', 'quiet') : cell(said`${probe.serverName}`),
        cell(`${Math.round(probe.milliseconds)} ms`),
        resultCell(probe),
        cell(probe.result.state === 'served' ? answerWords(probe.result.answer) : plain('-')),
      ]),
    },
  ];
}

function endpointOf({ host, port }: Probe): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function wayOf({ way, proxy, from }: Probe): Phrase {
  if (way === 'direct') return plain('directly');
  if (way === 'ssh') return said`through SSH to ${from}`;
  return proxy === undefined ? plain('through a proxy') : said`through the proxy ${proxy}`;
}

function servedWords({ result }: Probe): Phrase {
  if (result.state === 'failed') return said`${result.trouble}: ${result.detail}`;
  const [leaf] = result.chain;
  if (leaf === undefined) return plain('no certificate');
  return said`${leaf.subject}, issued by ${leaf.issuer}, SHA-256 ${leaf.fingerprint.slice(0, 16)}`;
}

function resultCell({ result }: Probe): Cell {
  if (result.state === 'failed') return cell(join(plain('failed: '), said`${result.trouble}`), 'bad');
  if (result.isTrusted === undefined) return cell(said`served by ${result.protocol}, no CA to check with`);
  return result.isTrusted
    ? cell('trusted by the cluster CA', 'good')
    : cell('not trusted by the cluster CA', 'bad');
}

function answerWords(answer: HttpAnswer | undefined): Phrase {
  if (answer === undefined) return plain('none');
  if (answer.gitVersion !== undefined) return said`status ${answer.status}, Kubernetes ${answer.gitVersion}`;
  return join(
    said`status ${answer.status}`,
    answer.server === undefined ? [] : said`, server ${answer.server}`,
    answer.firstLine === '' ? [] : said`, ${answer.firstLine}`,
  );
}
