/** What the report of each story has to say, where its reader looks for it. */
import { describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import type { Finding } from '../../../src/model/finding.ts';
import type { Inspection } from '../../../src/model/inspection.ts';
import { wordsOf } from '../../../src/report/findings/words.ts';
import { inspectReports } from '../../../src/report/index.ts';
import { inspectPage } from '../../../src/report/inspect/page.ts';
import { pageAsText, textOf } from '../../../src/report/page-text.ts';
import { addressOf, buildFacts, changeNode, leafOf, onDisk, reissue, without } from '../../support/facts.ts';
import { sampleFindings } from '../../support/sample-findings.ts';
import { sampleStories, type StoryName } from '../../support/sample-stories.ts';

function textAt(facts: ClusterFacts, width = 80): string {
  return pageAsText(inspectPage(diagnoseCluster(facts)), { colour: false, width });
}

function markdownOf(facts: ClusterFacts): string {
  return inspectReports['markdown']?.(diagnoseCluster(facts), { colour: false, width: 80 }) ?? '';
}

function sectionOf(text: string, title: string): string {
  const [, after = ''] = text.split(`\n${title}\n`);
  return after.split('\n\n')[0] ?? '';
}

describe('the first line is the answer', () => {
  test.each<readonly [StoryName, RegExp]>([
    ['healthy', /^The API server certificates hold every name they should, and are what is served\.$/],
    [
      'S1 pods fail',
      /^10\.240\.0\.65, lb\.example, .* missing from the certificate of cp2, which breaks pods, .*\.$/,
    ],
    [
      'S4 proxy by the environment',
      /^Not a missing name: TLS to 193\.164\.155\.89:6443 is intercepted, by the proxy proxy\.corp\.example:3128; do not touch the cluster\.$/,
    ],
    [
      'S4 transparent',
      /^Not a missing name: TLS to .* is intercepted, by something on the way; do not touch/,
    ],
    [
      'one node unread',
      /^Nothing wrong was found on the control planes that were read, but cp3 could not be read\.$/,
    ],
    [
      'nothing read',
      /^No certificate of an API server could be seen: 193\.164\.155\.89:6443 could not be reached from here: the connection was refused\.$/,
    ],
    ["another tool's cluster", /^This cluster belongs to k3s,/],
  ])('%s', (name, answer) => {
    expect(textAt(sampleStories[name], 1000).split('\n')[0]).toMatch(answer);
  });
});

describe.each([50, 80, 100, 120])('at %i columns', (width) => {
  test.each(Object.entries(sampleStories))('%s: only commands are wider', (_, facts) => {
    const { next } = diagnoseCluster(facts);
    const commands = new Set(next.flatMap(({ command }) => command.split(' | ')));
    const lines = textAt(facts, width).split('\n');
    const tooWide = lines.filter(
      (line) => line.length > width && ![...commands].some((one) => line.includes(one)),
    );
    expect(tooWide).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });
});

describe('the ticket of story S4', () => {
  const ticket = markdownOf(sampleStories['S4 proxy by the environment']);

  test.each([
    ['Findings', /`intercepted`/],
    ['Seen from where', /`CN=Corp Inspection CA`, NOT the CA of the cluster/],
    ['Seen from where', /`cp1` itself, through SSH \| `CN=kubernetes`, the CA of the cluster/],
    ['What to ask for', /Except `193\.164\.155\.89:6443` from TLS inspection/],
    ['What to ask for', /Allow CONNECT to `193\.164\.155\.89:6443` on `proxy\.corp\.example:3128`/],
    ['What to ask for', /certificate holds `egress-proxy`, and would have to hold `193\.164\.155\.89`/],
    ['Next', /^ {3}export NO_PROXY=.*193\.164\.155\.89/m],
    ['Next', /^ {3}openssl s_client -proxy proxy\.corp\.example:3128 -connect 193\.164\.155\.89:6443/m],
    ['Next', /^ {3}ssh -N -L 127\.0\.0\.1:16443:192\.168\.56\.31:6443 ops@192\.168\.56\.31$/m],
    [
      'Next',
      /^ {3}kubectl .* --server https:\/\/127\.0\.0\.1:16443 --tls-server-name kubernetes get nodes$/m,
    ],
    [
      'Next',
      /^ {3}kubectl .* --tls-server-name egress-proxy --certificate-authority PROXY-CA\.crt get nodes$/m,
    ],
    ['Next', /^ {3}kubectl --kubeconfig \/etc\/kubernetes\/admin\.conf get nodes$/m],
    ['Tests performed', /\| `no answer within 10 seconds` \|/],
    ['Tests performed', /served; issuer: NOT the CA of the cluster, `TLSv1\.3`/],
    ['Environment', /`HTTPS_PROXY` \| `http:\/\/\*\*\*@proxy\.corp\.example:3128`/],
    ['Environment', /`"10\.\*" matches nothing/],
    [
      'Environment',
      /`SSL_CERT_FILE` \| `\/opt\/corp\/bundle\.pem` \| 143 \| yes: programs that use it notice nothing/,
    ],
    ['Environment', /`system` \| .* \| 142 \| no/],
    ['Environment', /kubectl `v1\.34\.4`/],
  ])('%s: %s', (title, words) => {
    const [, after = ''] = ticket.split(`\n## ${title}\n`);
    expect(after.split('\n## ')[0]).toMatch(words);
  });

  test('without SSH it gives the commands for a colleague on the server', () => {
    const alone = markdownOf(sampleStories['S4 without SSH']);
    expect(alone).toMatch(/On a control plane, as root: what the API server itself serves/);
    expect(alone).toContain('openssl s_client -connect 127.0.0.1:6443');
    expect(alone).toContain('USER@CONTROL-PLANE');
  });

  test('what another machine saw stands beside it', () => {
    expect(markdownOf(sampleStories['S4 with another vantage point'])).toMatch(
      /`jump-host`, directly \| `CN=kubernetes`, the CA of the cluster/,
    );
  });

  test('a proxy that answers for its upstream is told with what it said', () => {
    expect(markdownOf(sampleStories['S4 upstream refuses'])).toMatch(
      /answered 503 as `squid\/5\.7`: `503 Service Unavailable`/,
    );
  });
});

describe('names', () => {
  test('what is missing comes first, and says where', () => {
    const lines = sectionOf(textAt(sampleStories['S1 pods fail'], 120), 'Names').split('\n');
    expect(lines.slice(1, 3).every((line) => line.includes('MISSING: cp2'))).toBe(true);
  });

  test('of many control planes the names of single nodes are counted, and one that is missing is not', () => {
    const facts = buildFacts({ controlPlanes: 30 });
    const text = sectionOf(textAt(facts), 'Names');
    expect(text).toContain('And 60 names and addresses of single nodes, each where it belongs.');
    const damaged = reissue(facts, 'cp7', without(leafOf(facts, 'cp7'), [addressOf(7)]));
    expect(sectionOf(textAt(damaged, 120), 'Names')).toMatch(new RegExp(`${addressOf(7)} +MISSING: cp7`));
  });

  test('more than twelve control planes have one column in a ticket too', () => {
    expect(markdownOf(buildFacts({ controlPlanes: 12 }))).toContain('| name | `cp1` |');
    expect(markdownOf(buildFacts({ controlPlanes: 13 }))).toContain('| name | on |');
  });

  test('a name on disk that is not served yet is neither there nor missing', () => {
    const facts = buildFacts({ controlPlanes: 1, workers: 0, extraNames: ['old.example'] });
    const ticket = markdownOf(onDisk(facts, 'cp1', without(leafOf(facts, 'cp1'), ['old.example'])));
    expect(ticket).toMatch(/`old\.example` \| only served \|/);
    expect(ticket).toContain('"only served": served, but no longer on disk');
  });

  test('seen from here alone there is no disk, and that is no fault', () => {
    const { nodes: _nodes, ...rest } = buildFacts();
    const facts = { ...rest, nodes: [], probes: rest.probes.filter(({ from }) => from === 'here') };
    expect(markdownOf(facts)).toMatch(/`kubernetes` \| served \| served \| served \|/);
  });
});

describe('certificates', () => {
  test('of a thousand control planes only the odd ones are shown', () => {
    const facts = buildFacts({ controlPlanes: 40, workers: 0 });
    expect(sectionOf(textAt(facts), 'Certificates')).toBe(
      '  All 40 control planes serve what is on their disk, valid for 30 days and more.',
    );
    const damaged = onDisk(facts, 'cp9', without(leafOf(facts, 'cp9'), ['cp9']));
    const text = sectionOf(textAt(damaged), 'Certificates');
    expect(text).toMatch(/cp9 .*another/);
    expect(text).toContain('And 39 control planes serve what is on their disk');
  });
});

function itemsOf(findings: readonly Finding[]): string {
  const inspection: Inspection = { ...diagnoseCluster(sampleStories.healthy), findings };
  return sectionOf(pageAsText(inspectPage(inspection), { colour: false, width: 1000 }), 'Findings');
}

describe('findings', () => {
  test.each(Object.values(sampleFindings))('$code: a sentence, and something to do', (finding) => {
    const { head, todo } = wordsOf(finding);
    expect(textOf(head)).toMatch(/^\S.*[^.\s]$/s);
    expect(textOf(todo)).not.toBe('');
    const [first = ''] = itemsOf([finding]).split('\n');
    expect(first).toMatch(
      /^ {2}(?:error|warning|info) {2}(?:[A-Z]|kube(?:adm|-)|nginx|cp\d|\/|\d|api\.|apiserver\.)/,
    );
    expect(first).toMatch(/[.?!:]$/);
    expect(first).not.toMatch(/undefined|\[object|\(\)| {3}/);
  });

  test('the same on several nodes is said once', () => {
    const all = ['cp1', 'cp2', 'cp3'].map((node) => ({ ...sampleFindings['ca-key-absent'], node }));
    expect(itemsOf(all)).toContain('The CA key is not on cp1, cp2, cp3');
    expect(itemsOf(all).match(/CA key/g)).toHaveLength(1);
  });

  test('of a thousand nodes it names some and counts the others', () => {
    const all = Array.from({ length: 1000 }, (_, at) => ({
      ...sampleFindings['clock-skew'],
      node: `n${at}`,
    }));
    expect(itemsOf(all)).toContain('n7 and 992 more');
  });

  test('names that differ between the same nodes are one finding; others are not', () => {
    const one = sampleFindings['certificate-per-node-differs'];
    const named = (name: string, has: readonly string[]): Finding => ({
      ...one,
      args: { ...one.args, name, has },
    });
    const text = itemsOf([
      named('a.example', ['cp1']),
      named('b.example', ['cp1']),
      named('c.example', ['cp2']),
    ]);
    expect(text).toContain('a.example, b.example are in the certificate of cp1');
    expect(text).toContain('c.example is in the certificate of cp2');
  });

  test('what is to be done about several in a row is said behind the last', () => {
    const one = sampleFindings['san-missing'];
    const text = itemsOf([one, { ...one, args: { ...one.args, names: ['b.example'] } }]);
    expect(text.match(/To do:/g)).toHaveLength(1);
    expect(text.trimEnd().split('\n').at(-1)).toContain('To do: For both: ');
  });

  test('a command in a hint is left as it is typed', () => {
    expect(itemsOf([sampleFindings['not-read']])).toMatch(/To do: try: ssh ops@10\.0\.0\.3$/);
  });
});

describe('a machine that was named as a control plane and is none', () => {
  const worker: ClusterFacts = {
    ...sampleStories.healthy,
    nodes: sampleStories.healthy.nodes.map((one) =>
      one.node.role === 'worker' ? { ...one, node: { ...one.node, role: 'control-plane' } } : one,
    ),
  };
  const { api: _, ...rest } = worker;
  const alone: ClusterFacts = {
    ...rest,
    nodes: rest.nodes.filter(({ node }) => node.name === 'worker1'),
    probes: [],
  };

  test('alone it is the whole answer, with no card and no list of what it lacks', () => {
    const text = textAt(alone, 100);
    expect(text).toMatch(/^This is a worker: no kube-apiserver manifest on worker1\.\n/);
    expect(text).toContain('1 machine read that is no control plane');
    expect(text).toMatch(/kubectl get nodes -l node-role\.kubernetes\.io\/control-plane -o wide lists them/);
    expect(text).toMatch(/Its kubelet finds the API at https:\/\//);
    expect(text).not.toContain('no certificate');
    expect(text).not.toContain('could not be read');
  });

  test('beside control planes it is a row among the findings, and the answer names it', () => {
    const text = textAt(worker, 100);
    expect(text).toMatch(
      /^Nothing wrong was found on the control planes .*, but worker1 is no control plane\.\n/,
    );
    expect(sectionOf(text, 'Certificates')).not.toContain('worker1');
  });
});

test('what nobody knows of a node is shown as such', () => {
  const facts = changeNode(sampleStories.healthy, 'cp2', ({ apiserver: _a, certificate: _c, ...others }) => ({
    ...others,
    apiserver: undefined as never,
    certificate: undefined as never,
  }));
  expect(sectionOf(textAt(facts, 100), 'Names')).toMatch(/^ {2}cp2 +\? /m);
});
