/** `fix-sans plan` and `show` as they are typed, against a simulated cluster: SSH, TLS and API of two nodes on loopback. */
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { namesOnDisk, reissue } from '../simulator/damage.ts';
import { simulate, type Simulation } from '../simulator/simulate.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openSimulatedNode } from '../support/simulated-cli.ts';

const error =
  'Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 127.9.9.9\n';

let simulation: Simulation;
let folder: string;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, serviceSubnet: '10.240.0.64/26', certSans: ['api.example.com'] });
});
afterAll(() => simulation.stop());
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-plan-'));
  return () => rmSync(folder, { recursive: true });
});

function there(): readonly string[] {
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  return [
    ...simulation.nodes.flatMap(({ ssh }) => ['--node', `ssh://${ssh.user}@${ssh.host}:${ssh.port}`]),
    '--identity',
    first.ssh.privateKeyFile,
    '--known-hosts',
    first.ssh.knownHostsFile,
    '--ssh-config',
    'none',
    '--connect-timeout',
    '2s',
  ];
}

async function plan(args: readonly string[], stdin = ''): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  const code = await run(['plan', ...args], {
    stdin: Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY: false }),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { HOME: folder },
    openNode: openSimulatedNode,
  });
  return { code, stdout, stderr };
}

test('a healthy cluster needs nothing', async () => {
  const { code, stdout } = await plan(there());
  expect(stdout).toContain('Nothing to do: the certificates hold every name they should');
  expect(code).toBe(0);
});

test('S1: the ClusterIP that one certificate lacks is planned for that one, and nothing on the nodes is touched', async () => {
  const [, second] = simulation.nodes;
  if (second === undefined) throw new Error('no node');
  const undo = reissue(
    simulation,
    second,
    namesOnDisk(second).filter((name) => name !== '10.240.0.65'),
  );
  try {
    // Until the API server has noticed, the name is still served, and the plan says so.
    await vi.waitFor(() =>
      expect(new X509Certificate(second.api.served()).subjectAltName).not.toContain('10.240.0.65'),
    );
    const live = path.join(second.root, 'etc/kubernetes/pki/apiserver.crt');
    const before = statSync(live, { bigint: true });
    const { code, stdout } = await plan(there());
    expect(stdout).toMatch(/^One certificate, of cp2 is to be made anew/);
    expect(stdout).toMatch(/^ +\+ +ip:10\.240\.0\.65 +added: ClusterIP$/m);
    expect(code).toBe(2);
    const after = statSync(live, { bigint: true });
    expect([after.ino, after.mtimeNs, after.ctimeNs]).toEqual([before.ino, before.mtimeNs, before.ctimeNs]);
    expect(readdirSync(path.dirname(live))).not.toContain('.fix-sans-stage');
  } finally {
    undo();
  }
});

describe('S5: from the pasted error to the plan', () => {
  test('the name is confirmed first, exit 7', async () => {
    const { code, stdout } = await plan([...there(), '--from-error', '-'], error);
    expect(code).toBe(7);
    expect(stdout).toContain('ip:127.9.9.9 comes from a text that was pasted');
    expect(stdout).toContain('--yes-names');
  });

  test('then every certificate gets it; the plan goes to a file, to reports and to runbooks', async () => {
    const out = path.join(folder, 'plan.json');
    const report = path.join(folder, 'plan.html');
    const runbooks = path.join(folder, 'books');
    const { code, stdout, stderr } = await plan(
      [
        ...there(),
        '--from-error',
        '-',
        '--yes-names',
        '--out',
        out,
        '--report',
        `html=${report}`,
        '--runbooks',
        runbooks,
      ],
      error,
    );
    expect(stdout).toContain(
      '2 certificates are to be made anew, with ip:127.9.9.9; no name of today is lost.',
    );
    expect(stdout).toMatch(/^ +\+ +- "127\.9\.9\.9"$/m);
    expect(stdout).toMatch(/=! +dns:api\.example\.com/);
    expect(stderr).toContain(`wrote the plan to ${out}`);
    expect(code).toBe(2);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(out, 'utf8')).not.toMatch(/PRIVATE KEY/);
    expect(readFileSync(report, 'utf8')).toContain('<code>ip:127.9.9.9</code>');
    const scripts = readdirSync(runbooks);
    expect(scripts).toHaveLength(2);
    expect(readFileSync(path.join(runbooks, scripts[0] ?? ''), 'utf8')).toMatch(/^#!\/bin\/sh\n/);
    expect(statSync(path.join(runbooks, scripts[0] ?? '')).mode & 0o777).toBe(0o700);

    const shown = await runCli(['show', out]);
    expect(shown).toEqual({ code: 0, stdout, stderr: '' });
    expect(JSON.parse((await runCli(['show', out, '--format', 'json'])).stdout)).toMatchObject({
      command: 'plan',
      exitCode: 2,
    });

    writeFileSync(out, readFileSync(out, 'utf8').replaceAll('127.9.9.9', '127.9.9.8'));
    const tampered = await runCli(['show', out]);
    expect(tampered).toMatchObject({ code: 7, stdout: '' });
    expect(tampered.stderr).toContain('is refused: its content is not what was written');
  });
});

describe('--write', () => {
  const list = 'supplementary_addresses_in_ssl_keys';
  let inventory: string;
  let variables: string;

  function writeInventory(text: string): void {
    inventory = path.join(folder, 'inventory/hosts.yaml');
    variables = path.join(folder, 'inventory/group_vars/all/all.yml');
    mkdirSync(path.dirname(variables), { recursive: true });
    writeFileSync(variables, text);
    const hosts = Object.fromEntries(
      simulation.nodes.map(({ name, ssh }) => [
        name,
        { ansible_host: ssh.host, ansible_port: ssh.port, ansible_user: ssh.user },
      ]),
    );
    const children = { kube_control_plane: { hosts }, k8s_cluster: { children: { kube_control_plane: {} } } };
    writeFileSync(inventory, JSON.stringify({ all: { children } }));
  }

  async function write(...args: readonly string[]): Promise<CliResult> {
    const [, , , , ...login] = there();
    return plan(['--inventory', inventory, ...login, ...args]);
  }

  test('puts the name in, keeps mode and every other byte, and a second time writes nothing', async () => {
    const text = `password: hunter2\r\n${list}: # ours\r\n  - 10.0.0.9 # old\r\nmode: 0644\r\n`;
    writeInventory(text);
    chmodSync(variables, 0o640);
    const first = await write('--san', 'new.example.com', '--write');
    expect(first.stderr).toContain(`wrote ${variables}`);
    expect(first.code).toBe(2);
    const after = readFileSync(variables, 'utf8');
    for (const name of ['new.example.com', '10.0.0.9']) expect(after).toContain(name);
    expect(after.split('\r\n').filter((line) => !line.startsWith('  - "'))).toEqual(text.split('\r\n'));
    expect(statSync(variables).mode & 0o777).toBe(0o640);
    expect(readdirSync(path.dirname(variables))).toEqual(['all.yml']);
    expect(first.stdout).not.toContain('hunter2');

    const { ino, mtimeMs } = statSync(variables);
    const second = await write('--san', 'new.example.com', '--write');
    expect(second.stderr).toContain('the inventory has every name that it should; nothing was written');
    expect(statSync(variables)).toMatchObject({ ino, mtimeMs });
  });

  test('without it nothing is written, and the diff is shown', async () => {
    writeInventory(`${list}: []\n`);
    const { stdout, code } = await write('--san', 'new.example.com');
    expect(stdout).toContain('new.example.com');
    expect(stdout).toContain('fix-sans plan --write');
    expect(code).toBe(2);
    expect(readFileSync(variables, 'utf8')).toBe(`${list}: []\n`);
  });

  test('through a link the file behind it is written, and the link stays', async () => {
    writeInventory(`${list}: []\n`);
    const real = path.join(folder, 'real.yml');
    renameSync(variables, real);
    symlinkSync(real, variables);
    const { stderr } = await write('--san', 'new.example.com', '--write');
    // What is read through a link is Ansible's affair; here it is refused or written, and never replaced.
    expect(lstatSync(variables).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8').includes('new.example.com')).toBe(
      stderr.includes(`wrote ${variables}`),
    );
  });

  test('a plan that is refused writes nothing', async () => {
    writeInventory(`${list}: []\n`);
    const { code, stderr } = await write('--san', '0.0.0.0', '--write');
    expect(stderr).toContain('the plan is refused, so the inventory stays as it is');
    expect(code).toBe(7);
    expect(readFileSync(variables, 'utf8')).toBe(`${list}: []\n`);
  });

  test('a template is not touched, and a folder where nothing can be written is said', async () => {
    writeInventory(`${list}: "{{ vips }}"\n`);
    const { stdout, stderr } = await write('--san', 'new.example.com', '--write');
    expect(stdout).toContain('Jinja template');
    expect(stderr).toContain('the inventory needs no change that can be written');
    expect(readFileSync(variables, 'utf8')).toBe(`${list}: "{{ vips }}"\n`);
  });
});

describe('--out', () => {
  test('replaces a plan that is there at once, and its mode is for the owner alone', async () => {
    const out = path.join(folder, 'plan.json');
    writeFileSync(out, 'old', { mode: 0o644 });
    const { ino } = statSync(out);
    await plan([...there(), '--san', 'new.example.com', '--out', out]);
    expect(statSync(out).ino).not.toBe(ino);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const { nodes } = JSON.parse((await runCli(['show', out, '--format', 'json'])).stdout) as {
      readonly nodes: readonly { readonly action: string }[];
    };
    expect(nodes.map(({ action }) => action)).toEqual(['reissue', 'reissue']);
    expect(readdirSync(folder)).toEqual(['plan.json']);
  });

  test('a plan that is refused can be shown as well, and is still refused', async () => {
    const out = path.join(folder, 'plan.json');
    expect((await plan([...there(), '--san', '0.0.0.0', '--out', out])).code).toBe(7);
    const shown = await runCli(['show', out]);
    expect(shown.stdout).toContain('Refused');
  });
});

test('S4: an error that no certificate mends needs no cluster, exit 8', async () => {
  const text =
    "Unable to connect to the server: tls: failed to verify certificate: x509: cannot validate certificate for 193.164.155.89 because it doesn't contain any IP SANs\n";
  const { code, stdout } = await plan(['--from-error', '-'], text);
  expect(code).toBe(8);
  expect(stdout).toContain('probably TLS interception');
});

describe('what is typed wrong is said before anything is contacted, exit 64', () => {
  test.each([
    [['--san', 'https://x:6443/'], 'did you mean x?'],
    [['--remove', 'a b'], '--remove a b is no name of a certificate'],
    [['--from-error', '/nowhere'], '--from-error: cannot read the file /nowhere'],
    [['--kubespray-version', '3'], 'is no release of kubespray'],
    [['--kubespray', '/nowhere'], 'there is no galaxy.yml of kubespray in /nowhere'],
    [['--out', '/nowhere/plan.json'], '--out: there is no folder /nowhere'],
    [['--runbooks', '/etc/passwd'], '--runbooks: /etc/passwd is no folder'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await runCli(['plan', '--node', 'ops@192.0.2.1', ...args]);
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });

  test.each([
    [[], 'missing required argument'],
    [['/nowhere.json'], 'it does not exist'],
  ])('show %j', async (args, words) => {
    const { code, stderr } = await runCli(['show', ...args]);
    expect(stderr).toContain(words);
    expect(code).toBe(64);
  });
});
