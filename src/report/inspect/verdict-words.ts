/** The answer in one sentence, with the names in it. */
import type { FindingArgs } from '../../model/finding.ts';
import type { Inspection, Verdict } from '../../model/inspection.ts';
import { join, listed, type Phrase, plain, said, type Tone } from '../page.ts';
import { wordsOf } from '../findings/words.ts';

export function answerOf({ verdict, findings, nodes }: Inspection): Phrase {
  switch (verdict) {
    case 'healthy':
      return plain(
        nodes.length === 0
          ? 'nothing wrong is to be seen from here'
          : 'the API server certificates hold every name they should, and are what is served',
      );
    case 'names-missing': {
      const missing = findings.flatMap((finding) => (finding.code === 'san-missing' ? [finding] : []));
      const names = unique(missing.flatMap(({ args }) => args.names));
      const on = unique(missing.flatMap(({ node }) => (node === undefined ? [] : [node])));
      return join(
        listed(names, 3),
        plain(
          names.length === 1
            ? ' is missing from the certificate of '
            : ' are missing from the certificate of ',
        ),
        listed(on, 5),
      );
    }
    case 'not-the-certificate': {
      const cause = findings.find(
        ({ code, severity }) => severity === 'error' && code !== 'endpoint-unreachable',
      );
      const isIntercepted = findings.some(({ code }) => code === 'intercepted');
      return join(
        plain(isIntercepted ? 'do not touch the cluster: ' : 'not a missing name: '),
        cause === undefined ? plain('see below') : wordsOf(cause).head,
      );
    }
    case 'to-fix': {
      const worst = findings.find(({ severity }) => severity === 'error') ?? findings[0];
      return worst === undefined ? plain('something is to be fixed') : wordsOf(worst).head;
    }
    case 'other-tool': {
      const owner = findings.flatMap((finding) => (finding.code === 'other-tool' ? [finding.args] : []))[0];
      return ownerWords(owner);
    }
    case 'unknown':
      return plain('too little could be read to say anything about the certificates');
  }
}

export function toneOf(verdict: Verdict): Tone {
  if (verdict === 'healthy') return 'good';
  return verdict === 'unknown' || verdict === 'other-tool' ? 'careful' : 'bad';
}

function ownerWords(owner: FindingArgs['other-tool'] | undefined): Phrase {
  if (owner === undefined) return plain('another tool owns this cluster');
  return said`${owner.distribution} owns this cluster: its certificates are made in its own way`;
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
