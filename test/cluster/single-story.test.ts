/** Stories S4 and S5 to their ends on one control plane: what a proxy shows makes apply touch nothing, and a missing outside address is there after one apply. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildModule, kubernetesModule } from '../lab/binaries.ts';
import { kubernetesPins } from '../lab/versions.ts';
import { startInterceptingProxy } from '../support/intercepting-proxy.ts';
import { applyBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { namesIn } from './recipes.ts';

const get = onCluster('single');
const outside = '203.0.113.56';
const live = '/etc/kubernetes/pki/apiserver.crt';
const folder = mkdtempSync(path.join(tmpdir(), 'story-single-'));
const pasted = path.join(folder, 'error.txt');
let program = '';

beforeAll(async () => {
  program = path.join(await buildModule(kubernetesModule(kubernetesPins()), ['kubectl']), 'kubectl');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** admin.conf as people copy it from the control plane and change its server. */
async function copiedConf(host: string): Promise<string> {
  const text = await get().inNode(get().node('cp1'), 'cat /etc/kubernetes/admin.conf');
  const file = path.join(folder, 'admin.conf');
  writeFileSync(file, text.replace(/server: .*/, `server: https://${host}:6443`), { mode: 0o600 });
  return file;
}

interface Told {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function kubectl(
  kubeconfig: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const { exitCode, stdout, stderr } = await execa(program, ['--kubeconfig', kubeconfig, ...words], {
    reject: false,
    extendEnv: false,
    env: { HOME: folder, ...env },
  });
  return { exitCode, stdout, stderr };
}

async function kubeadmConfig(): Promise<string> {
  return get().kubectl(['get', 'configmap', 'kubeadm-config', '-n', 'kube-system', '-o', 'yaml']);
}

/** All that apply ever touches, with times: also what was made and taken away again changes the folder it was in. */
async function everything(): Promise<readonly string[]> {
  const files = await get().inNode(
    get().node('cp1'),
    `find /etc/kubernetes /etc/systemd/system -printf '%p %y %m %u %g %T@\\n' | sort
find /etc/kubernetes -type f -exec sha256sum {} + | sort
find /run -maxdepth 1 -name '*fix-sans*'
stat -c %y /var/lib
ls -d /var/lib/fix-sans 2>&1 || true`,
  );
  return [files, await kubeadmConfig()];
}

test('S4: a proxy answers for the API server; by the pasted error as by the proxy itself apply refuses, and nothing is touched (fault 47)', async () => {
  const cluster = get();
  const node = cluster.node('cp1');
  // Of what was tested here before.
  await cluster.inNode(node, 'rm -rf /var/lib/fix-sans');
  await using proxy = await startInterceptingProxy();
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  const conf = await copiedConf(node.address);
  const error = await kubectl(conf, ['get', 'nodes'], env);
  expect(error.stderr).toContain(
    `cannot validate certificate for ${node.address} because it doesn't contain any IP SANs`,
  );
  writeFileSync(pasted, error.stderr);
  const before = await everything();

  const login = ['--node', `ssh://root@${node.address}`];
  const byError = await applyBySsh(cluster, {
    nodes: login,
    options: ['--from-error', pasted, '--yes-names', '--yes'],
  });
  const byProxy = await applyBySsh(cluster, {
    nodes: [...login, '--kubeconfig', conf],
    options: ['--yes'],
    env,
  });
  for (const { code, rollout, stderr } of [byError, byProxy]) {
    expect({ code, states: rollout.nodes.map(({ state }) => state) }, stderr).toEqual({
      code: 8,
      states: ['nothing'],
    });
    expect(rollout.events.map(({ event }) => event)).toEqual(['ended']);
  }
  expect(await everything()).toEqual(before);
  expect(before[0]).toContain("cannot access '/var/lib/fix-sans'");
});

test('S5: the error pasted, one apply, and kubectl works by the outside address', async () => {
  const cluster = get();
  const node = cluster.node('cp1');
  const conf = await copiedConf(outside);
  const error = await kubectl(conf, ['cluster-info']);
  expect(error.exitCode).toBe(1);
  expect(error.stderr).toContain(`not ${outside}`);
  writeFileSync(pasted, error.stderr);
  const names = (await cluster.inNode(node, namesIn(live))).trim().split(', ');

  const { code, rollout, stderr } = await applyBySsh(cluster, {
    options: ['--from-error', pasted, '--yes-names', '--yes'],
  });
  expect({ code, states: rollout.nodes.map(({ state }) => state) }, stderr).toEqual({
    code: 0,
    states: ['done'],
  });
  for (const { handshakes, failed } of rollout.probe.endpoints)
    expect({ isSeen: handshakes > 0, failed }).toEqual({ isSeen: true, failed: 0 });

  const works = await kubectl(conf, ['cluster-info']);
  expect(works).toMatchObject({ exitCode: 0, stderr: '' });
  expect(works.stdout).toContain(`https://${outside}:6443`);
  const after = (await cluster.inNode(node, namesIn(live))).trim().split(', ');
  expect(after.toSorted()).toEqual([...names, `IP Address:${outside}`].toSorted());
  expect(await kubeadmConfig()).toContain(outside);
});
