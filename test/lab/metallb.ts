/** Installs the real MetalLB in layer 2 mode, built from its module: the victim of story S1, and who gives the VIP of S3. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildModule, metallbModule, moduleFolder } from './binaries.ts';
import type { Kubectl } from './kubectl.ts';
import { loadImages } from './load-images.ts';
import { programImage } from './program-image.ts';
import { run, step } from './run.ts';
import { type LabNode, networkName } from './state.ts';
import { versions } from './versions.ts';

/** Returns the addresses that it may give: of the cluster's network, far from those that Docker gives. */
export async function installMetallb(nodes: readonly LabNode[], kubectl: Kubectl): Promise<string> {
  const folder = await buildModule(metallbModule);
  await step('MetalLB images', async () => {
    const images = await Promise.all(
      ['controller', 'speaker'].map((name) =>
        programImage(path.join(folder, name), `quay.io/metallb/${name}:${versions.metallb}`),
      ),
    );
    await loadImages(
      nodes,
      images.map(({ image }) => image),
    );
  });
  const manifest = path.join(await moduleFolder(metallbModule), 'config/manifests/metallb-native.yaml');
  const pool = await freeRange();
  await step('MetalLB', async () => {
    await kubectl(['apply', '--server-side', '--filename', '-'], readFileSync(manifest, 'utf8'));
    for (const one of ['deployment/controller', 'daemonset/speaker']) {
      await kubectl(['--namespace', 'metallb-system', 'rollout', 'status', one, '--timeout', '180s']);
    }
    await applyPool(kubectl, pool);
  });
  return pool;
}

async function applyPool(kubectl: Kubectl, pool: string): Promise<void> {
  const metadata = { name: 'lab', namespace: 'metallb-system' };
  const manifest = {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata, spec: { addresses: [pool] } },
      { apiVersion: 'metallb.io/v1beta1', kind: 'L2Advertisement', metadata },
    ],
  };
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await kubectl(['apply', '--filename', '-'], JSON.stringify(manifest));
      return;
    } catch (error) {
      // Its webhook answers a moment after its pod is ready.
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}

/** Docker gives addresses from the bottom of a network; these are fifty from its top. */
async function freeRange(): Promise<string> {
  const format = '{{range .IPAM.Config}}{{.Subnet}} {{end}}';
  const { stdout } = await run`docker network inspect --format ${format} ${networkName()}`;
  const subnet = stdout.split(' ').find((one) => one.includes('.')) ?? '';
  const [base = '', bits = '16'] = subnet.split('/');
  const first = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = first + 2 ** (32 - Number(bits)) - 1;
  return `${dotted(last - 55)}-${dotted(last - 6)}`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
