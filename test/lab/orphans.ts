/** Removes the clusters of checkouts that are gone: one that was thrown away, as a CI's is, cannot take its clusters down. */
import { forgetCheckout, goneCheckouts } from './places.ts';
import { say, tidy } from './run.ts';
import { networkName } from './state.ts';

export async function removeOrphans(): Promise<void> {
  for (const checkout of goneCheckouts()) {
    const { stdout } =
      await tidy`docker ps --all --filter label=io.x-k8s.kind.cluster --format ${'{{.Names}} {{.Label "io.x-k8s.kind.cluster"}}'}`;
    const names = stdout
      .split('\n')
      .map((line) => line.split(' '))
      .flatMap(([name = '', cluster = '']) => (cluster.endsWith(`-${checkout}`) ? [name] : []));
    if (names.length > 0) say(`removing ${names.join(', ')}: their checkout is gone`);
    if (names.length > 0) await tidy`docker rm --force --volumes ${names}`;
    await tidy`docker network rm ${networkName(checkout)}`;
    forgetCheckout(checkout);
  }
}
