/** The demo's stage on real Kubernetes: the lab's cluster `ha`, and one more address on the HAProxy before it, as somebody adds who forgets the certificates. */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import type { LabCluster } from '../test/lab/handle.ts';
import { ensureCommands } from '../test/lab/install.ts';
import { interrupt, run, say, tidy, troubleOf } from '../test/lab/run.ts';
import { firstNode, type LabNode } from '../test/lab/state.ts';
import { Trouble as LabTrouble } from '../test/lab/trouble.ts';
import type { Stage, Trouble } from './demo-stage.ts';
import { onCluster } from './on-cluster.ts';

const port = 6443;

export async function onKind(
  { keep, install }: { readonly keep: boolean; readonly install: boolean },
  story: (stage: Stage) => Promise<void>,
): Promise<void> {
  // While the story is told a first signal ends what it does, and all is put back; what makes and puts back a cluster ends at the next.
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  let isTold = false;
  const heard = (): void => {
    if (isTold && !stop.signal.aborted) stop.abort(new LabTrouble('stopped', 'run this again'));
    else interrupt();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, heard);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-demo-'));
  try {
    await ensureCommands(networkCommands, { install, say });
    await onCluster(
      async (cluster) => {
        await using stage = await stageOn(cluster, { folder, keep, stop: stop.signal });
        isTold = true;
        await story(stage);
        isTold = false;
      },
      { keep, ...(install ? { install } : {}) },
    );
  } catch (error) {
    const said = stop.signal.aborted ? stop.signal.reason : troubleOf(error, 'the demo');
    if (!(said instanceof LabTrouble)) throw error;
    console.error(`demo: ${said.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const networkCommands = [
  { command: 'ip', package: 'iproute2', purpose: 'gives the load balancer one more address' },
  { command: 'nsenter', package: 'util-linux', purpose: 'does it in the network of its container' },
] as const;

interface Play {
  readonly folder: string;
  readonly keep: boolean;
  readonly stop: AbortSignal;
}

async function stageOn(cluster: LabCluster, { folder, keep, stop }: Play): Promise<Stage & AsyncDisposable> {
  const first = firstNode(cluster);
  const host = first.address.replace(/\d+$/, '250');
  const balancer = await containerAt(cluster.loadBalancer);
  await forgetRuns(cluster);
  await giveAddress(balancer, host);
  const config = path.join(folder, 'fix-sans.yaml');
  writeFileSync(config, configText(cluster, `${host}:${port}`));
  const { clusters = [] } = parse(cluster.kubeconfigText()) as {
    clusters?: { cluster: Record<string, string> }[];
  };
  const ca = Buffer.from(clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64').toString();
  return {
    opening: `Three control planes of real Kubernetes and a worker, in Docker; and ${host}:${port}, a second address of the HAProxy before them.`,
    closing: keep
      ? 'The cluster is still there: scripts/lab kubectl --cluster ha get nodes; and scripts/lab down ha takes it away.'
      : 'A cluster that was made for this is taken away again; one that was up stays, with its certificates as they were.',
    endpoint: `${host}:${port}`,
    ca,
    where: ['--config', config, '--ssh-config', 'none'],
    pace: ['--look-every', '300ms'],
    folder,
    doors: { stop: () => stop },
    trouble: diskFills(cluster),
    call: async () => {
      stop.throwIfAborted();
      const typed = `kubectl --server https://${host}:${port} get nodes`;
      const { exitCode, stdout, stderr } = await cluster.tryInNode(
        first,
        `${typed} --kubeconfig /etc/kubernetes/admin.conf --request-timeout=8s 2>&1`,
      );
      const said = `${stdout}${stderr}`.trim();
      return [typed, exitCode === 0 ? said : (said.split('\n').at(-1) ?? '')];
    },
    refused: /x509: certificate is valid for .*, not /,
    [Symbol.asyncDispose]: async () => {
      if (keep) return;
      // A way back that still waits would undo what is restored.
      await forgetRuns(cluster);
      await cluster.restore();
      await takeAddress(balancer, host);
    },
  };
}

/** The lab knows where it listens, and not what it is called. */
async function containerAt(address: string | undefined): Promise<string> {
  const { stdout } =
    await run`docker ps --filter label=io.x-k8s.kind.role=external-load-balancer --format {{.Names}}`;
  for (const name of stdout.split('\n').filter(Boolean)) {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    if ((await run`docker inspect --format ${format} ${name}`).stdout.trim() === address) return name;
  }
  throw new LabTrouble(
    'the load balancer of the cluster is not there',
    'scripts/lab down ha, and this again',
  );
}

/** In the network of the container, by programs of this machine: its own image has none. */
async function giveAddress(container: string, host: string): Promise<void> {
  const { stdout } = await run`docker inspect --format {{.State.Pid}} ${container}`;
  await run`nsenter --target ${stdout.trim()} --net ip address replace ${`${host}/32`} dev eth0`;
}

/** Whatever has become of the container. */
async function takeAddress(container: string, host: string): Promise<void> {
  const { stdout } = await tidy`docker inspect --format {{.State.Pid}} ${container}`;
  await tidy`nsenter --target ${stdout.trim()} --net ip address del ${`${host}/32`} dev eth0`;
}

/** By name it comes second, since the one through which the API is read comes last. */
function diskFills(cluster: LabCluster): Trouble {
  const node: LabNode = cluster.node('cp3');
  let isFull = false;
  return {
    what: `the disk of ${node.name} fills up in the middle`,
    options: [],
    begin: async () => {
      await cluster.inNode(
        node,
        'mkdir -p /var/lib/fix-sans && mount -t tmpfs -o size=1m,mode=0700 tmpfs /var/lib/fix-sans',
      );
    },
    // At once, before the run goes on.
    onTalk: (line) => {
      if (isFull || !line.includes(`${node.name}: the new pair is in place`)) return;
      isFull = true;
      const fill = 'dd if=/dev/zero of=/var/lib/fix-sans/full bs=4k 2>/dev/null || true';
      execFileSync('docker', ['exec', node.name, 'sh', '-c', fill]);
    },
    end: async () => {
      await cluster.tryInNode(node, 'umount -l /var/lib/fix-sans');
    },
  };
}

async function forgetRuns(cluster: LabCluster): Promise<void> {
  await Promise.all(
    cluster.controlPlanes.map((node) =>
      cluster.inNode(
        node,
        `rm -rf /var/lib/fix-sans
systemctl stop 'fix-sans-undo-*' 2>/dev/null || true
rm -f /etc/systemd/system/fix-sans-undo.service /etc/systemd/system/kubelet.service.wants/fix-sans-undo.service
`,
      ),
    ),
  );
}

function configText(cluster: LabCluster, endpoint: string): string {
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), 'root');
  return JSON.stringify({
    formatVersion: 1,
    ssh: { identityFiles: [privateKeyFile], knownHostsFiles: [knownHostsFile] },
    clusters: {
      demo: {
        nodes: cluster.controlPlanes.map(({ name, address }) => ({ target: `ssh://root@${address}`, name })),
        endpoints: [endpoint],
      },
    },
  });
}
