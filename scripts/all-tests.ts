/**
 * `./scripts/test`: builds, checks and runs every test; each stage prints its time, the last line the sum. `--quick` leaves out
 * what takes minutes: real kubeadms, SSH hosts, real clusters, other versions of Node.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { $, type ProcessPromise } from 'zx';
import { cacheFolder, inCache, inTemporaryFolder } from '../test/lab/places.ts';
import { faultsIn } from '../test/support/fault-rows.ts';

const root = path.join(import.meta.dirname, '..');
const results = path.join(root, '.cache', 'results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
$.quiet = true;
$.cwd = root;
// The lab may install what it lacks: whoever runs every test wants the clusters as well.
process.env['FIX_SANS_LAB_INSTALL'] = '1';
// All stages keep what they build in the same place, outside of this checkout.
process.env['FIX_SANS_LAB_CACHE'] = cacheFolder;

let passed = 0;
let failed = 0;
const failures: string[] = [];
const unsteady: string[] = [];

/** One stage: of its output only failures and figures are shown, but for what the long ones print to stderr as they go. */
async function stage(
  name: string,
  run: (files: readonly string[], record: string) => ProcessPromise,
  isLong = false,
): Promise<void> {
  const start = Date.now();
  const tally = await attempt(name, { run: (record) => run([], record), isLong });
  // A machine that others use too may spoil a test once; what fails twice is broken. Which those were is said here and in the last lines.
  const files = [...new Set(failedIn(name).map(({ file }) => file))];
  if (tally.bad > 0 && files.length > 0 && files.length <= 2) {
    const again = `${name}, second try`;
    const second = await attempt(again, { run: (record) => run(files, record), isLong });
    if (second.bad === 0) {
      unsteady.push(...failedIn(name).map(({ what }) => `${name}: ${what}`));
      print(name, start, { good: tally.good + tally.bad, bad: 0 });
      for (const figure of tally.figures) console.log(`     ${figure}`);
      console.log(failuresOf(name, 'passed only at the second try; at the first'));
      return;
    }
  }
  print(name, start, tally);
  for (const figure of tally.figures) console.log(`     ${figure}`);
  if (tally.bad === 0) return;
  // A log of which somebody sees only the start or the end must still name what failed.
  console.log(failuresOf(name, 'failed') || stripVTControlCharacters(tally.output.slice(-20_000)));
  console.log(`     all that it printed: ${path.relative(root, path.join(results, `${name}.log`))}`);
  const names = failedIn(name).map(({ what }) => `${name}: ${what}`);
  failures.push(...(names.length === 0 ? [name] : names));
}

interface Tally {
  readonly good: number;
  readonly bad: number;
}

async function attempt(
  name: string,
  { run, isLong }: { readonly run: (record: string) => ProcessPromise; readonly isLong: boolean },
): Promise<Tally & { readonly output: string; readonly figures: readonly string[] }> {
  const running = run(path.join(results, `${name}.json`));
  if (isLong) running.stderr.pipe(process.stderr);
  const { stdout, stderr, exitCode } = await running;
  const [good, bad] = countsOf(name, exitCode === 0);
  if (bad > 0) writeFileSync(path.join(results, `${name}.log`), `${stdout}${stderr}`);
  const figures = [...`${stdout}\n${stderr}`.matchAll(/^figures: (.+)$/gm)].map(([, figure = '']) =>
    stripVTControlCharacters(figure),
  );
  return { good, bad, output: `${stdout}${isLong ? '' : stderr}`, figures };
}

function print(name: string, start: number, { good, bad }: Tally): void {
  passed += good;
  failed += bad;
  const took = ((Date.now() - start) / 1000).toFixed(1);
  console.log(
    `${bad === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(22)} ${took.padStart(6)} s  ${good} passed, ${bad} failed`,
  );
}

interface Recorded {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function recordOf(name: string): Recorded | undefined {
  const record = path.join(results, `${name}.json`);
  return existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as Recorded) : undefined;
}

/** Each test that did not pass, with the start of what it says; a file that could not be loaded counts as one. */
function failedIn(
  name: string,
): readonly { readonly file: string; readonly what: string; readonly why: string }[] {
  return (recordOf(name)?.testResults ?? []).flatMap((file) => {
    const where = path.relative(root, file.name);
    const tests = file.assertionResults
      .filter(({ status }) => status !== 'passed')
      .map(({ status, fullName, failureMessages }) => ({
        file: where,
        what: `${where} > ${fullName}`,
        why: failureMessages.join('\n') || status,
      }));
    if (tests.length > 0 || file.message === '') return tests;
    return [{ file: where, what: where, why: file.message }];
  });
}

function failuresOf(name: string, verdict: string): string {
  const texts = failedIn(name).map(
    ({ what, why }) => `  × ${what}\n    ${verdict}: ${why.slice(0, 1500).replaceAll('\n', '\n    ')}`,
  );
  return stripVTControlCharacters(texts.join('\n'));
}

/** What vitest wrote down; a stage without a record counts as one test. A run that failed has at least one failure. */
function countsOf(name: string, isGood: boolean): [number, number] {
  const record = recordOf(name);
  if (record === undefined) return isGood ? [1, 0] : [0, 1];
  const { numPassedTests, numFailedTests, numPendingTests } = record;
  // A skipped test hides a gap.
  const bad = numFailedTests + numPendingTests;
  return [numPassedTests, isGood ? bad : Math.max(bad, 1)];
}

/** Of all stages: what was tried of docs/robustness.md in this run, by tests that passed. */
function faultsTried(): string {
  const passing = readdirSync(results)
    // What other versions of Node do is the same once more.
    .filter((file) => file.endsWith('.json') && !file.startsWith('unit on'))
    .flatMap((file) => recordOf(path.basename(file, '.json'))?.testResults ?? [])
    .flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'passed'))
    .map(({ fullName }) => faultsIn(fullName))
    .filter(({ size }) => size > 0);
  const rows = new Set(passing.flatMap((one) => [...one]));
  return `faults: ${rows.size} rows of docs/robustness.md tried, by ${passing.length} tests that passed`;
}

interface How {
  readonly node?: string;
  /** Every property is tried to the full. */
  readonly isThorough?: boolean;
}

function vitest(
  name: string,
  project: string,
  { node = process.execPath, isThorough = false }: How = {},
): Promise<void> {
  const env = { ...process.env, ...(isThorough ? { FIX_SANS_THOROUGH: '1' } : {}) };
  return stage(
    name,
    (files, record) => {
      const reporter = ['--reporter=default', '--reporter=json', `--outputFile.json=${record}`];
      return $({
        nothrow: true,
        env,
      })`${node} node_modules/vitest/vitest.mjs run --config test/vitest.config.ts --project ${project} ${reporter} ${files}`;
    },
    ['kubeadm', 'ssh', 'cluster'].includes(project),
  );
}

/** A Node of another major version, from its npm package; kept between runs. */
async function nodeOf(major: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = path.join(inCache('node'), major);
  if (!existsSync(folder)) {
    await inTemporaryFolder('node', async (unfinished) => {
      await $`npm install --prefix ${unfinished} --no-save --no-audit --no-fund --ignore-scripts ${`${name}@${major}`}`;
      renameSync(unfinished, folder);
    });
  }
  return path.join(folder, 'node_modules', name, 'bin', 'node');
}

async function onOtherNodes(): Promise<void> {
  for (const major of ['22', '24', '26'])
    await vitest(`unit on Node ${major}`, 'unit', { node: await nodeOf(major) });
}

async function whatNeedsPrograms(): Promise<void> {
  for (const project of ['oracle', 'pipelines', 'simulator', 'browser']) await vitest(project, project);
}

const started = Date.now();
await stage('build', () => $({ nothrow: true })`npm run --silent build`);
for (const check of ['format', 'lint', 'types', 'dead']) {
  await stage(check, () => $({ nothrow: true })`npm run --silent ${`check:${check}`}`);
}
// Once with every property tried to the full; other versions of Node take the quick measure.
await vitest('unit', 'unit', { isThorough: true });
// It builds `dist/` anew, which others read.
await vitest('package', 'package');
// The slow ones wait for most of their time.
await Promise.all([vitest('slow', 'slow', { isThorough: true }), whatNeedsPrograms()]);
// It says how many crashes there were, of how many, and by which seed.
await vitest('crash', 'crash');
await vitest('fuzz', 'fuzz');
// Whether the tests notice what they are there for: it says how many changes they missed, and by which seed.
await stage('mutants', () => $({ nothrow: true })`npm run --silent mutate`);
if (!process.argv.includes('--quick')) {
  await vitest('kubeadm', 'kubeadm');
  await vitest('story', 'story');
  await stage('node image', () => $({ nothrow: true })`sh scripts/lab image --install`, true);
  // The SSH hosts wait for most of their time, and the unit tests for nothing.
  await Promise.all([vitest('ssh', 'ssh'), onOtherNodes()]);
  await vitest('clusters', 'cluster');
}
console.log(faultsTried());
console.log(`all stages took ${((Date.now() - started) / 1000).toFixed(0)} s`);
for (const failure of failures) console.log(`  × ${failure}`);
for (const one of unsteady) console.log(`  passed only at the second try: ${one}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
