/** Where the run stood: variables that turn connections, trust bundles, and whether an intercepting CA is in them. */
import type { Inspection } from '../../model/inspection.ts';
import { cell, join, listed, type Phrase, plain, said, type Section } from '../page.ts';

export function environmentBlocks({ facts, vantages }: Inspection): Section['blocks'] {
  const { variables, trustBundles, kubectlVersion, hostname } = facts.environment;
  const foreign = new Set(
    vantages.flatMap(({ probe, issuedBy }) =>
      issuedBy === 'other' && probe.result.state === 'served'
        ? probe.result.chain.map(({ fingerprint }) => fingerprint)
        : [],
    ),
  );
  const blocks: Section['blocks'] = [
    {
      kind: 'prose',
      phrase: join(
        said`run on ${hostname}`,
        kubectlVersion === undefined ? plain(', no kubectl found') : said`, kubectl ${kubectlVersion}`,
        plain(variables.length === 0 ? '; no variable that turns connections is set' : ''),
      ),
    },
  ];
  return [
    ...blocks,
    ...(variables.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            about: 'Variables that decide where connections go and whom they trust, without their secrets',
            columns: ['variable', 'value'],
            rows: variables.map(({ name, value }) => [cell(said`${name}`), cell(said`${value}`)]),
          },
        ]),
    ...(trustBundles.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            about: 'Trust bundles',
            columns: ['source', 'file', 'certificates', 'holds what the interceptor showed'],
            rows: trustBundles.map(({ source, path, count, fault, fingerprints }) => [
              cell(said`${source}`),
              cell(said`${path}`),
              fault === undefined ? cell(String(count)) : cell(said`${fault}`, 'careful'),
              cell(holds(fingerprints, foreign)),
            ]),
          },
        ]),
    ...connections(facts.nodes),
  ];
}

function holds(fingerprints: readonly string[], foreign: ReadonlySet<string>): Phrase {
  if (foreign.size === 0) return plain('-');
  return plain(fingerprints.some((one) => foreign.has(one)) ? 'yes' : 'no');
}

function connections(nodes: Inspection['facts']['nodes']): Section['blocks'] {
  const rows = nodes.flatMap(({ node, connection }) =>
    connection === undefined
      ? []
      : [
          [
            cell(said`${node.name}`),
            cell(said`${connection.transport}`),
            connection.user === undefined ? cell('-', 'quiet') : cell(said`${connection.user}`),
            connection.hostKeyFingerprint === undefined
              ? cell('-', 'quiet')
              : cell(said`${connection.hostKeyFingerprint}`),
            connection.through.length === 0 ? cell('-', 'quiet') : cell(listed(connection.through)),
          ],
        ],
  );
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'How the nodes were reached',
      columns: ['node', 'transport', 'user', 'host key', 'through'],
      rows,
    },
  ];
}
