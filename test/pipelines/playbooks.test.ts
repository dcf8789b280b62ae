/** The playbooks, run by a real ansible-core on localhost against a simulated cluster. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApiObject } from '../simulator/object-store.ts';
import { namesOnDisk, reissue } from '../simulator/damage.ts';
import type { Simulation } from '../simulator/simulate.ts';
import { sampledSimulation } from '../support/sampled-simulation.ts';
import { ansibleBin, ansibleLintBin } from '../support/ansible.ts';
import { loginFlags, simulatedProgram, targetsOf } from './simulated-program.ts';

const playbooks = path.join(import.meta.dirname, '../../playbooks');
let simulation: Simulation;
let programs: string;
let program: string;
let bin: string;
let folder: string;

beforeAll(async () => {
  programs = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-programs-'));
  [bin, program, simulation] = await Promise.all([
    ansibleBin(),
    simulatedProgram(programs),
    sampledSimulation({ nodes: 2, certSans: ['api.example.com'] }),
  ]);
});
afterAll(async () => {
  rmSync(programs, { recursive: true, force: true });
  await simulation.stop();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-playbook-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

interface Recap {
  readonly code: number | undefined;
  readonly changed: number;
  readonly failed: number;
  readonly output: string;
}

/** In an empty home and without a configuration, as on a machine that has nothing but Ansible. */
async function play(
  playbook: string,
  variables: Readonly<Record<string, unknown>>,
  ...flags: readonly string[]
): Promise<Recap> {
  const given = path.join(folder, 'variables.json');
  writeFileSync(given, JSON.stringify({ fix_sans_program: program, ...variables }));
  const { exitCode, all } = await execa(
    path.join(bin, 'ansible-playbook'),
    [path.join(playbooks, playbook), '--extra-vars', `@${given}`, ...flags],
    {
      all: true,
      reject: false,
      extendEnv: false,
      cwd: folder,
      env: { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, LC_ALL: 'C.UTF-8', ANSIBLE_NOCOLOR: '1' },
    },
  );
  const recap = /^localhost .*?changed=(\d+).*?failed=(\d+)/m.exec(all);
  if (recap === null) throw new Error(all);
  return { code: exitCode, changed: Number(recap[1]), failed: Number(recap[2]), output: all };
}

function kubeadmConfig(): ApiObject & { readonly data: { readonly ClusterConfiguration: string } } {
  const found = simulation.objects.get('/api/v1/namespaces/kube-system/configmaps/kubeadm-config');
  return found as ReturnType<typeof kubeadmConfig>;
}

/** As somebody edits it. */
function addCertSan(name: string): void {
  const before = kubeadmConfig();
  const text = before.data.ClusterConfiguration;
  const ClusterConfiguration = text.replace(/^( *- )api\.example\.com$/m, `$&\n$1${name}`);
  expect(ClusterConfiguration).not.toBe(text);
  simulation.objects.set({ ...before, data: { ClusterConfiguration } });
}

test('ansible-lint finds nothing, by the rules for production', async () => {
  const lintBin = await ansibleLintBin();
  const { exitCode, all } = await execa(
    path.join(lintBin, 'ansible-lint'),
    ['--offline', '--nocolor', '--strict', '--profile=production'],
    {
      cwd: playbooks,
      all: true,
      reject: false,
      extendEnv: false,
      env: { PATH: `${lintBin}:/usr/bin:/bin`, HOME: folder, LC_ALL: 'C.UTF-8' },
    },
  );
  expect(all).toMatch(/Passed: 0 failure\(s\), 0 warning\(s\) in \d{2} files/);
  expect(exitCode).toBe(0);
});

function onNodes(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { fix_sans_nodes: targetsOf(simulation), fix_sans_options: loginFlags(simulation), ...more };
}

describe('check.yml', () => {
  test('twice on a cluster that lacks nothing: changed=0', async () => {
    for (const _ of [1, 2])
      expect(await play('check.yml', onNodes())).toMatchObject({ code: 0, changed: 0, failed: 0 });
  });

  test('says changed where a name is missing, and no more once the certificates have it', async () => {
    const wanted = onNodes({ fix_sans_names: ['new.example.com'] });
    expect(await play('check.yml', wanted, '--check')).toMatchObject({ code: 0, changed: 1 });
    expect(await play('check.yml', wanted)).toMatchObject({ code: 0, changed: 1, failed: 0 });
    const undo = simulation.nodes.map((node) =>
      reissue(simulation, node, [...namesOnDisk(node), 'new.example.com']),
    );
    const before = kubeadmConfig();
    try {
      // It stands in no configuration yet, which is a change that is needed too.
      const left = await play('check.yml', wanted);
      expect(left).toMatchObject({ code: 0, changed: 1 });
      addCertSan('new.example.com');
      expect(await play('check.yml', wanted)).toMatchObject({ code: 0, changed: 0, failed: 0 });
    } finally {
      simulation.objects.set(before);
      for (const one of undo) one();
    }
  });

  test('fails where it was told to, and where the plan is refused, with the reason', async () => {
    const wanted = onNodes({ fix_sans_names: ['new.example.com'], fix_sans_fail_when_needed: true });
    expect(await play('check.yml', wanted)).toMatchObject({ code: 2, failed: 1 });
    const special = await play('check.yml', onNodes({ fix_sans_names: ['0.0.0.0'] }));
    expect(special).toMatchObject({ code: 2, failed: 1 });
    expect(special.output).toContain('fix-sans ended with exit code 7.');
    expect(special.output).toContain('0.0.0.0');
  });

  test('writes the reports, and none in check mode', async () => {
    const report = path.join(folder, 'report.html');
    const variables = onNodes({ fix_sans_reports: [`html=${report}`] });
    await play('check.yml', variables, '--check');
    expect(existsSync(report)).toBe(false);
    await play('check.yml', variables);
    expect(readFileSync(report, 'utf8')).toContain('<html');
  });

  test('refuses arguments of the wrong kind before anything is run', async () => {
    const { code, output } = await play('check.yml', { fix_sans_nodes: { a: 1 } });
    expect(code).not.toBe(0);
    expect(output).toContain('argument_errors');
  });
});

test('apply.yml: in check mode nothing is changed; then the certificates have the name, and the second time changed=0', async () => {
  const wanted = onNodes({ fix_sans_names: ['new.example.com'] });
  const before = kubeadmConfig();
  const names = simulation.nodes.map(namesOnDisk);
  expect(await play('apply.yml', wanted, '--check')).toMatchObject({ code: 0, changed: 1, failed: 0 });
  expect(simulation.nodes.map(namesOnDisk)).toEqual(names);
  try {
    expect(await play('apply.yml', wanted)).toMatchObject({ code: 0, changed: 1, failed: 0 });
    for (const node of simulation.nodes) expect(namesOnDisk(node)).toContain('new.example.com');
    expect(kubeadmConfig().data.ClusterConfiguration).toContain('new.example.com');
    expect(await play('apply.yml', wanted)).toMatchObject({ code: 0, changed: 0, failed: 0 });
    const refused = await play('apply.yml', onNodes({ fix_sans_names: ['0.0.0.0'] }));
    expect(refused).toMatchObject({ code: 2, failed: 1 });
    expect(refused.output).toContain('fix-sans ended with exit code 7.');
  } finally {
    simulation.objects.set(before);
    simulation.nodes.map((node, index) => reissue(simulation, node, names[index] ?? []));
  }
});

describe('kubespray-patch.yml', () => {
  const list = 'supplementary_addresses_in_ssl_keys';
  let inventory: string;
  let variables: string;

  /** The simulated cluster as kubespray's inventory has it. */
  function writeInventory(text = `---\n# ${list}: [10.0.0.1]\nsecret: hunter2\n`): void {
    inventory = path.join(folder, 'inventory/hosts.yaml');
    variables = path.join(folder, 'inventory/group_vars/k8s_cluster/k8s-cluster.yml');
    mkdirSync(path.dirname(variables), { recursive: true });
    writeFileSync(variables, text);
    const hosts = Object.fromEntries(
      simulation.nodes.map(({ name, ssh }) => [
        name,
        { ansible_host: ssh.host, ansible_port: ssh.port, ansible_user: ssh.user, ip: ssh.host },
      ]),
    );
    const children = { kube_control_plane: { hosts }, k8s_cluster: { children: { kube_control_plane: {} } } };
    writeFileSync(inventory, JSON.stringify({ all: { children } }));
  }

  function there(): Readonly<Record<string, unknown>> {
    return {
      fix_sans_inventory: inventory,
      fix_sans_names: ['new.example.com'],
      fix_sans_options: loginFlags(simulation),
    };
  }

  test('with --check --diff: shows what would change, and changes nothing', async () => {
    writeInventory();
    const before = readFileSync(variables, 'utf8');
    const { code, changed, output } = await play('kubespray-patch.yml', there(), '--check', '--diff');
    expect(output).toContain('new.example.com');
    expect(output).toMatch(/"\+ +- \\"new\.example\.com\\""/);
    expect({ code, changed }).toEqual({ code: 0, changed: 1 });
    expect(readFileSync(variables, 'utf8')).toBe(before);
    expect(output).not.toContain('hunter2');
  });

  test('twice: the names are there, and the second time changed=0', async () => {
    writeInventory();
    const before = readFileSync(variables, 'utf8');
    expect(await play('kubespray-patch.yml', there())).toMatchObject({ code: 0, changed: 1, failed: 0 });
    const after = readFileSync(variables, 'utf8');
    expect(after).toContain(`${list}:\n`);
    expect(after).toContain('  - "new.example.com"\n');
    expect(after.split('\n')).toEqual(expect.arrayContaining(before.split('\n')));
    expect(await play('kubespray-patch.yml', there())).toMatchObject({ code: 0, changed: 0, failed: 0 });
    expect(readFileSync(variables, 'utf8')).toBe(after);
  });

  test('a template is left as it is, and what to do by hand is said', async () => {
    writeInventory(`${list}: "{{ vips }}"\nvips: []\n`);
    const { changed, output } = await play('kubespray-patch.yml', there());
    expect(changed).toBe(0);
    expect(output).toContain('the value is a Jinja template');
    expect(readFileSync(variables, 'utf8')).toContain('{{ vips }}');
  });

  test('an inventory is required', async () => {
    const { code, output } = await play('kubespray-patch.yml', {});
    expect(code).not.toBe(0);
    expect(output).toContain('fix_sans_inventory');
  });

  test('nothing that a node or a file says is taken for a template of Ansible', async () => {
    writeInventory();
    const canary = path.join(folder, 'canary');
    const hostile = `{{ lookup('pipe', 'touch ${canary}') }}`;
    const fake = path.join(folder, 'fake');
    const durable = [
      { kind: 'inventory', path: hostile, diff: `+${hostile}\n` },
      { kind: 'advice', about: 'inventory', where: hostile, why: hostile, text: hostile },
    ];
    for (const code of [2, 7]) {
      const plan = { durable, refusals: [{ detail: hostile }], findings: [{ code: hostile }] };
      writeFileSync(`${fake}.json`, JSON.stringify(plan));
      writeFileSync(fake, `#!/bin/sh\ncat ${fake}.json\nexit ${code}\n`);
      chmodSync(fake, 0o755);
      const { output } = await play('kubespray-patch.yml', { ...there(), fix_sans_program: fake }, '--diff');
      expect(output).toContain(canary);
    }
    expect(existsSync(canary)).toBe(false);
  });
});
