/** `npm run bench [-- PART…]`: the figures that the README promises, measured on this machine; all parts unless some are named. */
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

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; the parts are ${Object.keys(parts).join(', ')}`);
  process.exitCode = 64;
} else {
  for (const [name, part] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.log(`\n${name}`);
    await part();
  }
}
