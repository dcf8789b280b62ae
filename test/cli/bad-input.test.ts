/**
 * Bad input that reaches a plan, by the numbers of its catalogue: each is refused or passed on, and never passed over. Rows 63
 * and 64, about streams and folders of a process, are in streams.slow.test.ts.
 */
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { parseClusterConfiguration } from '../../src/inspect/api/cluster-configuration.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { Plan } from '../../src/model/plan.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { changedSince } from '../../src/plan/bound.ts';
import { patchInventory, type VariableFile } from '../../src/plan/inventory-patch.ts';
import { readPlan, writePlan } from '../../src/plan/plan-file.ts';
import { addToList } from '../../src/plan/yaml-list.ts';
import { planReports } from '../../src/report/index.ts';
import {
  buildFacts,
  ca,
  certificateFile,
  changeApi,
  changeNode,
  leaf,
  leafOf,
  namesOf,
  now,
  otherCa,
  read,
  reissue,
} from '../support/facts.ts';
import { directoryName, dns, email, otherName, primitive, srvName, uri } from '../support/mint.ts';
import { asking, nodeOf, planFor, valuesOf } from '../support/plans.ts';
import { runCli } from '../support/run-cli.ts';
import { samplePlans } from '../support/sample-plans.ts';

const wish = asking(['203.0.113.10']);
const list = 'supplementary_addresses_in_ssl_keys';
const sans = { path: ['apiServer', 'certSANs'], kind: 'ClusterConfiguration' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-bad-input-'));
  return () => rmSync(folder, { recursive: true });
});

function refusals({ exitCode, refusals: all }: Plan): readonly [number, readonly string[]] {
  return [exitCode, [...new Set(all.map(({ code }) => code))]];
}

/** The cluster's configuration is this text, read as it is read from the API. */
function configured(text: string): ClusterFacts {
  return changeApi(buildFacts(), ({ kubeadmConfig }) =>
    kubeadmConfig === undefined
      ? {}
      : { kubeadmConfig: { ...kubeadmConfig, text, configuration: parseClusterConfiguration(text) } },
  );
}

/** Not by planFor, which writes a text of its own. */
function planOf(facts: ClusterFacts): Plan {
  const wishes = wish.wishes.map(({ san }) => san);
  return makePlan(diagnoseCluster({ ...facts, wishes }), wish);
}

function configuration(more: string): string {
  return `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.1\nnetworking:\n  serviceSubnet: 10.240.0.64/26\n  dnsDomain: cluster.local\ncontrolPlaneEndpoint: lb.example:6443\n${more}`;
}

function inventoryFile(text: string, level: VariableFile['level'] = 'all', host?: string): VariableFile {
  return { path: `/inv/${level}.yml`, text, level, ...(host === undefined ? {} : { host }) };
}

function patched(...files: readonly VariableFile[]): ReturnType<typeof patchInventory> {
  return patchInventory({
    files,
    controlPlanes: ['cp1', 'cp2'],
    names: ['203.0.113.10'],
    belongs: { path: '/inv/k.yml', text: '' },
  });
}

describe('row 21: names that kubeadm cannot write', () => {
  test.each([
    ['URI', uri('spiffe://a.example/b')],
    ['email', email('ops@example.com')],
    ['otherName', otherName('1.3.6.1.4.1.311.20.2.3', primitive(12, 'u@example.com'))],
    ['dirName', directoryName('somebody')],
    ['SRV', srvName('_https.example.com')],
  ])('%s: would be lost, so it is refused; with the flag it is a risk that is said', (_, name) => {
    const facts = buildFacts();
    const usual = namesOf(leafOf(facts, 'cp1'));
    const odd = reissue(facts, 'cp1', leaf([], { names: [...usual.map(dns), name] }));
    expect(refusals(planFor(odd, wish))).toEqual([7, ['unsupported-names']]);
    const plan = planFor(odd, asking(['203.0.113.10'], { accepted: { lostNames: true } }));
    expect(plan.exitCode).toBe(2);
    expect(plan.risks.map(({ code }) => code)).toContain('lost-names');
  });
});

test('row 39: a CA made anew under the same subject is another CA', () => {
  const facts = changeNode(buildFacts(), 'cp2', ({ ca: file }) => ({
    ca: certificateFile(file?.path ?? '', read(otherCa)),
  }));
  expect(read(otherCa).subject).toBe(read(ca).subject);
  const [code, codes] = refusals(planFor(facts, wish));
  expect(code).toBe(7);
  expect(codes).toContain('ca-mismatch');
});

function withChain(reversed: boolean): ClusterFacts {
  return changeNode(buildFacts(), 'cp1', ({ certificate }) => {
    const own = certificate?.reading?.ok === true ? certificate.reading.certificates[0] : undefined;
    if (certificate === undefined || own === undefined) throw new Error('no certificate');
    const reading = {
      ok: true as const,
      certificates: reversed ? ([read(ca), own] as const) : ([own, read(ca)] as const),
      notes: reversed ? (['bundle', 'reversed'] as const) : (['bundle'] as const),
    };
    return { certificate: { ...certificate, reading } };
  });
}

describe('row 40: a chain in apiserver.crt', () => {
  test('in its order: the first is the leaf, and nothing of it is lost', () => {
    const plan = planFor(withChain(false), wish);
    expect(plan.exitCode).toBe(2);
    expect(valuesOf(nodeOf(plan, 'cp1'), 'kept')).toEqual(
      valuesOf(nodeOf(planFor(buildFacts(), wish), 'cp1'), 'kept'),
    );
  });

  test('reversed: its first certificate has another key, as the API server sees it too', () => {
    expect(refusals(planFor(withChain(true), wish))).toEqual([7, expect.arrayContaining(['pair-mismatch'])]);
  });
});

test('row 41: a key that is not the certificate’s', () => {
  const facts = changeNode(buildFacts(), 'cp1', ({ key }) => ({
    key: { path: key?.path ?? '', keyFingerprint: 'ab' },
  }));
  expect(refusals(planFor(facts, wish))).toEqual([7, ['pair-mismatch']]);
});

describe('row 42: YAML that is made to hurt is refused in no time, and changes nothing that is shared', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, at) => {
    const [from, to] = ['abcdefghij'[at], 'abcdefghij'[at + 1]];
    return `${to}: &${to} [${`*${from},`.repeat(9)}]\n`;
  }).join('')}`;
  test.each([
    ['alias bomb', `${bomb}${list}: [x.example]\n`],
    ['merged from an alias', `a: &a {${list}: [x.example]}\n<<: *a\n`],
    ['twice the same key', `${list}: [a.example]\n${list}: [b.example]\n`],
    ['tabs', `${list}:\n\t- a.example\n`],
    ['10,000 levels', `${list}: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`],
  ])('%s', (_, text) => {
    const start = performance.now();
    expect(patched(inventoryFile(text))).toMatchObject([
      { kind: 'advice', line: expect.any(Number) as number },
    ]);
    const [code] = refusals(
      planOf(configured(configuration(`apiServer:\n  certSANs: [a.example]\n${text}`))),
    );
    expect([2, 7]).toContain(code);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test('__proto__ is a key like any other', () => {
    const text = `__proto__: {polluted: yes}\n${list}: [a.example]\n`;
    const [change] = patched(inventoryFile(text));
    expect(
      change?.kind === 'advice' || (change?.kind === 'edit' && change.after.startsWith(text.slice(0, 28))),
    ).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('row 43: values that are no texts are never made into texts', () => {
  test.each([
    ['api.x', 'a text, not a list', 13],
    ['[10.0]', 'a number', 14],
    ['[1e3]', 'a number', 14],
    ['[0o17]', 'a number', 14],
    ['[yes]', 'a boolean of YAML 1.1', 14],
    ['[1:20]', 'a number to the base of sixty', 14],
    ['[~]', 'null', 14],
    ['[api.example, 7]', 'a number behind a name', 27],
  ])('certSANs: %s', (value, _, column) => {
    const text = configuration(`apiServer:\n  certSANs: ${value}\n`);
    const plan = planOf(configured(text));
    expect(refusals(plan)).toEqual([7, ['kubeadm-config-fault']]);
    const at = `line 9, column ${column}: apiServer\\.certSANs`;
    expect(plan.refusals[0]?.detail).toMatch(new RegExp(`^${at}|^certSANs holds`));
    const edit = addToList(text, sans, ['x.example']);
    expect(edit).toMatchObject({ ok: false, line: 9, column });
    // An inventory is read alike.
    expect(patched(inventoryFile(`a: 1\n${list}: ${value}\n`))).toMatchObject([
      { kind: 'advice', line: 2, column: column - 13 + list.length + 3 },
    ]);
  });

  test('a list that is one text: line and column are in the refusal that people read', () => {
    const plan = planOf(configured(configuration('apiServer:\n  certSANs: api.x\n')));
    expect(plan.refusals.map(({ detail }) => detail)).toEqual([
      'line 9, column 13: apiServer.certSANs is a string, not a list',
    ]);
  });

  test('certSANs: with nothing behind it is an empty list to kubeadm, and to us', () => {
    const plan = planOf(configured(configuration('apiServer:\n  certSANs:\n')));
    expect(plan.exitCode).toBe(2);
  });
});

describe('row 44: several documents, other versions, JSON', () => {
  test('of Init, Cluster and Kubelet the right one is edited, and the others stay to the byte', () => {
    const init = 'apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nx: 0644\n';
    const kubelet =
      'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\napiServer: {certSANs: [no.example]}\n';
    const cluster = configuration('apiServer:\n  certSANs:\n  - a.example\n');
    const edit = addToList(`${init}---\n${cluster}---\n${kubelet}`, sans, ['x.example']);
    expect(edit).toMatchObject({
      ok: true,
      text: `${init}---\n${cluster}  - "x.example"\n---\n${kubelet}`,
    });
  });

  test.each(['v1beta1', 'v1beta2', 'v1beta3', 'v1beta4'])('%s is known', (version) => {
    const text = configuration('apiServer:\n  certSANs: [a.example]\n').replace('v1beta4', version);
    expect(parseClusterConfiguration(text)).toMatchObject({
      faults: [],
      apiVersion: `kubeadm.k8s.io/${version}`,
    });
    expect(refusals(planOf(configured(text)))[1]).not.toContain('kubeadm-config-fault');
  });

  test('a version that is not known is refused', () => {
    const text = configuration('apiServer:\n  certSANs: [a.example]\n').replace('v1beta4', 'v9');
    expect(refusals(planOf(configured(text)))).toEqual([7, expect.arrayContaining(['kubeadm-config-fault'])]);
  });

  test('JSON is edited as JSON', () => {
    const json = '{"kind":"ClusterConfiguration","apiServer":{"certSANs":["a.example"]}}';
    const edit = addToList(json, sans, ['x.example']);
    expect(edit.ok && JSON.parse(edit.text)).toEqual({
      kind: 'ClusterConfiguration',
      apiServer: { certSANs: ['a.example', 'x.example'] },
    });
  });
});

test('row 45: comments, anchors, quotes, CRLF, a BOM and no last line end are as they were', () => {
  const text = `\ufeff# head\r\na: &x 'it''s' # note\r\nb: *x\r\n${list}: # ours\r\n  - 'one.example' # old\r\nc: "last"`;
  const edit = addToList(text, { path: [list] }, ['203.0.113.10']);
  if (!edit.ok) throw new Error(edit.detail);
  expect(edit.text.slice(0, edit.at) + edit.text.slice(edit.at + edit.inserted.length)).toBe(text);
  expect(edit.inserted).toBe('  - "203.0.113.10"\r\n');
  expect((parse(edit.text.slice(1)) as Record<string, unknown>)[list]).toEqual([
    'one.example',
    '203.0.113.10',
  ]);
});

describe('row 47: supplementary_addresses_in_ssl_keys', () => {
  test.each([
    ['a text', `${list}: 10.0.0.9\n`, 'is one value, not a list'],
    ['a template', `${list}: "{{ vips }}"\n`, 'the value is a Jinja template, which is never evaluated here'],
    ['a template among items', `${list}: [a.example, "{{ vip }}"]\n`, 'the value is a Jinja template'],
  ])('%s is not edited, and what to write is said', (_, text, why) => {
    expect(patched(inventoryFile(text))).toMatchObject([
      {
        kind: 'advice',
        line: 1,
        why: expect.stringContaining(why) as string,
        text: `${list}:\n  - "203.0.113.10"\n`,
      },
    ]);
  });

  test('in two files and in host_vars: each that is in effect, and what it hides is said', () => {
    const text = `${list}: [a.example]\n`;
    const all = inventoryFile(text);
    const group = inventoryFile(text, 'k8s_cluster');
    const host = inventoryFile(text, 'host', 'cp2');
    expect(patched(all, group, host)).toMatchObject([
      { kind: 'edit', path: group.path, hides: [all.path] },
      { kind: 'edit', path: host.path, hides: [all.path, group.path] },
    ]);
  });
});

const madeAt = Date.parse(now);
const soon = (): Date => new Date(madeAt + 60_000);
const nextDay = (): Date => new Date(madeAt + 26 * 3_600_000);

async function show(content: string, mode = 0o600, clock = soon): ReturnType<typeof runCli> {
  const file = path.join(folder, 'plan.json');
  writeFileSync(file, content);
  chmodSync(file, mode);
  return runCli(['show', file], { now: clock });
}

describe('row 57: a plan file', () => {
  const plan = planFor(buildFacts(), wish);
  const text = writePlan(plan);

  test.each([
    ['truncated', text.slice(0, -500), 7, 'it is cut off or was changed'],
    ['of another format', text.replace('"formatVersion":1', '"formatVersion":2'), 7, 'it is of format 2'],
    ['old', text.replace('"formatVersion":1', '"formatVersion":0'), 7, 'plan again'],
    ['edited', text.replace('203.0.113.10', '203.0.113.99'), 7, 'its content is not what was written'],
    ['of somebody else', '{"kind":"Plan"}', 64, 'it is no plan that fix-sans wrote'],
    ['no JSON', 'plan', 64, 'it is no JSON'],
    ['empty', '', 7, 'it is empty: it was cut off'],
  ])('%s', async (_, content, code, words) => {
    const shown = await show(content);
    expect(shown.stderr).toContain(words);
    expect({ code: shown.code, stdout: shown.stdout }).toEqual({ code, stdout: '' });
  });

  test('whole: shown, and the words are those of plan', async () => {
    const shown = await show(text);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('203.0.113.10');
  });

  test('older than a day is shown, and not to be acted upon', async () => {
    const shown = await show(text, 0o600, nextDay);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('203.0.113.10');
    expect(shown.stderr).toMatch(
      /^fix-sans: do not act on .*plan\.json as it is: it is 26 hours old, and a plan is good for 24 hours\n +plan again: /,
    );
    const file = path.join(folder, 'plan.json');
    expect(await runCli(['show', file, '--max-age', '2d'], { now: nextDay })).toMatchObject({ stderr: '' });
    expect(await runCli(['show', file, '--max-age', '90m'], { now: nextDay })).toMatchObject({
      stderr: expect.stringContaining('good for 90 minutes') as string,
    });
    expect(await runCli(['show', file, '--max-age', '24'], { now: nextDay })).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringContaining('did you mean --max-age 24h?') as string,
    });
  });

  test('that others may write is shown with a warning', async () => {
    const shown = await show(text, 0o666);
    expect(shown.code).toBe(0);
    expect(shown.stderr).toMatch(
      /^fix-sans: others than its owner may write .*plan\.json: look at its commands/,
    );
  });

  test('behind a link is read; a folder, a device and what is not there are said', async () => {
    await show(text);
    symlinkSync(path.join(folder, 'plan.json'), path.join(folder, 'link.json'));
    expect(await runCli(['show', path.join(folder, 'link.json')], { now: soon })).toMatchObject({
      code: 0,
      stderr: '',
    });
    for (const [file, words] of [
      [folder, 'is a folder'],
      ['/dev/zero', 'is not a regular file'],
      [path.join(folder, 'gone.json'), 'it does not exist'],
      [path.join(folder, 'plan.json', 'x'), 'a part of its path is no folder'],
    ] as const) {
      const shown = await runCli(['show', file]);
      expect(shown.stderr).toContain(words);
      expect(shown.code).toBe(64);
    }
  });

  test('of another cluster, or of this one as it was, is told apart by what it is bound to', () => {
    const reading = readPlan(text);
    if (!reading.ok) throw new Error(reading.detail);
    const other = diagnoseCluster(buildFacts({ certSans: ['other.example'], controlPlanes: 2 }));
    expect(changedSince(reading.plan.bound, other)).toEqual(
      expect.arrayContaining(['cp3 is no longer there or could not be read']),
    );
    const later = reissue(buildFacts(), 'cp2', leaf(['kubernetes']));
    expect(changedSince(reading.plan.bound, diagnoseCluster(later))).toContain(
      'the certificate on disk of cp2',
    );
  });
});

describe('row 64: folders', () => {
  test.each([
    ['a name that is too long', `/tmp/${'x'.repeat(5000)}/plan.json`],
    ['a folder that is a file', '/etc/passwd/plan.json'],
  ])('--out into %s is refused before anything is contacted', async (_, out) => {
    const { code, stderr } = await runCli(['plan', '--node', 'ops@192.0.2.1', '--out', out]);
    expect(stderr).toMatch(/^fix-sans: --out: there is no folder /);
    expect(code).toBe(64);
  });
});

describe('row 70: names that are markup elsewhere', () => {
  test.each(['<script>alert(1)</script>', '=cmd()', '|', ']]>', '`x`', '\u001b[31m'])('%j', (text) => {
    const { poisoned } = samplePlans(text);
    const look = { colour: false, width: 100 };
    const html = planReports['html']?.(poisoned, look) ?? '';
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain(']]>');
    const told = JSON.parse(planReports['json']?.(poisoned, look) ?? '') as { readonly order: string };
    expect(told.order).toBe(text);
    for (const format of ['text', 'markdown', 'html']) {
      const written = planReports[format]?.(poisoned, look) ?? '';
      expect(written).not.toContain('\u001b');
      // A line that begins like this is a formula, where it is pasted into a sheet.
      expect(format === 'text' && /^=/m.test(written)).toBe(false);
    }
    const rows = (planReports['markdown']?.(poisoned, look) ?? '')
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const columns = rows.map((row) => row.replaceAll(/\\\||`[^`]*`/g, '').split('|').length);
    expect(Math.max(...columns, 0) - Math.min(...columns, 99)).toBeLessThanOrEqual(0);
  });
});
