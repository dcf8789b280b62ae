/** The words for findings about what is served: reload, interception, wrong endpoints, trust and dates. */
import { probeTroubleWords } from '../../model/probe-words.ts';
import { join, listed, type Phrase, plain, said } from '../page.ts';
import { interceptedWords, wrongEndpointWords } from './stranger-words.ts';
import type { Vocabulary } from './words.ts';

type ServingCodes =
  | 'not-reloaded'
  | 'intercepted'
  | 'proxy-cannot-reach-upstream'
  | 'wrong-endpoint'
  | 'stale-ca'
  | 'insecure-kubeconfig'
  | 'expired'
  | 'expiring'
  | 'not-yet-valid'
  | 'wrong-certificate'
  | 'weak-algorithm'
  | 'outlives-ca'
  | 'endpoint-unreachable'
  | 'path-not-proven';

export const servingWords: Vocabulary<ServingCodes> = {
  'not-reloaded': ({ onDisk, served, names }, node) => ({
    head: said`${node} serves another certificate than the one on its disk`,
    evidence: [
      said`on disk ${onDisk}, served ${served} (SHA-256)`,
      ...(names.length > 0 ? [said`not served though on disk: ${names}`] : []),
    ],
    todo: plain(
      'the API server reads a changed pair by itself, at the latest after a minute; if it does not, certificate and key do not match or its log says why',
    ),
  }),
  intercepted: interceptedWords,
  'proxy-cannot-reach-upstream': ({ endpoint, proxy, status, server, firstLine }) => ({
    head: join(
      proxy === undefined ? plain('a proxy') : said`the proxy ${proxy}`,
      said` answers in place of ${endpoint}, and cannot reach it itself, or does not allow it`,
    ),
    evidence: [
      join(
        status === undefined ? plain('it said ') : said`it answered ${status} `,
        server === undefined ? [] : said`as ${server}: `,
        said`${firstLine}`,
      ),
    ],
    todo: plain(
      'have the proxy allow CONNECT to that address and port, or go around it; the certificate is not the cause',
    ),
  }),
  'wrong-endpoint': wrongEndpointWords,
  'stale-ca': ({ path }, node) => ({
    head: join(
      said`${path}`,
      node === '' ? [] : said` on ${node}`,
      plain(
        ' trusts a CA of the right name with another key: it is of an earlier cluster, or the CA was replaced',
      ),
    ),
    evidence: [],
    todo: plain('fetch a fresh kubeconfig from the cluster; names have nothing to do with it'),
  }),
  'insecure-kubeconfig': ({ path }) => ({
    head: said`${path} says insecure-skip-tls-verify: whoever uses it talks to anybody`,
    evidence: [plain('this run verified all the same')],
    todo: plain('remove that line; tls-server-name helps where only the name is wrong'),
  }),
  expired: ({ what, notAfter }, node) => ({
    head: join(whatWords(what), onNode(node), said` expired on ${notAfter}`),
    evidence: [],
    todo: plain(
      'look at kubeadm certs check-expiration; kubeadm certs renew keeps the names of the certificate on disk',
    ),
  }),
  expiring: ({ what, notAfter, days }, node) => ({
    head: join(
      whatWords(what),
      onNode(node),
      said` expires in ${days} `,
      plain(days === 1 ? 'day' : 'days'),
      said`, on ${notAfter}`,
    ),
    evidence: [],
    todo: plain(
      'renew it before then; a certificate that is made anew for a missing name gets a new date too',
    ),
  }),
  'not-yet-valid': ({ what, notBefore }, node) => ({
    head: join(whatWords(what), onNode(node), said` is valid only from ${notBefore} on`),
    evidence: [],
    todo: plain('compare the clocks (chronyc tracking, timedatectl)'),
  }),
  'wrong-certificate': ({ why }, node) => ({
    head: join(said`the API server of ${node} uses a certificate that was made for something else: ${why}`),
    evidence: [],
    todo: plain('look which files --tls-cert-file and --tls-private-key-file name, and what is in them'),
  }),
  'weak-algorithm': ({ algorithm }, node) => ({
    head: said`the certificate of ${node} uses ${algorithm}, which clients begin to refuse`,
    evidence: [],
    todo: plain('have it made anew by kubeadm'),
  }),
  'outlives-ca': ({ notAfter, caNotAfter }, node) => ({
    head: said`the certificate of ${node} (until ${notAfter}) outlives its CA (until ${caNotAfter})`,
    evidence: [plain('when the CA expires, nothing that it issued is trusted any more')],
    todo: plain('plan the renewal of the CA'),
  }),
  'endpoint-unreachable': ({ endpoint, from, trouble }) => ({
    head:
      trouble === 'not-tls'
        ? join(said`${endpoint} answers, and what answers is not TLS, seen from `, placeWords(from))
        : join(
            said`${endpoint} could not be reached from `,
            placeWords(from),
            plain(': '),
            troubleWords(trouble),
          ),
    evidence: [plain('nothing is known of the certificate there')],
    todo: plain(
      unreachable[trouble] ??
        'check address, port, firewall and load balancer, and that the kube-apiserver runs',
    ),
  }),
  'path-not-proven': ({ endpoint, trouble }) => ({
    head:
      trouble === 'not-tls'
        ? said`${endpoint} itself answers here with something that is not TLS`
        : join(said`${endpoint} itself could not be dialled from here: `, troubleWords(trouble)),
    evidence: [plain('whatever the certificates hold, the way there is not proven')],
    todo: plain('try it from where clients dial it'),
  }),
};

function placeWords(from: string): Phrase {
  return from === 'here' ? plain('here') : said`${from}`;
}

/** Codes of a probe; anything else is in words already. */
function troubleWords(trouble: string): Phrase {
  const known = (probeTroubleWords as Readonly<Record<string, string>>)[trouble];
  return known === undefined ? [{ code: trouble }] : plain(known);
}

const unreachable: Readonly<Record<string, string>> = {
  dns: 'the name does not resolve here: check how it is written, and which DNS server should know it',
  'not-tls': 'something answers there that does not speak TLS: check the port',
};

const certificates: ReadonlySet<string> = new Set([
  'the API server certificate',
  'the served certificate',
  'the cluster CA',
]);

/** As the rules call them; anything else may hold a path. */
function whatWords(what: string): Phrase {
  return certificates.has(what) ? plain(what) : said`${what}`;
}

function onNode(node: string): Phrase {
  return node === '' ? [] : join(plain(' of '), listed([node]));
}
