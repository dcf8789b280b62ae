/** What is said where nobody logged in to a node: from here, by an endpoint or a kubeconfig. */
import { describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import { probeTroubles } from '../../../src/model/probe.ts';
import { probeTroubleText } from '../../../src/model/probe-words.ts';
import { inspectReports } from '../../../src/report/index.ts';
import type { Certificate } from '../../../src/model/certificate.ts';
import {
  addressOf,
  buildFacts,
  ca,
  read,
  corporateCa,
  failed,
  kubeadmNamesFor,
  leaf,
  now,
  served,
} from '../../support/facts.ts';
import { keyPair, mint } from '../../support/mint.ts';

const host = '192.168.56.31';
const genuine = leaf(kubeadmNamesFor(1));

const alone: ClusterFacts = {
  readAt: now,
  nodes: [],
  probes: [served(genuine, { host })],
  endpoints: [{ host, port: 6443 }],
  environment: { variables: [], trustBundles: [], hostname: 'laptop' },
  wishes: [],
};

const why = 'the API answered with status 401';
const questions = ['version', 'kubeadm-config', 'service', 'endpoint-slices', 'control-planes'];
const byKubeconfig: ClusterFacts = {
  ...alone,
  endpoints: [],
  kubeconfig: {
    path: '/root/B.conf',
    context: 'b',
    server: `https://${host}:6443`,
    skipsVerification: false,
    ca: [ca.pem],
  },
  api: { readThrough: 'here', unread: questions.map((what) => ({ what, why })) },
};

function report(facts: ClusterFacts, format: 'text' | 'markdown' = 'text'): string {
  return inspectReports[format]?.(diagnoseCluster(facts), { colour: false, width: 1000 }) ?? '';
}

const firstLine = (facts: ClusterFacts): string | undefined => report(facts).split('\n')[0];

function atTwoHosts(certificate: Certificate): ClusterFacts {
  return {
    ...byKubeconfig,
    probes: [served(certificate, { host }), served(certificate, { host: 'lb.example' })],
  };
}

function rowOf(facts: ClusterFacts, name: string) {
  return diagnoseCluster(facts).names.find(({ san }) => san.value === name);
}

function lineOf(facts: ClusterFacts, name: string): string {
  return (
    report(facts)
      .split('\n')
      .find((line) => line.startsWith(`  ${name} `)) ?? ''
  );
}

function unread(message: string): ClusterFacts {
  return {
    ...alone,
    endpoints: [],
    probes: [],
    nodes: [
      {
        node: { name: 'cp1', role: 'control-plane', target: { via: 'ssh', host }, source: 'flag' },
        result: { state: 'unread', trouble: { code: 'timeout', message, hint: 'h', retryable: true } },
      },
    ],
  };
}

function whyOfName(facts: ClusterFacts) {
  return diagnoseCluster(facts)
    .next.filter(({ command }) => command.includes('--tls-server-name'))
    .map((step) => step.why)
    .join();
}

function withJumpHost(facts: ClusterFacts): ClusterFacts {
  return { ...facts, probes: [...facts.probes, served(genuine, { host, from: 'jump-host' })] };
}

function codes(facts: ClusterFacts): readonly string[] {
  return diagnoseCluster(facts)
    .findings.filter(({ severity }) => severity === 'error')
    .map(({ code }) => code);
}

describe('a certificate was seen, and the API could not be read', () => {
  test('the first line says both, exit 3, and what to type next', () => {
    expect(firstLine(byKubeconfig)).toBe(
      `Nothing wrong is to be seen from here; the API could not be read: ${why}.`,
    );
    const { exitCode, next } = diagnoseCluster(byKubeconfig);
    expect(exitCode).toBe(3);
    expect(next.map(({ command }) => command)).toEqual([
      'kubectl --kubeconfig /root/B.conf --context b get nodes',
      'fix-sans inspect --node USER@CONTROL-PLANE',
    ]);
    expect(report(byKubeconfig)).toMatch(/\nNext\n/);
  });

  test('by the endpoint alone the API was not asked: the same words without it, exit 0', () => {
    expect(firstLine(alone)).toBe('Nothing wrong is to be seen from here.');
    expect(diagnoseCluster(alone).exitCode).toBe(0);
  });

  test('an API that told a part is not called unread', () => {
    const kubernetesService = { clusterIps: ['10.240.0.65'], port: 443 };
    const forbidden = [{ what: 'control-planes', why: 'nodes is forbidden' }];
    const api = { readThrough: 'here', kubernetesService, unread: forbidden };
    expect(firstLine({ ...byKubeconfig, api })).toBe(
      'Nothing wrong is to be seen from here; the API did not tell everything: nodes is forbidden.',
    );
  });

  test('with a node that could not be read either, the node is named', () => {
    const trouble = { code: 'timeout', message: 'm', hint: 'h', retryable: true } as const;
    const withNode: ClusterFacts = {
      ...alone,
      nodes: [
        {
          node: { name: 'cp1', role: 'control-plane', target: { via: 'ssh', host }, source: 'flag' },
          result: { state: 'unread', trouble },
        },
      ],
    };
    expect(firstLine(withNode)).toBe('Nothing wrong is to be seen from here, but cp1 could not be read.');
  });
});

describe('a foreign certificate: something on the way, or another server', () => {
  const shows = (certificate: Certificate, facts = byKubeconfig): ClusterFacts => ({
    ...facts,
    probes: [served(certificate, { host })],
  });
  const selfSigned = read(mint({ subject: 'www.example.com', key: keyPair('ec', 40) }));
  const web = leaf(['www.example.com', 'example.com'], { subject: 'www.example.com', issuer: corporateCa });
  const named = leaf(['egress-proxy'], { subject: 'egress-proxy', issuer: corporateCa });
  const proxied = {
    ...byKubeconfig,
    environment: {
      ...byKubeconfig.environment,
      variables: [{ name: 'HTTPS_PROXY', value: 'http://proxy.corp.example:3128' }],
    },
  };

  test.each([
    ['signed by itself, with a host as its common name', selfSigned],
    ['of a web server for its own names', web],
  ])('%s: another server, exit 8, and the port is what to check', (_, certificate) => {
    for (const facts of [shows(certificate), shows(certificate, alone)]) {
      expect(codes(facts)).toEqual(['wrong-endpoint']);
      expect(diagnoseCluster(facts).exitCode).toBe(8);
      expect(firstLine(facts)).toBe(
        `Not a missing name: another server answers at ${host}:6443: check host and port.`,
      );
      expect(report(facts)).toContain('Its certificate is for www.example.com');
      expect(report(facts)).not.toMatch(/is intercepted/);
    }
  });

  test('made for the host that was dialled: intercepted', () => {
    const facts = shows(leaf([host], { subject: 'x', issuer: corporateCa }));
    expect(codes(facts)).toEqual(['intercepted']);
    expect(firstLine(facts)).toMatch(/ is intercepted, by something on the way; do not touch the cluster\.$/);
  });

  test('for nobody in particular, with nothing else to tell: both are said, and the port', () => {
    for (const facts of [shows(named), shows(named, alone)]) {
      expect(codes(facts)).toEqual(['intercepted']);
      expect(firstLine(facts)).toBe(
        `Not a missing name: TLS to ${host}:6443 is most likely intercepted, or another server answers there: check host and port.`,
      );
      expect(report(facts)).toMatch(/To do: Check host and port first;/);
    }
  });

  test('a proxy in the environment decides it', () => {
    for (const certificate of [named, web]) {
      expect(codes(shows(certificate, proxied))).toEqual(['intercepted']);
      expect(firstLine(shows(certificate, proxied))).toMatch(/ is intercepted, /);
    }
  });

  test('the same issuer at two hosts decides it, unless it is one certificate that signed itself', () => {
    expect(new Set(codes(atTwoHosts(web)))).toEqual(new Set(['intercepted']));
    expect(new Set(codes(atTwoHosts(selfSigned)))).toEqual(new Set(['wrong-endpoint']));
  });

  test('a node that sees its own API server decides it at an address and a port of the cluster, and at no other port', () => {
    const whole = buildFacts({ controlPlanes: 1, workers: 0 });
    const at = (port: number): ClusterFacts => ({
      ...whole,
      endpoints: [{ host: addressOf(1), port }],
      probes: [
        ...whole.probes.filter(({ from }) => from === 'cp1'),
        served(web, { host: addressOf(1), port }),
      ],
    });
    expect(codes(at(6443))).toEqual(['intercepted']);
    expect(codes(at(443))).toEqual(['wrong-endpoint']);
  });
});

describe('with what another machine saw', () => {
  test('the page names it, in text and in Markdown, and does not say alone', () => {
    for (const format of ['text', 'markdown'] as const) {
      expect(report(withJumpHost(alone), format)).toMatch(
        /[Ss]een from here and from .?jump-host.?, no node/,
      );
      expect(report(withJumpHost(alone), format)).not.toMatch(/from here alone/);
      expect(report(alone, format)).toMatch(/from here alone/);
    }
    const whole = buildFacts({ controlPlanes: 1, workers: 0 });
    expect(report(withJumpHost(whole))).toContain('1 of 1 control plane read, also seen from jump-host, ');
  });
});

describe('the table of names', () => {
  const external = '203.0.113.9';

  test('a name that an endpoint or a kubeconfig misses has a row', () => {
    const asked = {
      ...alone,
      endpoints: [{ host: external, port: 6443 }],
      probes: [served(genuine, { host: external })],
    };
    expect(rowOf(asked, external)).toEqual({
      san: { type: 'ip', value: external },
      provenance: [{ why: 'endpoint', endpoint: `${external}:6443` }],
      nodes: [{ node: `${external}:6443`, served: false, wanted: true }],
      wanted: 'everywhere',
      brokenWithout: ['remote-kubectl'],
    });
    expect(lineOf(asked, external)).toMatch(/MISSING +dialled at 203\.0\.113\.9:6443/);
    const kubeconfig = { ...byKubeconfig.kubeconfig, server: `https://${external}:6443` } as NonNullable<
      ClusterFacts['kubeconfig']
    >;
    const given = { ...byKubeconfig, kubeconfig, probes: asked.probes };
    expect(lineOf(given, external)).toMatch(/MISSING +dialled by \/root\/B\.conf/);
  });

  test('of two endpoints one lacks the name: who wants it, and where it is missing', () => {
    const holds = leaf([...kubeadmNamesFor(1, { certSans: [] }), external]);
    const lacks = leaf(kubeadmNamesFor(2, { certSans: [] }));
    const two: ClusterFacts = {
      ...alone,
      endpoints: [6443, 7443].map((port) => ({ host: external, port })),
      probes: [served(lacks, { host: external }), served(holds, { host: external, port: 7443 })],
    };
    expect(lineOf(two, external)).toMatch(
      /MISSING: 203\.0\.113\.9:6443 +dialled at 203\.0\.113\.9:6443; dialled at 203\.0\.113\.9:7443/,
    );
  });

  test('an API that told nothing gives no reason: the same words as without it', () => {
    for (const facts of [alone, byKubeconfig]) {
      expect(lineOf(facts, 'kubernetes')).toMatch(/kubeadm's usual name$/);
      expect(lineOf(facts, 'kubernetes.default.svc.cluster.local')).toMatch(/kubeadm's usual name$/);
    }
    const usual = leaf(kubeadmNamesFor(1, { clusterIp: '10.96.0.1' }));
    const facts = { ...byKubeconfig, probes: [served(usual, { host })] };
    expect(lineOf(facts, '10.96.0.1')).toMatch(/kubeadm's usual name$/);
  });
});

describe('names that a file asks for', () => {
  const path = 'fix-sans.yaml';
  const withWish = (by: 'names' | 'policy'): ClusterFacts => ({
    ...alone,
    wishes: [{ type: 'dns', value: 'vip.example', from: { by, path } }],
  });

  test.each([
    ['names', 'names in fix-sans.yaml'],
    ['policy', 'required by the policy in fix-sans.yaml'],
  ] as const)('by %s: missing, exit 2, and the file is named', (by, words) => {
    expect(codes(withWish(by))).toEqual(['san-missing']);
    expect(diagnoseCluster(withWish(by)).exitCode).toBe(2);
    expect(report(withWish(by))).toContain(`Wanted by ${words}.`);
    expect(report(withWish(by))).toMatch(new RegExp(`vip\\.example +MISSING +${words}`));
    expect(report(withWish(by))).not.toContain('--san.');
  });

  test('by --san as well: both are named', () => {
    const { wishes } = withWish('names');
    const both: ClusterFacts = { ...alone, wishes: [{ type: 'dns', value: 'vip.example' }, ...wishes] };
    expect(report(both)).toContain('Wanted by you, by --san; names in fix-sans.yaml.');
    expect(report(both)).toMatch(/vip\.example +MISSING +asked for by --san; names in fix-sans\.yaml/);
  });

  test('--san is still called so', () => {
    const asked: ClusterFacts = { ...alone, wishes: [{ type: 'dns', value: 'vip.example' }] };
    expect(report(asked)).toContain('Wanted by you, by --san.');
  });
});

describe('an endpoint that answers and does not speak TLS', () => {
  const sshd: ClusterFacts = { ...alone, probes: [failed('not-tls', { host })] };

  test('is no missing name, and nothing that a later try mends: exit 8, and the port is what to check', () => {
    expect(diagnoseCluster(sshd)).toMatchObject({ verdict: 'not-the-certificate', exitCode: 8 });
    expect(report(sshd)).toContain('check the port');
    expect(firstLine(sshd)).toBe(
      `Not a missing name: ${host}:6443 answers, and what answers is not TLS, seen from here.`,
    );
    expect(report(sshd)).not.toContain('could not be reached');
  });

  test('one that refuses may answer later: 75', () => {
    expect(diagnoseCluster({ ...alone, probes: [failed('refused', { host })] }).exitCode).toBe(75);
  });
});

describe('words', () => {
  test('the first line names the node that could not be read, and leaves the reason to the finding', () => {
    const facts = unread('no answer within 10 s');
    expect(firstLine(facts)).toBe('No certificate of an API server could be seen: cp1 could not be read.');
    expect(report(facts).match(/no answer within 10 s/g)).toHaveLength(1);
  });

  test('how a probe failed is said in words, not in codes, in every format', () => {
    for (const trouble of probeTroubles) {
      const facts = { ...alone, probes: [failed(trouble, { host })] };
      expect(probeTroubleText({ trouble, detail: 'x' }).startsWith(trouble)).toBe(false);
      expect(report(facts)).not.toMatch(new RegExp(`(?:\\(|failed: )${trouble}\\b`));
      expect(report(facts, 'markdown')).not.toContain(`\`${trouble}\``);
    }
    expect(report({ ...alone, probes: [failed('dns', { host })] })).toContain(
      'could not be reached from here: the name does not resolve.',
    );
  });

  test('what the API did not tell is called by its name', () => {
    const text = report(byKubeconfig);
    expect(text).toContain(
      'The API did not tell its version, the ConfigMap kubeadm-config, the Service kubernetes, the endpoints of the Service kubernetes, the list of control planes.',
    );
    expect(text).not.toContain('endpoint-slices');
  });

  test('no control plane was read: the name for the tunnel is that of the certificate seen, or what kubeadm writes', () => {
    const named = leaf(['egress-proxy'], { subject: 'egress-proxy', issuer: corporateCa });
    const blocked = { ...byKubeconfig, probes: [served(named, { host })] };
    expect(whyOfName(blocked)).toContain('kubeadm gives every control plane this name');
    const besides = { ...blocked, probes: [...blocked.probes, served(genuine, { host, from: 'jump-host' })] };
    expect(whyOfName(besides)).toContain('the certificate seen here holds this name');
  });

  test('a kubeconfig that verifies nothing is not broken by a missing name, and is told of once', () => {
    const external = '203.0.113.9';
    const facts: ClusterFacts = {
      ...byKubeconfig,
      kubeconfig: {
        ...(byKubeconfig.kubeconfig as NonNullable<ClusterFacts['kubeconfig']>),
        server: `https://${external}:6443`,
        skipsVerification: true,
      },
      probes: [served(genuine, { host: external })],
    };
    const text = report(facts);
    expect(text).not.toMatch(/breaks kubectl|Broken: /);
    expect(text).toContain('does not verify the certificate and works; whoever verifies it, fails');
    expect(text.match(/insecure-skip-tls-verify/g)).toHaveLength(1);
    expect(diagnoseCluster(facts).exitCode).toBe(2);
  });
});
