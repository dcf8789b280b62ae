/** Why nothing may be signed on a node: looked at before anything is changed, each with its remedy. */
import { readsConfigVersion } from '../flavours/kubeadm-config-version.ts';
import type { Finding } from '../model/finding.ts';
import type { Inspection } from '../model/inspection.ts';
import type { Refusal } from '../model/plan.ts';
import { formatSan } from '../model/san.ts';
import { type Accepted, flagOf } from './ask.ts';
import { csrCommands } from './csr.ts';
import type { Made } from './signing-of.ts';
import { minorOf, type Subject } from './subject.ts';

type Draft = Pick<Refusal, 'code' | 'detail' | 'remedy'> & Partial<Pick<Refusal, 'commands'>>;

interface Case {
  readonly subject: Subject;
  readonly made: Made;
  readonly inspection: Inspection;
  readonly accepted: Accepted;
}

type Check = (one: Case) => readonly Draft[];

/** Only for nodes whose certificate is to be made anew: a healthy cluster with an external CA is no refusal. */
export function nodeRefusals(one: Case): readonly Refusal[] {
  const node = one.subject.name;
  return checks.flatMap((check) => check(one)).map((draft) => ({ commands: [], ...draft, node }));
}

const caKey: Check = ({ subject, made }) => {
  const { caKey: key } = subject.facts;
  if (key?.file !== undefined || key?.keyFingerprint !== undefined) return [];
  return [
    {
      code: 'ca-key-absent',
      detail: `the CA key ${key?.path ?? ''} is not there, so kubeadm cannot sign`,
      remedy:
        'have a CSR with all the names signed by whoever holds the CA: fix-sans apply --csr-dir makes one on each control plane, by the key in use, and fix-sans apply --signed-cert puts the answer in its place',
      commands: csrCommands(subject, made),
    },
  ];
};

const clocks = 'set the clocks (chronyc tracking, timedatectl)';

const caDates: Check = ({ subject: { ca }, inspection }) => {
  if (ca === undefined)
    return [
      {
        code: 'not-read',
        detail: 'the certificate of its CA could not be read',
        remedy: 'see why with fix-sans inspect',
      },
    ];
  const now = Date.parse(inspection.facts.readAt);
  if (Date.parse(ca.notBefore) > now)
    return [{ code: 'clock-skew', detail: `its CA is not valid before ${ca.notBefore}`, remedy: clocks }];
  if (Date.parse(ca.notAfter) > now) return [];
  return [
    {
      code: 'ca-expired',
      detail: `its CA expired on ${ca.notAfter}: nothing that it signs is of use`,
      remedy: 'the CA has to be renewed first, and every kubeconfig with it; that is no matter of names',
    },
  ];
};

const mismatches: Check = ({ subject: { name }, inspection: { findings } }) => {
  const on = (code: Finding['code']) => findings.some((one) => one.code === code && one.node === name);
  return [
    ...(on('ca-mismatch')
      ? [
          {
            code: 'ca-mismatch' as const,
            detail:
              'its CA and the key beside it do not belong together, or did not sign its certificate, or are not those of the other nodes',
            remedy: 'find the CA that the clients trust before anything is signed',
          },
        ]
      : []),
    ...(on('pair-mismatch')
      ? [
          {
            code: 'pair-mismatch' as const,
            detail: 'certificate and key on disk do not belong together, so there is nothing to go back to',
            remedy:
              'put the pair back that belongs together (a backup, or kubeadm certs renew apiserver), then plan again',
          },
        ]
      : []),
  ];
};

const clock: Check = ({ subject: { name, facts }, inspection: { findings } }) =>
  findings.some(({ code, node }) => code === 'clock-skew' && node === name)
    ? [
        {
          code: 'clock-skew',
          detail: `its clock is ${Math.abs(Math.round(facts.clockSkewSeconds))} seconds off, so a new certificate may not be valid yet elsewhere`,
          remedy: clocks,
        },
      ]
    : [];

/** btrfs and others hand out inodes as they go and count none. */
const withoutInodes: ReadonlySet<string> = new Set(['btrfs', 'vfat', 'msdos', 'exfat', 'bcachefs']);
const leastBytes = 1024 * 1024;
const leastInodes = 16;

const space: Check = ({ subject: { facts } }) => {
  const folder = facts.pkiFolder;
  if (folder === undefined) return [];
  const drafts: Draft[] = [];
  if (folder.isReadOnly)
    drafts.push({
      code: 'read-only',
      detail: `${folder.realPath} is on a file system that is mounted read-only`,
      remedy: 'see why (dmesg), or change it where the image of this node is made',
    });
  const lacksInodes = folder.freeInodes < leastInodes && !withoutInodes.has(folder.fileSystem);
  if (folder.freeBytes < leastBytes || lacksInodes)
    drafts.push({
      code: 'no-space',
      detail: `${folder.realPath} has ${folder.freeBytes} bytes and ${folder.freeInodes} inodes left`,
      remedy: 'make room first: a key that is cut off takes the API server down at its next start',
    });
  return drafts;
};

const kubeadm: Check = ({ subject: { facts, told } }) => {
  const found = facts.kubeadm;
  if (found === undefined)
    return [
      {
        code: 'kubeadm-absent',
        detail: 'there is no kubeadm',
        remedy: 'install the kubeadm of the version of the cluster; it is needed for this one command only',
      },
    ];
  const own = minorOf(found.version);
  // It was asked for its version only where root alone can have put it there.
  if (own === 0)
    return [
      {
        code: 'kubeadm-absent',
        detail: found.isOddPath
          ? `${found.path} lies where others than root may put programs, so it is not run`
          : `${found.path} does not tell its version`,
        remedy: 'have the kubeadm of the version of the cluster in /usr/bin, owned by root',
      },
    ];
  const cluster = minorOf(told.kubernetesVersion);
  const wrong = (detail: string): readonly Draft[] => [
    {
      code: 'kubeadm-version',
      detail,
      remedy: `use the kubeadm of the cluster's own version, ${told.kubernetesVersion ?? 'v1.x'}: it needs no installation, one binary is enough`,
    },
  ];
  if (!readsConfigVersion(own, told.apiVersion))
    return wrong(`kubeadm ${found.version} does not read ${told.apiVersion}`);
  // https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/util/config/common.go (NormalizeKubernetesVersion)
  if (cluster !== 0 && own > cluster + 1)
    return wrong(`kubeadm ${found.version} is too new for a cluster of ${told.kubernetesVersion ?? ''}`);
  return cluster > own
    ? wrong(`kubeadm ${found.version} is older than the cluster (${told.kubernetesVersion ?? ''})`)
    : [];
};

const unsupported: Check = ({ subject: { lost }, accepted }) =>
  lost.length === 0 || accepted.lostNames === true
    ? []
    : [
        {
          code: 'unsupported-names',
          detail: `its certificate holds names that kubeadm cannot write, and they would be lost: ${lost.map(nameOf).join(', ')}`,
          remedy: `see who needs them; if nobody does, ${flagOf.lostNames}`,
        },
      ];

function nameOf({ type, value }: Subject['lost'][number]): string {
  return type === 'dns' || type === 'ip' ? formatSan({ type, value }) : `${type}:${value}`;
}

const shorter: Check = ({ made: { certificate, validity }, accepted }) =>
  !certificate.isShorter || accepted.shorterValidity === true
    ? []
    : [
        {
          code: 'shorter-validity',
          detail: `its certificate is valid until ${certificate.notAfterToday ?? ''}; a new one would live ${Math.round(validity.hours / 24)} days only`,
          remedy: `if a yearly renewal is in place, ${flagOf.shorterValidity}; kubeadm 1.31 and newer can keep the time with a configuration of version v1beta4`,
        },
      ];

const incomplete: Check = ({ made: { unknown } }) =>
  unknown.length === 0
    ? []
    : [
        {
          code: 'not-read',
          detail: `what kubeadm has to be told is not known: ${unknown.join(', ')}`,
          remedy: 'see what could not be read with fix-sans inspect',
        },
      ];

const unreadable: Check = ({ subject: { facts, leaf, served } }) =>
  leaf === undefined && facts.certificate?.file !== undefined && served === undefined
    ? [
        {
          code: 'not-read',
          detail: 'its certificate cannot be read and none is served, so its names are not known',
          remedy:
            'bring the old certificate back from a backup, or move the file away if nothing in it is needed',
        },
      ]
    : [];

const unfinished: Check = ({ subject: { facts } }) =>
  facts.unfinishedRuns.length === 0
    ? []
    : [
        {
          code: 'unfinished-run',
          detail: `an earlier run did not come to its end: ${facts.unfinishedRuns.join(', ')}`,
          remedy: 'fix-sans apply puts its old certificate back first; fix-sans rollback does that alone',
        },
      ];

const checks: readonly Check[] = [
  caKey,
  caDates,
  mismatches,
  clock,
  space,
  kubeadm,
  unsupported,
  shorter,
  incomplete,
  unreadable,
  unfinished,
];
