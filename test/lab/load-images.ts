/** Puts images of this machine's Docker into the nodes' containerd, so that nothing in a cluster has to be pulled. */
import { run, tidy } from './run.ts';
import type { LabNode } from './state.ts';

export async function loadImages(nodes: readonly LabNode[], images: readonly string[]): Promise<void> {
  await Promise.all(
    nodes.map(async ({ name }) => {
      const present = await tidy`docker exec ${name} ctr --namespace k8s.io images list --quiet`;
      const missing = images.filter(
        (image) => !present.stdout.split('\n').some((line) => line.endsWith(image)),
      );
      if (missing.length === 0) return;
      await run`docker save ${missing} | docker exec --interactive ${name} ctr --namespace k8s.io images import -`;
    }),
  );
}
