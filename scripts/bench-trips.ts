/** Round trips of one login and one command on a real sshd, counted by a wire on which each takes 100 ms. */
import { bundleClient } from './bench-bundle.ts';
import { machine, row } from './bench-output.ts';
import { startBenchSshd } from './bench-sshd.ts';
import type { Trips, TripsTask } from './bench-trips-client.ts';

export async function benchTrips(): Promise<void> {
  const client = await bundleClient('trips-client');
  await using sshd = await startBenchSshd(1);
  console.log('one login and one command by ssh2, the shortest of seven, less the shortest without the wire');
  console.log(`${machine()}\n`);
  const task: TripsTask = { sshConfig: sshd.sshConfig, to: sshd.addresses[0] ?? '', runs: 7 };
  const { stdout } = await sshd.timed([process.execPath, client, JSON.stringify(task)]);
  const { near, far, inspection, withProbes } = JSON.parse(stdout) as Trips;
  const trips = (far - near) / 100;
  row(
    `login and exec (${far.toFixed(0)} ms, ${near.toFixed(0)} ms without the wire)`,
    `${trips.toFixed(1)} round trips`,
    'at most 9',
    trips <= 9,
  );
  const more = (withProbes - inspection) / 100;
  row(
    `  inspection (${inspection.toFixed(0)} ms) with three handshakes as far away`,
    `${more < 0 ? '' : '+'}${more.toFixed(1)} round trips`,
    'they overlap: at most 1 more',
    more <= 1,
  );
}
