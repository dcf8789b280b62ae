/** The words for who answered in place of the API server: something on the way, or another server. */
import type { FindingArgs } from '../../model/finding.ts';
import { join, type Phrase, plain, said } from '../page.ts';
import type { Words } from './words.ts';

export function interceptedWords(args: FindingArgs['intercepted']): Words {
  const { endpoint, issuer, way, proxy, mayBeOther } = args;
  const certificate = said`, with a certificate of its own from ${issuer}`;
  return {
    head:
      mayBeOther === true
        ? join(said`another server answers at ${endpoint}, or something on the way does`, certificate)
        : join(
            way === 'proxy' && proxy !== undefined ? said`the proxy ${proxy}` : plain('something on the way'),
            said` answers in place of ${endpoint}`,
            certificate,
          ),
    evidence: evidenceOf(args),
    todo: plain(
      mayBeOther === true
        ? 'check host and port first; if they are right, do not touch the cluster and do not add names: have the address excepted from interception, or go through an SSH tunnel'
        : 'do not touch the cluster and do not add names; have the address excepted from interception (NO_PROXY, or in the network), or go through an SSH tunnel',
    ),
  };
}

function evidenceOf({
  from,
  way,
  subject,
  genuineFrom,
  trustedBy = [],
  isByLooks,
  mayBeOther,
}: FindingArgs['intercepted']): readonly Phrase[] {
  return [
    join(
      plain('seen from '),
      from === 'here' ? plain('here') : said`${from}`,
      plain(`, ${wayWords(way)}: `),
      isByLooks === true
        ? said`it shows ${subject}, which is like nothing that kubeadm makes; there was no CA of the cluster to compare with`
        : said`it shows ${subject}, which the CA of the cluster did not issue`,
    ),
    ...(mayBeOther === true
      ? [
          plain(
            'what intercepts mostly makes a certificate for the name that is dialled; this one is for another',
          ),
        ]
      : []),
    genuineFrom.length > 0
      ? said`the certificate of the cluster itself was seen from ${genuineFrom}: the API server is well`
      : plain(
          "nobody saw the cluster's own certificate for it in this run: compare on a control plane, by the commands below",
        ),
    ...(trustedBy.length === 0
      ? []
      : [
          said`its CA is trusted on this machine by ${trustedBy}: programs that go by that notice nothing; kubectl fails all the same, because it trusts the CA in its kubeconfig alone`,
        ]),
  ];
}

export function wrongEndpointWords({
  endpoint,
  subject,
  issuer,
  names,
}: FindingArgs['wrong-endpoint']): Words {
  const shown = said`it shows ${subject}, issued by ${issuer}`;
  if (names === undefined)
    return {
      head: said`at ${endpoint} another server than this cluster's API server answers`,
      evidence: [shown],
      todo: plain('correct address, port or DNS entry; do not add the name to the API server certificate'),
    };
  return {
    head: said`another server answers at ${endpoint}: check host and port`,
    evidence: [shown, said`its certificate is for ${names}, and not for what was dialled`],
    todo: plain(
      'correct address, port or DNS entry; do not add the name to the API server certificate. Where all three are right, something on the way answers with a certificate of its own: compare on a control plane',
    ),
  };
}

function wayWords(way: string): string {
  if (way === 'proxy') return 'through the proxy';
  return way === 'direct' ? 'directly' : 'through the SSH connection';
}
