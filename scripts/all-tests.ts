/**
 * `./scripts/test`: builds, checks and runs the tests; each stage prints its time, the last line the sum. `--lab` adds those
 * that need Docker: SSH hosts and real clusters.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { $ } from 'zx';

const root = path.join(import.meta.dirname, '..');
const cache = path.join(root, '.cache');
const results = path.join(cache, 'results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
$.verbose = false;
$.cwd = root;
// The lab may install what it needs: Docker, debootstrap.
process.env['FIX_SANS_LAB_INSTALL'] = '1';

let passed = 0;
let failed = 0;

/** One stage: its output is shown only when it fails, but for the figures that some print to stderr. */
async function stage(
  name: string,
  run: () => Promise<{ exitCode: number | null; stdout: string; stderr: string }>,
  hasFigures = false,
): Promise<void> {
  const start = Date.now();
  const result = await run();
  const [good, bad] = countsOf(name, result.exitCode === 0);
  passed += good;
  failed += bad;
  const took = ((Date.now() - start) / 1000).toFixed(1);
  console.log(
    `${bad === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(22)} ${took.padStart(6)} s  ${good} passed, ${bad} failed`,
  );
  if (bad > 0) console.log(`${result.stdout}${result.stderr}`);
  else if (hasFigures) console.log(result.stderr.trimEnd());
}

/** What vitest wrote down; a stage without a record counts as one test. A run that failed has at least one failure. */
function countsOf(name: string, isGood: boolean): [number, number] {
  const record = path.join(results, `${name}.json`);
  if (!existsSync(record)) return isGood ? [1, 0] : [0, 1];
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(record, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
  };
  // A skipped test hides a gap.
  const bad = numFailedTests + numPendingTests;
  return [numPassedTests, isGood ? bad : Math.max(bad, 1)];
}

function vitest(name: string, project: string, node = process.execPath): Promise<void> {
  return stage(
    name,
    () => {
      const reporter = [
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${path.join(results, `${name}.json`)}`,
      ];
      return $({
        nothrow: true,
      })`${node} node_modules/vitest/vitest.mjs run --config test/vitest.config.ts --project ${project} ${reporter}`;
    },
    project === 'cluster',
  );
}

/** A Node of another major version, from its npm package; kept between runs. */
async function nodeOf(major: string): Promise<string> {
  const folder = path.join(cache, `node-${major}`);
  const name = `node-${process.platform}-${process.arch}`;
  const binary = path.join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    await $`npm install --prefix ${folder} --no-save --no-audit --no-fund --ignore-scripts ${`${name}@${major}`}`;
  }
  return binary;
}

const started = Date.now();
// The lab may install what it lacks: whoever runs every test wants the clusters as well.
process.env['FIX_SANS_LAB_INSTALL'] = '1';
await stage('build', () => $({ nothrow: true })`npm run --silent build`);
for (const check of ['format', 'lint', 'types', 'dead']) {
  await stage(check, () => $({ nothrow: true })`npm run --silent ${`check:${check}`}`);
}
await vitest('unit', 'unit');
await vitest('oracle', 'oracle');
await vitest('package', 'package');
await vitest('simulator', 'simulator');
await vitest('browser', 'browser');
if (process.argv.includes('--lab')) {
  await vitest('kubeadm', 'kubeadm');
  await vitest('ssh', 'ssh');
  await vitest('story', 'story');
  await stage('node image', () => $({ nothrow: true })`sh scripts/lab image --install`, true);
  await vitest('clusters', 'cluster');
}
for (const major of ['22', '24', '26']) await vitest(`unit on Node ${major}`, 'unit', await nodeOf(major));
console.log(`all stages took ${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
