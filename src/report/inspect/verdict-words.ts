/** The answer in one sentence, with the names in it. */
import { isSilent } from '../../model/api-facts.ts';
import type { Finding, FindingArgs, FindingCode } from '../../model/finding.ts';
import type { Inspection, Verdict } from '../../model/inspection.ts';
import { join, listed, type Phrase, plain, said, type Tone } from '../page.ts';
import { wordsOf } from '../findings/words.ts';
import { someOf } from '../words.ts';
import { shortPathsOf } from './why-words.ts';

export function answerOf(inspection: Inspection): Phrase {
  const { verdict, findings, nodes } = inspection;
  switch (verdict) {
    case 'healthy':
      return plain(
        nodes.length === 0
          ? 'nothing wrong is to be seen from here'
          : 'the API server certificates hold every name they should, and are what is served',
      );
    case 'names-missing':
      return missingWords(findings);
    case 'not-the-certificate':
      return elsewhereWords(findings);
    case 'to-fix': {
      const worst = findings.find(({ severity }) => severity === 'error') ?? findings[0];
      return worst === undefined ? plain('something is to be fixed') : wordsOf(worst).head;
    }
    case 'other-tool':
      return ownerWords(argsOf(findings, 'other-tool')[0]);
    case 'unknown':
      return unknownWords(inspection);
  }
}

export function toneOf(verdict: Verdict): Tone {
  if (verdict === 'healthy') return 'good';
  return verdict === 'unknown' || verdict === 'other-tool' ? 'careful' : 'bad';
}

function missingWords(findings: readonly Finding[]): Phrase {
  const missing = findings.flatMap((finding) => (finding.code === 'san-missing' ? [finding] : []));
  const names = unique(missing.flatMap(({ args }) => args.names));
  const on = unique(missing.flatMap(({ node }) => (node === undefined ? [] : [node])));
  if (names.length === 0) {
    const stale = findings.find(({ code }) => code === 'one-backend-stale' || code === 'not-reloaded');
    return stale === undefined ? plain('a name is missing') : wordsOf(stale).head;
  }
  const who = shortPathsOf(missing.flatMap(({ args }) => args.affected));
  return join(
    listed(names, 3),
    plain(names.length === 1 ? ' is missing from the certificate' : ' are missing from the certificate'),
    on.length === 0 ? [] : join(plain(' of '), listed(on, 5)),
    plain(who.length === 0 ? '' : `, which breaks ${who.join(', ')}`),
  );
}

function elsewhereWords(findings: readonly Finding[]): Phrase {
  const [intercepted] = argsOf(findings, 'intercepted');
  if (intercepted !== undefined) {
    const { endpoint, proxy, way } = intercepted;
    if (intercepted.mayBeOther === true)
      return said`not a missing name: TLS to ${endpoint} is most likely intercepted, or another server answers there: check host and port`;
    return join(
      said`not a missing name: TLS to ${endpoint}`,
      plain(intercepted.isByLooks === true ? ' is most likely intercepted, ' : ' is intercepted, '),
      way === 'proxy' && proxy !== undefined ? said`by the proxy ${proxy}` : plain('by something on the way'),
      plain('; do not touch the cluster'),
    );
  }
  const cause = findings.find(
    ({ code, severity, args }) =>
      severity === 'error' &&
      code !== 'not-read' &&
      (code !== 'endpoint-unreachable' || ('trouble' in args && args.trouble === 'not-tls')),
  );
  return cause === undefined
    ? plain('not a missing name: see the findings')
    : join(plain('not a missing name: '), wordsOf(cause).head);
}

/** What was read is said, and what could not be: half an answer is not none. */
function unknownWords(inspection: Inspection): Phrase {
  const { nodes, findings, dialled } = inspection;
  const unread = nodes.flatMap(({ node, result }) => (result.state === 'unread' ? [node.name] : []));
  const wrong = findings.filter(({ code }) => code === 'no-control-plane');
  const isWrong = new Set(wrong.map(({ node }) => node));
  const isSomeRead = nodes.some(
    ({ node, result }) => node.role === 'control-plane' && result.state === 'read' && !isWrong.has(node.name),
  );
  const [first] = wrong;
  if (!isSomeRead && first !== undefined && unread.length === 0)
    return wordsOf({
      ...first,
      node: someOf(
        wrong.flatMap(({ node }) => node ?? []),
        5,
      ),
    }).head;
  if (isSomeRead && wrong.length > 0 && unread.length === 0)
    return join(
      plain('nothing wrong was found on the control planes that were read, but '),
      listed(
        wrong.flatMap(({ node }) => node ?? []),
        5,
      ),
      plain(wrong.length === 1 ? ' is no control plane' : ' are no control planes'),
    );
  if (isSomeRead && unread.length > 0)
    return join(
      plain('nothing wrong was found on the control planes that were read, but '),
      listed(unread, 5),
      plain(' could not be read'),
    );
  const others = argsOf(findings, 'control-plane-not-inspected').flatMap(({ names }) => names);
  if (isSomeRead && others.length > 0)
    return join(
      plain('nothing wrong was found on the control planes that were read, but the cluster has others: '),
      listed(others, 5),
    );
  if (isSomeRead) return plain('nothing wrong was found, but not everything could be read');
  if (dialled.length > 0)
    return join(plain('nothing wrong is to be seen from here'), unseenWords(inspection));
  const reason = findings.find(({ code }) => code === 'endpoint-unreachable');
  const none = plain('no certificate of an API server could be seen');
  // Why stands right below.
  if (unread.length > 0) return join(none, plain(': '), listed(unread, 5), plain(' could not be read'));
  return reason === undefined ? none : join(none, plain(': '), wordsOf(reason).head);
}

/** A certificate was seen, and something else was not: what and why. */
function unseenWords({ nodes, findings, facts }: Inspection): Phrase {
  const unread = nodes.flatMap(({ node, result }) => (result.state === 'unread' ? [node.name] : []));
  if (unread.length > 0) return join(plain(', but '), listed(unread, 5), plain(' could not be read'));
  const [api] = argsOf(findings, 'api-unread');
  if (api !== undefined)
    return isSilent(facts.api)
      ? said`; the API could not be read: ${api.why}`
      : said`; the API did not tell everything: ${api.why}`;
  return plain(', but not everything could be read');
}

function ownerWords(owner: FindingArgs['other-tool'] | undefined): Phrase {
  if (owner === undefined) return plain('another tool owns this cluster');
  return said`this cluster belongs to ${owner.distribution}, which makes its certificates in a way of its own`;
}

function argsOf<Code extends FindingCode>(
  findings: readonly Finding[],
  code: Code,
): readonly FindingArgs[Code][] {
  return findings.filter((one) => one.code === code).map(({ args }) => args as FindingArgs[Code]);
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
