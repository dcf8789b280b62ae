/** What is staged or served is what was planned, or a clause says what is wrong with it: one fault, one clause, and no fault without one. */
import { describe, expect, test } from 'vitest';
import { goodLooks, healthFaults, servingFaults, signedFaults, stagedFaults } from '../../src/apply/proof.ts';
import type { Proved } from '../../src/apply/replies.ts';
import { servedAs, type Task, taskOf } from '../../src/apply/task.ts';
import type { Certificate } from '../../src/model/certificate.ts';
import type { NodePlan, PlannedName } from '../../src/model/plan.ts';
import { looseSan } from '../../src/model/san.ts';
import { buildFacts, kubeadmNamesFor, leaf, leafOf, otherCa } from '../support/facts.ts';

const now = new Date('2026-11-21T12:00:00Z');
const minute = 60_000;
const dates = { notBefore: '20261121000000Z', notAfter: '20280101000000Z' };
const facts = buildFacts();
const names = [...kubeadmNamesFor(1), 'new.example.com', '*.apps.example.com', '203.0.113.10'];
const gone = 'gone.example.com';
const node: NodePlan = {
  node: 'cp1',
  action: 'reissue',
  reasons: ['missing-names', 'removal'],
  names: [...names.map((name) => planned(name, 'added')), planned(gone, 'removed')],
  lostByRecipe: [],
  certificate: { algorithm: 'ECDSA-P256', validityHours: 8760, isShorter: false, issuer: 'CN=kubernetes' },
  forms: {
    flags: { withheld: 'x' },
    config: {
      file: 'certificatesDir: /s\n',
      argv: ['kubeadm', '--config=/s/config.yaml'],
      line: 'kubeadm --config=/s/config.yaml',
    },
  },
};
const task = taskWith({});
const good = leaf(names, dates);

function planned(name: string, fate: PlannedName['fate']): PlannedName {
  const san = looseSan(name);
  if (san === undefined) throw new Error(name);
  return { san, fate, why: [], breaks: [] };
}

function taskWith(change: Partial<Task>): Task {
  const reading = taskOf(node, facts);
  if (!reading.ok) throw new Error(reading.lacks);
  return { ...reading.task, ...change };
}

/** Of a node of which nobody knows what it serves today. */
function withoutBefore(): Task {
  const { before: _, ...rest } = task;
  return rest;
}

function staged(certificate: Certificate, of: Task = task): readonly string[] {
  return stagedFaults(of, { certificate, keyFingerprint: certificate.keyFingerprint }, now);
}

function at(milliseconds: number): string {
  return new Date(now.getTime() + milliseconds).toISOString();
}

describe('what was staged', () => {
  test('is taken where it is as planned', () => {
    expect(staged(good)).toEqual([]);
    expect(staged(good, withoutBefore())).toEqual([]);
  });

  test.each([
    'sha256-rsa',
    'sha384-rsa',
    'sha512-rsa',
    'rsa-pss',
    'sha256-ecdsa',
    'sha384-ecdsa',
    'sha512-ecdsa',
    'ed25519',
  ])('may be signed with %s', (signatureAlgorithm) => {
    expect(staged({ ...good, signatureAlgorithm })).toEqual([]);
  });

  test.each(['sha1-rsa', 'sha1-ecdsa', 'md5-rsa', 'rsa-pss-unusual', ''])(
    'is not taken with %j',
    (signatureAlgorithm) => {
      expect(staged({ ...good, signatureAlgorithm })).toEqual([
        `it is signed with ${signatureAlgorithm}, which no client of Kubernetes takes`,
      ]);
    },
  );

  test('is no CA, and not the certificate of before', () => {
    expect(staged({ ...good, isCa: true })).toEqual(['it is a CA']);
    const again = { ...good, fingerprint: leafOf(facts, 'cp1').fingerprint };
    expect(staged(again)).toEqual(['it is the certificate that is in use already']);
  });

  test('is valid by a clock that is five minutes off, and no further', () => {
    const notAfter = at(1000 * 24 * 60 * minute);
    expect(staged({ ...good, notAfter, notBefore: at(5 * minute) })).toEqual([]);
    expect(staged({ ...good, notAfter, notBefore: at(5 * minute + 1) })).toEqual(['it is not valid yet']);
  });

  test('has not expired, by the second', () => {
    const notBefore = at(-1000 * 24 * 60 * minute);
    expect(staged({ ...good, notBefore, notAfter: at(0) })).toEqual(['it has expired already']);
    expect(staged({ ...good, notBefore, notAfter: at(1000) })).toEqual([]);
  });

  test('is told in the words of who made it: kubeadm', () => {
    expect(staged(leaf(names, { ...dates, issuer: otherCa }))).toEqual([
      'what its kubeadm signed is not of the CA',
    ]);
    expect(staged(leaf([...names, 'more.example.com'], dates))).toEqual([
      'its kubeadm added dns:more.example.com',
    ]);
    const short = leaf(names, { ...dates, notAfter: '20270101000000Z' });
    expect(staged(short)).toEqual(['it would be valid for 984 hours, not for 8760']);
  });
});

function handedIn(signed: Certificate, change: Partial<Task> = {}): readonly string[] {
  return signedFaults(taskWith({ signed, ...change }), now);
}

describe('what somebody else has signed', () => {
  const before = servedAs(leafOf(facts, 'cp1'));

  test('is taken where it is as planned; where nobody did, there is nothing to say', () => {
    expect(handedIn(good)).toEqual([]);
    expect(signedFaults(task, now)).toEqual([]);
  });

  test('is told without a word of kubeadm, which had no part in it', () => {
    expect(handedIn(leaf(names, { ...dates, issuer: otherCa }))).toEqual([
      'what was signed is not of the CA',
    ]);
    const fewer = leaf(
      names.filter((name) => name !== 'cp1'),
      dates,
    );
    expect(handedIn(fewer)).toEqual(['who signed it left out dns:cp1']);
  });

  test('may be for less time than kubeadm gives, but not for less than today’s', () => {
    const [same, earlier] = ['2027-06-01T00:00:00Z', '2027-05-31T23:59:59Z'].map((notAfter) => ({
      ...good,
      notAfter,
    }));
    if (same === undefined || earlier === undefined) throw new Error('none');
    expect(Date.parse(before.notAfter)).toBe(Date.parse(same.notAfter));
    expect(handedIn(same)).toEqual([]);
    expect(handedIn(earlier)).toEqual([
      `it ends on 2027-05-31T23:59:59Z, before that of today on ${before.notAfter} (--accept-shorter-validity takes it all the same)`,
    ]);
    expect(handedIn(earlier, { acceptsShorter: true })).toEqual([]);
    expect(signedFaults({ ...withoutBefore(), signed: earlier }, now)).toEqual([]);
  });
});

const looks = {
  'kube-controller-manager': ['"12:00:01"', '"12:00:03"'],
  'kube-scheduler': ['"12:00:02"', '"12:00:04"'],
} as const;

interface Looked {
  readonly good?: number;
  readonly samples?: readonly string[];
  /** Of each at the first look and at the last; undefined where it was not there. */
  readonly leases?: Readonly<Record<string, readonly (string | undefined)[]>>;
}

function proved({ good: looked = goodLooks, samples = [], leases = {} }: Looked = {}): Proved {
  const all = Object.entries({ ...looks, ...leases });
  const atLook = (look: number): ReadonlyMap<string, string> =>
    new Map(all.flatMap(([lease, seen]) => (seen[look] === undefined ? [] : [[lease, seen[look]] as const])));
  return { named: new Map(), good: looked, samples, leases: { first: atLook(0), last: atLook(1) } };
}

describe('how well the cluster is', () => {
  test('three good looks in a row are enough, two are not', () => {
    expect(healthFaults(proved())).toEqual([]);
    expect(healthFaults(proved({ good: 4 }))).toEqual([]);
    expect(healthFaults(proved({ good: 2 }))).toEqual([
      'the API servers were not ready three times in a row',
    ]);
  });

  test('the last that was not ready is quoted, in bounds', () => {
    const notReady = 'the API servers were not ready three times in a row';
    const samples = ['a [-]etcd failed', 'b [-]ping failed', 'a ready', 'b ready'];
    expect(healthFaults(proved({ good: 1, samples }))).toEqual([`${notReady}: b [-]ping failed`]);
    expect(healthFaults(proved({ good: 1, samples: [' ready', 'a ready'] }))).toEqual([notReady]);
    expect(healthFaults(proved({ good: 0, samples: ['x'.repeat(500)] }))).toEqual([
      `${notReady}: ${'x'.repeat(300)}`,
    ]);
  });

  test.each([
    ['the same at both looks', ['"12:00:01"', '"12:00:01"']],
    ['only at the first look', ['"12:00:01"', undefined]],
    ['only at the last look', [undefined, '"12:00:01"']],
    ['at neither', [undefined, undefined]],
    // It was told so when it was started anew, and says nothing of how it is.
    ['the word alone and nothing behind it', ['alone', 'alone']],
  ])('a lease that is %s was not renewed', (_, lease) => {
    expect(healthFaults(proved({ leases: { 'kube-scheduler': lease } }))).toEqual([
      'the lease of kube-scheduler was not renewed',
    ]);
    expect(
      healthFaults(proved({ leases: { 'kube-scheduler': lease, 'kube-controller-manager': lease } })),
    ).toEqual(['the lease of kube-controller-manager and kube-scheduler was not renewed']);
  });

  test('one that elects no leader has no lease to renew, but has to be well', () => {
    expect(healthFaults(proved({ leases: { 'kube-scheduler': ['alone ok', 'alone ok'] } }))).toEqual([]);
    expect(healthFaults(proved({ leases: { 'kube-scheduler': [undefined, 'alone ok'] } }))).toEqual([]);
    const ill = `no answer ${'x'.repeat(300)}`;
    expect(healthFaults(proved({ leases: { 'kube-scheduler': ['alone ok', `alone ${ill}`] } }))).toEqual([
      `kube-scheduler elects no leader, and of its health it says: ${ill.slice(0, 200)}`,
    ]);
  });
});

describe('what is served', () => {
  const sent = ['kubernetes', 'lb.example', 'new.example.com', 'localhost'];
  const all = [...sent, ...names.filter((name) => /^(?:kubernetes\.|cp1$)/.test(name))];

  function serving(change: Partial<Proved> = {}, fingerprint = good.fingerprint): Proved {
    const probed = [...all, 'fix-sans-probe.apps.example.com'];
    const named = new Map(probed.map((name) => [name, fingerprint]));
    return { ...proved(), served: good, named, ...change };
  }

  function namedBut(name: string, fingerprint: string | undefined): Partial<Proved> {
    const { named } = serving();
    const others = [...named].filter(([one]) => one !== name);
    return { named: new Map(fingerprint === undefined ? others : [...others, [name, fingerprint]]) };
  }

  test('is the pair that was staged, for each of its names', () => {
    expect(servingFaults(task, good, serving())).toEqual([]);
  });

  test('is nothing, or another certificate', () => {
    const { served: _, ...nothing } = serving();
    expect(servingFaults(task, good, nothing)).toEqual(['nothing is served, or nothing that can be read']);
    expect(servingFaults(task, good, serving({ served: leaf(names, dates) }))).toEqual([
      'another certificate is served than the one that was staged',
    ]);
  });

  test.each([
    ['nobody answered', 'new.example.com', undefined, 'dns:new.example.com'],
    ['one that nobody knows', 'new.example.com', 'f'.repeat(64), 'dns:new.example.com'],
    [
      'a wildcard is asked by a name below it',
      'fix-sans-probe.apps.example.com',
      undefined,
      'dns:*.apps.example.com',
    ],
  ])('for a name is another certificate: %s', (_, name, fingerprint, told) => {
    expect(servingFaults(task, good, serving(namedBut(name, fingerprint)))).toEqual([
      `no certificate that covers it is served for ${told}`,
    ]);
  });

  test('may be a certificate of its own for some names, where that one covers them', () => {
    const own = leaf(['new.example.com']);
    const wrong = leaf(['old.example.com']);
    const shown = serving(namedBut('new.example.com', own.fingerprint));
    expect(servingFaults(taskWith({ others: [wrong, own] }), good, shown)).toEqual([]);
    expect(servingFaults(taskWith({ others: [wrong] }), good, shown)).toEqual([
      'no certificate that covers it is served for dns:new.example.com',
    ]);
    expect(
      servingFaults(
        taskWith({ others: [wrong] }),
        good,
        serving(namedBut('new.example.com', wrong.fingerprint)),
      ),
    ).toEqual(['no certificate that covers it is served for dns:new.example.com']);
  });

  test('holds each address, since no handshake can ask for one', () => {
    const bare = leaf(
      names.filter((name) => name !== '203.0.113.10' && name !== 'new.example.com'),
      dates,
    );
    const shown = serving({ served: bare }, bare.fingerprint);
    expect(servingFaults(task, bare, shown)).toEqual([
      'no certificate that covers it is served for dns:new.example.com, ip:203.0.113.10',
    ]);
  });

  test('is no good where the cluster is not well', () => {
    expect(servingFaults(task, good, serving({ good: 0 }))).toEqual([
      'the API servers were not ready three times in a row',
    ]);
  });
});
