/** Where the run stood: variables that turn connections, trust bundles, and whether an intercepting CA is in them. */
import type { Certificate } from '../../model/certificate.ts';
import type { Inspection } from '../../model/inspection.ts';
import { type Cell, cell, join, listed, type Phrase, plain, said, type Section } from '../page.ts';
import { endpointOf } from './vantages.ts';

export function environmentBlocks(inspection: Inspection): Section['blocks'] {
  const { facts } = inspection;
  const { variables, trustBundles, kubectlVersion, hostname, faults = [] } = facts.environment;
  const isProxied = variables.some(({ name }) => /^(?:https?|all)_proxy$/i.test(name));
  return [
    {
      kind: 'list',
      phrases: [
        said`run on ${hostname}`,
        kubectlVersion === undefined ? plain('no kubectl was found') : said`kubectl ${kubectlVersion}`,
        ...(isProxied ? [] : [plain('no proxy is named by the environment')]),
        ...kubeconfigWords(facts.kubeconfig),
      ],
    },
    ...(variables.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            about: 'Variables that decide where connections go and whom they trust, without their secrets',
            columns: ['variable', 'value', 'remark'],
            rows: variables.map(({ name, value }) => [
              cell(said`${name}`),
              cell(said`${value}`),
              cell(
                listed(
                  faults.filter((fault) => fault.name === name).map(({ fault }) => fault),
                  5,
                ),
                'careful',
              ),
            ]),
          },
        ]),
    ...trust(trustBundles, interceptorCas(inspection)),
    ...connections(facts.nodes),
  ];
}

function kubeconfigWords(kubeconfig: Inspection['facts']['kubeconfig']): readonly Phrase[] {
  if (kubeconfig === undefined) return [plain('no kubeconfig was given')];
  const { path, context, server, tlsServerName, proxyUrl, skipsVerification } = kubeconfig;
  return [
    join(
      said`kubeconfig ${path}, context ${context}, server ${server}`,
      tlsServerName === undefined ? [] : said`, tls-server-name ${tlsServerName}`,
      proxyUrl === undefined ? [] : said`, proxy-url ${proxyUrl}`,
      plain(skipsVerification ? ', insecure-skip-tls-verify' : ''),
    ),
  ];
}

/** The CAs that the interceptor showed, by which bundles are compared; undefined where nothing was intercepted. */
export function interceptorCas(inspection: Inspection): readonly Certificate[] | undefined {
  return interceptorChain(inspection)?.filter(({ isCa, subject, issuer }) => isCa || subject === issuer);
}

/** What the interceptor showed; undefined where nothing was intercepted. */
function interceptorChain({ findings, vantages }: Inspection): readonly Certificate[] | undefined {
  const found = findings.flatMap((one) => (one.code === 'intercepted' ? [one.args] : []));
  if (found.length === 0) return undefined;
  return vantages.flatMap(({ probe }) => {
    if (probe.result.state !== 'served') return [];
    const { chain } = probe.result;
    const isShown = found.some(
      (args) =>
        args.endpoint === endpointOf(probe) && args.issuer === chain[0]?.issuer && args.from === probe.from,
    );
    return isShown ? chain : [];
  });
}

type Bundles = Inspection['facts']['environment']['trustBundles'];

function trust(bundles: Bundles, cas: readonly Certificate[] | undefined): Section['blocks'] {
  if (bundles.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'Trust bundles of programs on this machine; kubectl trusts the CA in its kubeconfig instead',
      columns: [
        'source',
        'file',
        'certificates',
        ...(cas === undefined ? [] : ["the interceptor's CA is in it"]),
      ],
      rows: bundles.map(({ source, path, count, fault, fingerprints }) => [
        cell(said`${source}`),
        cell(said`${path}`),
        fault === undefined ? cell(String(count)) : cell(said`${count}: ${fault}`, 'careful'),
        ...(cas === undefined ? [] : [holdsCell(fingerprints, cas)]),
      ]),
    },
  ];
}

function holdsCell(fingerprints: readonly string[], cas: readonly Certificate[]): Cell {
  // Bundles are compared by fingerprint, and of a CA that was not sent there is none.
  if (cas.length === 0) return cell('not known: it did not send its CA', 'quiet');
  return cas.some(({ fingerprint }) => fingerprints.includes(fingerprint))
    ? cell('yes: programs that use it notice nothing', 'careful')
    : cell('no');
}

function connections(nodes: Inspection['facts']['nodes']): Section['blocks'] {
  const none = cell('-', 'quiet');
  const rows = nodes
    .slice(0, 200)
    .map(({ node, connection, result }) => [
      cell(said`${node.name}`),
      connection === undefined ? none : cell(said`${connection.transport}`),
      connection?.user === undefined ? none : cell(said`${connection.user}`),
      connection?.hostKeyFingerprint === undefined
        ? none
        : cell(
            join(
              said`${connection.hostKeyFingerprint}`,
              plain(connection.hostKeyAdded === true ? ', added now' : ''),
            ),
          ),
      connection === undefined || connection.through.length === 0 ? none : cell(listed(connection.through)),
      result.state === 'read' ? cell('yes', 'good') : cell(said`no: ${result.trouble.message}`, 'careful'),
    ]);
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'How the nodes were reached',
      columns: ['node', 'transport', 'user', 'host key', 'through', 'read'],
      rows,
    },
  ];
}
