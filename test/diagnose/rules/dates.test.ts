/** Certificates that end. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import { healthy, cp2, onCp2, type Row, testRows } from '../../support/damaged.ts';
import { leaf, namesOf, reissue } from '../../support/facts.ts';

const dates: readonly Row[] = [
  [
    'expired',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notAfter: '20261101000000Z' })),
    ['e expired cp2'],
    2,
  ],
  [
    'expiring within a month',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notAfter: '20261210000000Z' })),
    ['w expiring cp2'],
    2,
  ],
  [
    'not yet valid',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notBefore: '20261201000000Z' })),
    ['e not-yet-valid cp2'],
    2,
  ],
  [
    'the certificate inside a kubeconfig is expired',
    onCp2(({ kubeconfigs: [first] }) => ({
      kubeconfigs:
        first === undefined
          ? []
          : [{ ...first, clientCertificate: { subject: 'a', notAfter: '2026-11-01T00:00:00Z' } }],
    })),
    ['e expired cp2'],
    2,
  ],
  ['a clock ten minutes off', onCp2(() => ({ clockSkewSeconds: -600 })), ['w clock-skew cp2'], 2],
  ['a clock a minute off is no trouble', onCp2(() => ({ clockSkewSeconds: 60 })), [], 0],
];

testRows(dates);
