/** kubeadm-config, and what the next certificate is made from. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import type { NodeFacts } from '../../../src/model/node-facts.ts';
import { healthy, cp2, onCp2, type Row, testRows } from '../../support/damaged.ts';
import { addressOf, buildFacts, changeApi, reissue } from '../../support/facts.ts';

const config: readonly Row[] = [
  [
    'certSANs that could not be understood say nothing of drift',
    changeApi(reissue(healthy, 'cp2', cp2), ({ kubeadmConfig }) =>
      kubeadmConfig === undefined
        ? {}
        : {
            kubeadmConfig: {
              ...kubeadmConfig,
              configuration: {
                ...kubeadmConfig.configuration,
                certSans: [],
                faults: [{ path: 'apiServer.certSANs', line: 3, column: 13, fault: 'is a string' }],
              },
            },
          },
    ),
    ['w kubeadm-config-fault'],
    2,
  ],
  [
    'kubeadm-config lacks what all certificates have',
    changeApi(healthy, ({ kubeadmConfig }) =>
      kubeadmConfig === undefined
        ? {}
        : {
            kubeadmConfig: {
              ...kubeadmConfig,
              configuration: { ...kubeadmConfig.configuration, certSans: ['localhost'] },
            },
          },
    ),
    ['w config-drift'],
    2,
  ],
  [
    'the inventory lacks what all certificates have',
    {
      ...buildFacts({
        isKubespray: true,
        folder: 'ssl',
        endpoint: `${addressOf(1)}:6443`,
        certSans: [
          'localhost',
          '127.0.0.1',
          ...[1, 2, 3].flatMap((one) => [`cp${one}`, addressOf(one)]),
          'api.example',
        ],
      }),
      inventory: { path: 'inventory/hosts.yml', readBy: 'subset', supplementary: [] },
    },
    ['w inventory-drift'],
    2,
  ],
  [
    'the inventory wants what no certificate has',
    {
      ...buildFacts({
        isKubespray: true,
        folder: 'ssl',
        endpoint: `${addressOf(1)}:6443`,
        certSans: ['localhost', '127.0.0.1', ...[1, 2, 3].flatMap((one) => [`cp${one}`, addressOf(one)])],
      }),
      inventory: { path: 'inventory/hosts.yml', readBy: 'subset', supplementary: ['api.example'] },
    },
    ['e san-missing cp1', 'e san-missing cp2', 'e san-missing cp3'],
    2,
  ],
  [
    'files in another folder, and a kubeadm in an odd place',
    onCp2(({ apiserver, kubeadm }) =>
      apiserver === undefined || kubeadm === undefined
        ? {}
        : {
            apiserver: { ...apiserver, certificatePath: '/srv/tls/a.crt' },
            kubeadm: { ...kubeadm, isOddPath: true },
          },
    ),
    ['i unusual-path cp2', 'i unusual-path cp2'],
    0,
  ],
  [
    'no kubeadm on a control plane',
    onCp2((node) => ({ ...node, kubeadm: undefined }) as unknown as NodeFacts),
    ['i kubeadm-missing cp2'],
    0,
  ],
];

testRows(config);
