/** Story S4: it is not the certificate. A real API server behind something that answers for it, looked at by the command line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { ensureDocker } from '../lab/docker.ts';
import { ensureCommands } from '../lab/install.ts';
import { ensureSshImage } from '../lab/ssh-image.ts';
import type { InterceptingProxyOptions } from '../support/intercepting-proxy.ts';
import { labOptions } from '../support/ssh-hosts.ts';
import { type ControlPlane, makeControlPlane } from './control-plane.ts';
import { addresses, makeNetwork, type Place, type StoryNetwork } from './network.ts';

const root = path.join(import.meta.dirname, '../..');
const endpoint = `${addresses.server}:6443`;
const secret = 's3cret-of-the-proxy';

let folder: string;
let server: ControlPlane;
let network: StoryNetwork;
const undo: (() => Promise<void>)[] = [];

beforeAll(async () => {
  await ensureCommands(
    [{ command: 'ssh', package: 'openssh-client', purpose: 'makes the tunnel' }],
    labOptions,
  );
  const docker = await ensureDocker(labOptions);
  undo.push(() => docker.stop());
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-story-'));
  undo.push(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
  server = await makeControlPlane(await ensureSshImage(labOptions));
  undo.push(() => Promise.resolve(server[Symbol.asyncDispose]()));
  network = await makeNetwork(server.pid, labOptions);
  undo.push(() => Promise.resolve(network[Symbol.asyncDispose]()));
  await server.start();
});

afterAll(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.stdin?.end();
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await network.rules([]);
});

/** Stays until the test is over. */
function background(words: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const [program = '', ...args] = words;
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], cwd: root });
  running.push(child);
  return child;
}

/** Its port, in the middle. */
async function startProxy(options: InterceptingProxyOptions): Promise<number> {
  const file = path.join(import.meta.dirname, 'proxy.ts');
  const given = JSON.stringify({ listen: '0.0.0.0', ...options });
  const child = background([...network.middle.enter, process.execPath, '--import', 'tsx', file, given]);
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  if (child.stdout === null) throw new Error('no stdout');
  for await (const line of createInterface({ input: child.stdout })) return Number(line);
  throw new Error(`the proxy did not start: ${said}`);
}

function byProxy(port: number): NodeJS.ProcessEnv {
  return { HTTPS_PROXY: `http://ops:${secret}@${addresses.middleToClient}:${port}` };
}

/** All that a user there has: no variable of whoever runs the tests. */
function environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: `${path.dirname(server.kubectl)}:${process.env['PATH']}`, HOME: folder, ...more };
}

/** There, with an ssh configuration that knows the control plane. */
function at(place: Place, words: readonly string[]): readonly string[] {
  const script = 'mount --bind "$1" /etc/ssh/ssh_config && shift && exec "$@"';
  return [...place.enter, 'sh', '-c', script, 'sh', server.sshConfig, ...words];
}

interface Told {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function runAt(place: Place, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Told> {
  const [program = '', ...args] = at(place, words);
  const { exitCode, stdout, stderr } = await execa(program, args, {
    env: environment(env),
    extendEnv: false,
    reject: false,
    cwd: root,
    stdin: 'ignore',
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}

interface Inspected extends Told {
  readonly json: {
    readonly exitCode: number;
    readonly verdict: string;
    readonly findings: readonly {
      readonly code: string;
      readonly severity: string;
      readonly message: string;
      readonly args: Readonly<Record<string, unknown>>;
    }[];
    readonly next: readonly { readonly where: string; readonly why: string; readonly command: string }[];
  };
}

async function inspect(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  place = network.client,
): Promise<Inspected> {
  const told = await runAt(
    place,
    [process.execPath, '--import', 'tsx', 'src/main.ts', 'inspect', '--format', 'json', ...args],
    env,
  );
  if (!told.stdout.startsWith('{')) throw new Error(`inspect said no JSON: ${told.stderr}`);
  return { ...told, json: JSON.parse(told.stdout) as Inspected['json'] };
}

function withSsh(): readonly string[] {
  return ['--kubeconfig', server.kubeconfig, '--node', `root@${addresses.server}`];
}

function withoutSsh(): readonly string[] {
  return ['--kubeconfig', server.kubeconfig, '--endpoint', endpoint];
}

function argsOf({ json }: Inspected, code: string): readonly Readonly<Record<string, unknown>>[] {
  return json.findings.filter((one) => one.code === code).map(({ args }) => args);
}

function errors({ json }: Inspected): readonly string[] {
  return json.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

/** With the words that a user reads. */
function troubles({ json }: Inspected): readonly string[] {
  return json.findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, message }) => `${code}: ${message}`);
}

function commandOf({ json }: Inspected, start: string): string {
  const found = json.next.find(({ command }) => command.startsWith(start));
  if (found === undefined) throw new Error(`no command starts with ${start}: ${JSON.stringify(json.next)}`);
  return found.command;
}

/** What a user sees who types kubectl and nothing else. */
function plainKubectl(env: NodeJS.ProcessEnv): Promise<Told> {
  return runAt(network.client, ['kubectl', '--kubeconfig', server.kubeconfig, 'get', 'nodes'], env);
}

/** The two printed commands, word for word but for the placeholder; true where kubectl then shows the node. */
async function tunnelWorks(inspected: Inspected, env: NodeJS.ProcessEnv): Promise<void> {
  const tunnel = commandOf(inspected, 'ssh -N -L').replace('USER@CONTROL-PLANE', `root@${addresses.server}`);
  const asked = commandOf(inspected, 'kubectl');
  const ssh = background(at(network.client, ['sh', '-c', `exec ${tunnel}`]), environment(env));
  let said = '';
  ssh.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  let told: Told | undefined;
  for (let left = 40; left > 0 && ssh.exitCode === null; left -= 1) {
    told = await runAt(network.client, ['sh', '-c', asked], env);
    if (!/refused/.test(told.stderr)) break;
    await sleep(250);
  }
  expect({ stderr: told?.stderr, said }).toEqual({ stderr: '', said: '' });
  expect(told?.stdout).toMatch(/^cp1 +Ready/m);
}

async function isIntercepted(env: NodeJS.ProcessEnv): Promise<void> {
  const { exitCode, stderr } = await plainKubectl(env);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /x509: cannot validate certificate for 10\.77\.2\.10 because it doesn't contain any IP SANs/,
  );
}

test('with nothing in between, the same cluster is healthy', async () => {
  const inspected = await inspect(withSsh());
  expect({ troubles: troubles(inspected), verdict: inspected.json.verdict }).toEqual({
    troubles: [],
    verdict: 'healthy',
  });
  expect(inspected.exitCode).toBe(0);
  expect((await plainKubectl({})).stdout).toMatch(/^cp1 +Ready/m);
});

describe('a proxy that the environment names, while the direct way is closed', () => {
  const closed = ['--append FORWARD --in-interface toclient --protocol tcp --dport 6443 --jump REJECT'];

  test('intercepted, exit 8, with what is seen from here and from the node; the tunnel works while it goes on', async () => {
    await network.rules(closed);
    const env = byProxy(await startProxy({}));
    await isIntercepted(env);
    const reports = ['html', 'markdown', 'text'].map((format) => path.join(folder, `ticket.${format}`));
    const inspected = await inspect(
      [...withSsh(), ...reports.flatMap((file) => ['--report', `${path.extname(file).slice(1)}=${file}`])],
      env,
    );
    expect({ code: inspected.exitCode, verdict: inspected.json.verdict }).toEqual({
      code: 8,
      verdict: 'not-the-certificate',
    });
    const seen = argsOf(inspected, 'intercepted');
    expect(seen).toEqual([
      expect.objectContaining({
        endpoint,
        from: 'here',
        way: 'proxy',
        subject: 'CN=egress-proxy',
        genuineFrom: ['cp1'],
      }),
    ]);
    expect(errors(inspected)).toEqual(['intercepted']);
    for (const text of [
      inspected.stdout,
      inspected.stderr,
      ...reports.map((file) => readFileSync(file, 'utf8')),
    ])
      expect(text).not.toContain(secret);
    expect(commandOf(inspected, 'export NO_PROXY')).toContain(addresses.server);
    await tunnelWorks(inspected, env);
    await isIntercepted(env);
  });

  test('as a plan: nothing is to be signed, exit 8, by the cluster itself as by the pasted error (fault 47)', async () => {
    await network.rules(closed);
    const env = byProxy(await startProxy({}));
    const plan = (args: readonly string[]) =>
      runAt(network.client, [process.execPath, '--import', 'tsx', 'src/main.ts', 'plan', ...args], env);
    const live = await plan([...withSsh(), '--format', 'json']);
    const { nodes, refusals, findings } = JSON.parse(live.stdout) as Plan;
    expect({ exitCode: live.exitCode, actions: nodes.map(({ action }) => action), refusals }).toEqual({
      exitCode: 8,
      actions: ['nothing'],
      refusals: [],
    });
    expect(findings.map(({ code }) => code)).toContain('intercepted');
    const error = path.join(folder, 'error.txt');
    writeFileSync(error, (await plainKubectl(env)).stderr);
    const pasted = await plan(['--from-error', error]);
    expect(pasted.exitCode).toBe(8);
    expect(pasted.stdout).not.toContain('kubeadm init');
  });

  test('with no SSH and no API the verdict is the same, and the printed tunnel works', async () => {
    await network.rules(closed);
    const env = byProxy(await startProxy({}));
    const inspected = await inspect(withoutSsh(), env);
    expect(inspected.exitCode).toBe(8);
    expect(errors(inspected)).toContain('intercepted');
    expect(argsOf(inspected, 'intercepted')[0]).toMatchObject({ way: 'proxy', genuineFrom: [] });
    expect(commandOf(inspected, 'ssh -N -L')).toContain('USER@CONTROL-PLANE');
    await tunnelWorks(inspected, env);
    await isIntercepted(env);
  });

  test('a run from another machine is evidence too', async () => {
    await network.rules(closed);
    const elsewhere = await inspect([...withoutSsh(), '--vantage', 'jump-host'], {}, network.middle);
    expect({ code: elsewhere.exitCode, troubles: troubles(elsewhere) }).toEqual({ code: 0, troubles: [] });
    const file = path.join(folder, 'elsewhere.json');
    writeFileSync(file, elsewhere.stdout);
    const inspected = await inspect([...withoutSsh(), '--with', file], byProxy(await startProxy({})));
    expect(inspected.exitCode).toBe(8);
    expect(argsOf(inspected, 'intercepted')[0]?.['genuineFrom']).toContain('jump-host, directly');
  });

  test('a proxy that refuses CONNECT is the second cause', async () => {
    await network.rules(closed);
    const connectAnswer =
      'HTTP/1.1 403 Forbidden\r\nServer: egress-proxy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
    const inspected = await inspect(withSsh(), byProxy(await startProxy({ connectAnswer })));
    expect(inspected.exitCode).toBe(8);
    expect(errors(inspected)).toContain('proxy-cannot-reach-upstream');
    expect(errors(inspected)).not.toContain('intercepted');
  });

  test('a proxy that intercepts and whose upstream refuses: both are said', async () => {
    await network.rules(closed);
    for (const args of [withSsh(), withoutSsh()]) {
      const inspected = await inspect(args, byProxy(await startProxy({ mode: 'upstream-refuses' })));
      expect(inspected.exitCode).toBe(8);
      expect(argsOf(inspected, 'proxy-cannot-reach-upstream')).toEqual([
        expect.objectContaining({ endpoint, status: 503, server: 'egress-proxy' }),
      ]);
    }
  });

  test('a proxy that passes the bytes on is no trouble', async () => {
    await network.rules(closed);
    const env = byProxy(await startProxy({ mode: 'pass-through' }));
    expect((await plainKubectl(env)).stdout).toMatch(/^cp1 +Ready/m);
    const inspected = await inspect(withSsh(), env);
    expect({ troubles: troubles(inspected), code: inspected.exitCode }).toEqual({ troubles: [], code: 0 });
  });
});

async function redirect(options: InterceptingProxyOptions): Promise<void> {
  const upstream = { host: addresses.server, port: 6443 };
  const port = await startProxy({ front: 'transparent', upstream, ...options });
  await network.rules([
    `--table nat --append PREROUTING --in-interface toclient --protocol tcp --dport 6443 --jump REDIRECT --to-ports ${port}`,
  ]);
}

describe('transparent: routing leads there, and no variable tells', () => {
  test('intercepted, exit 8, from here and from the node; the tunnel works while it goes on', async () => {
    await redirect({});
    await isIntercepted({});
    const inspected = await inspect(withSsh());
    expect(inspected.exitCode).toBe(8);
    expect(argsOf(inspected, 'intercepted')).toEqual([
      expect.objectContaining({ endpoint, from: 'here', way: 'direct', genuineFrom: ['cp1'] }),
    ]);
    expect(errors(inspected)).toEqual(['intercepted']);
    expect(inspected.json.next.some(({ command }) => command.includes('NO_PROXY'))).toBe(false);
    await tunnelWorks(inspected, {});
    await isIntercepted({});
  });

  test('with no SSH and no API the verdict is the same, and the printed tunnel works', async () => {
    await redirect({});
    const inspected = await inspect(withoutSsh());
    expect(inspected.exitCode).toBe(8);
    expect(errors(inspected)).toContain('intercepted');
    await tunnelWorks(inspected, {});
  });

  test('where its upstream refuses, that is said as well', async () => {
    await redirect({ mode: 'upstream-refuses' });
    const inspected = await inspect(withSsh());
    expect(inspected.exitCode).toBe(8);
    expect(errors(inspected)).toEqual(['intercepted', 'proxy-cannot-reach-upstream']);
  });

  test('a name that is asked for besides does not turn it into a missing name', async () => {
    await redirect({});
    const inspected = await inspect([...withSsh(), '--san', addresses.server]);
    expect({ code: inspected.exitCode, verdict: inspected.json.verdict }).toEqual({
      code: 8,
      verdict: 'not-the-certificate',
    });
  });
});
