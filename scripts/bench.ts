/** `npm run bench [-- PART…]`: the figures that the README promises, measured on this machine; all parts but those that make a cluster, unless some are named. */
import { benchCluster } from './bench-cluster.ts';
import { benchClusterPlan } from './bench-cluster-plan.ts';
import { benchExplain } from './bench-explain.ts';
import { benchFleet } from './bench-fleet.ts';
import { benchLogins } from './bench-logins.ts';
import { benchPlan } from './bench-plan.ts';
import { benchTrips } from './bench-trips.ts';

const parts: Readonly<Record<string, () => Promise<void>>> = {
  explain: benchExplain,
  logins: benchLogins,
  trips: benchTrips,
  fleet: benchFleet,
  plan: benchPlan,
};

const onClusters: Readonly<Record<string, () => Promise<void>>> = {
  'cluster-plan': benchClusterPlan,
  cluster: benchCluster,
};

const all = { ...parts, ...onClusters };
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in all));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; the parts are ${Object.keys(all).join(', ')}`);
  process.exitCode = 64;
} else {
  for (const [name, part] of Object.entries(asked.length > 0 ? all : parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.log(`\n${name}`);
    await part();
  }
}
