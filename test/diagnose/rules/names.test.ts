/** What is missing from one certificate, or is in one that should not be. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import { healthy, cp2, plus, type Row, testRows } from '../../support/damaged.ts';
import { addressOf, leaf, namesOf, reissue, without } from '../../support/facts.ts';
import { dns, email, ip, rawName, uri } from '../../support/mint.ts';

const names: readonly Row[] = [
  [
    'a node name that is missing breaks nobody now',
    reissue(healthy, 'cp2', without(cp2, ['cp2'])),
    ['w san-missing cp2'],
    2,
  ],
  [
    'the advertise address is missed by that node alone',
    reissue(healthy, 'cp2', without(cp2, [addressOf(2)])),
    ['e san-missing cp2'],
    2,
  ],
  [
    'a wildcard holds the endpoint',
    reissue(healthy, 'cp2', leaf([...namesOf(cp2).filter((name) => name !== 'lb.example'), '*.example'])),
    ['w certificate-per-node-differs', 'w config-drift'],
    2,
  ],
  [
    'a name added by hand on one node',
    reissue(healthy, 'cp2', plus('by-hand.example')),
    ['w certificate-per-node-differs', 'w config-drift'],
    2,
  ],
  [
    'a name glued together by an old inventory',
    reissue(healthy, 'cp2', plus('172.31.9.161api-k8s.example.com')),
    ['w certificate-per-node-differs', 'w config-drift', 'w garbage-name cp2'],
    2,
  ],
  [
    'an address typed as a name',
    reissue(
      healthy,
      'cp2',
      leaf([], {
        names: [
          ...namesOf(cp2).map((name) => (/^[\d.]+$/.test(name) ? ip(name) : dns(name))),
          dns('10.9.9.9'),
        ],
      }),
    ),
    ['w address-as-dns-name cp2', 'w certificate-per-node-differs', 'w config-drift'],
    2,
  ],
  [
    'a URI and an e-mail address, which kubeadm cannot write',
    reissue(
      healthy,
      'cp2',
      leaf([], {
        names: [
          ...namesOf(cp2).map((name) => (/^[\d.]+$/.test(name) ? ip(name) : dns(name))),
          uri('spiffe://a/b'),
          email('a@b.example'),
        ],
      }),
    ),
    ['w unsupported-names cp2'],
    2,
  ],
  [
    'a malformed name is garbage',
    reissue(
      healthy,
      'cp2',
      leaf([], {
        names: [
          ...namesOf(cp2).map((name) => (/^[\d.]+$/.test(name) ? ip(name) : dns(name))),
          rawName(7, 'abc'),
        ],
      }),
    ),
    ['w garbage-name cp2'],
    2,
  ],
];

testRows(names);
