/** Whose CA a kubeconfig, a kubelet or a node trusts. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import { healthy, cp1, cp2, onCp2, given, type Row, testRows } from '../../support/damaged.ts';
import {
  ca,
  certificateFile,
  kubeconfig,
  leaf,
  namesOf,
  otherCa,
  read,
  reissue,
  served,
} from '../../support/facts.ts';
import { hollowRsaKey, keyPair, mint } from '../../support/mint.ts';

const other = (path: string, server: string, certificate = read(otherCa)) =>
  kubeconfig(path, server, certificate);
const trust: readonly Row[] = [
  [
    "a kubelet trusts another cluster's CA",
    onCp2(({ kubeconfigs }) => ({
      kubeconfigs: [...kubeconfigs, other('bootstrap-kubelet.conf', 'https://lb.example:6443')],
    })),
    ['e stale-ca cp2'],
    8,
  ],
  [
    "somebody's kubeconfig of another cluster is nobody's mistake, and its server no name of ours",
    onCp2(({ kubeconfigs }) => ({
      kubeconfigs: [...kubeconfigs, other('/root/.kube/config', 'https://elsewhere.example:6443')],
    })),
    [],
    0,
  ],
  [
    'the kubeconfig that was given is of before a rebuild',
    {
      ...healthy,
      kubeconfig: { ...given, ca: [otherCa.pem] },
      probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
    },
    ['e stale-ca'],
    8,
  ],
  [
    'its CA was renewed with the old key: right',
    {
      ...healthy,
      kubeconfig: {
        ...given,
        ca: [
          mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 10), notAfter: '20400101000000Z' })
            .pem,
        ],
      },
      probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
    },
    [],
    0,
  ],
  [
    'a kubeconfig verifies nothing',
    {
      ...healthy,
      kubeconfig: { ...given, skipsVerification: true },
      probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
    },
    ['w insecure-kubeconfig'],
    2,
  ],
  [
    'ca.key is on two of three',
    onCp2(({ caKey }) => ({ caKey: { path: caKey?.path ?? '' } })),
    ['w ca-key-absent cp2'],
    2,
  ],
  [
    "ca.key is another CA's",
    onCp2(({ caKey }) => ({
      caKey: { path: caKey?.path ?? '', keyFingerprint: read(otherCa).keyFingerprint },
    })),
    ['e ca-mismatch cp2'],
    2,
  ],
  [
    'the certificate is of another CA than lies beside it',
    onCp2(() => ({ ca: certificateFile('/etc/kubernetes/pki/ca.crt', read(otherCa)) })),
    ['e ca-mismatch cp2', 'e ca-mismatch cp2'],
    2,
  ],
  [
    'the CA was renewed with its key on one of three',
    onCp2(() => ({
      ca: certificateFile(
        '/etc/kubernetes/pki/ca.crt',
        read(
          mint({ subject: 'kubernetes', key: ca.key, isCa: true, names: [], notAfter: '20390101000000Z' }),
        ),
      ),
    })),
    ['w ca-mismatch cp2'],
    2,
  ],
  [
    "the key is not the certificate's",
    onCp2(({ key }) => ({ key: { path: key?.path ?? '', keyFingerprint: 'f'.repeat(64) } })),
    ['e pair-mismatch cp2'],
    2,
  ],
  ['SHA-1', reissue(healthy, 'cp2', leaf(namesOf(cp2), { hash: 'sha1' })), ['w weak-algorithm cp2'], 2],
  [
    'RSA with 1024 bits',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { publicKey: hollowRsaKey(1024) })),
    ['w weak-algorithm cp2'],
    2,
  ],
  [
    'the certificate outlives its CA',
    reissue(healthy, 'cp2', leaf(namesOf(cp2), { notAfter: '20400101000000Z' })),
    ['w outlives-ca cp2'],
    2,
  ],
];

testRows(trust);
