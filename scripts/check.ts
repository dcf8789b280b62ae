/** `npm run check`: format, lint, types, dead code and unit tests at once, each with its time; what failed is printed in full. */
import { $ } from 'zx';

$.verbose = false;
const started = Date.now();
const checks = ['format', 'lint', 'types', 'dead', 'unit'];

const failed = await Promise.all(
  checks.map(async (check) => {
    const start = Date.now();
    const result = await $({ nothrow: true })`npm run --silent check:${check} 2>&1`;
    const took = `${((Date.now() - start) / 1000).toFixed(1)} s`;
    console.log(`${result.exitCode === 0 ? 'ok  ' : 'FAIL'} ${check.padEnd(8)} ${took}`);
    return result.exitCode === 0 ? undefined : { check, output: result.stdout };
  }),
);

for (const failure of failed) {
  if (failure) console.log(`\n---- ${failure.check} ----\n${failure.output}`);
}
console.log(`check took ${((Date.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = failed.some(Boolean) ? 1 : 0;
