/**
 * `npm run mutate`: changes the most dangerous files in every small way, and fails where no test notices and nobody has explained why.
 * `npm run mutate -- src/plan/order.ts test/plan/order.test.ts` does it for other files; without tests, with all quick ones of their rooms.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { $ } from 'zx';
import { explained } from '../test/mutants/explained.ts';
import { type MutantSet, sets } from '../test/mutants/sets.ts';
import { compare, readReport, type StrykerReport, type Told } from '../test/mutants/survivors.ts';
import { seed } from '../test/support/seed.ts';

const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, '.cache', 'mutants');
mkdirSync(folder, { recursive: true });
$.quiet = true;
$.cwd = root;

/** Of `src/plan/order.ts`: the tests below test/plan/ that need no waiting. */
function testsOf(files: readonly string[]): readonly string[] {
  const rooms = new Set(files.map((file) => file.split('/')[1] ?? ''));
  return [...rooms].flatMap((room) =>
    readdirSync(path.join(root, 'test', room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.slow.test.ts'))
      .map((file) => `test/${room}/${file}`),
  );
}

function chosen(args: readonly string[]): readonly MutantSet[] {
  const files = args.filter((one) => one.startsWith('src/'));
  const tests = args.filter((one) => one.startsWith('test/'));
  const named = sets.filter(({ name }) => args.includes(name));
  if (args.length === 0) return sets;
  if (files.length === 0) return named;
  return [{ name: 'chosen', files, tests: tests.length > 0 ? tests : testsOf(files) }];
}

async function mutate({ name, files, tests }: MutantSet): Promise<Told> {
  const report = path.join(folder, `${name}.json`);
  rmSync(report, { force: true });
  const settings = path.join(folder, `${name}.stryker.json`);
  const options = {
    mutate: files,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'test/mutants/vitest.config.ts' },
    reporters: ['json'],
    jsonReporter: { fileName: report },
    // More would each need a gigabyte; fewer where somebody else is at work on the machine.
    concurrency: Number(process.env['FIX_SANS_MUTANT_WORKERS'] ?? Math.min(2, availableParallelism())),
    tempDirName: path.join(folder, 'sandbox'),
    ignorePatterns: ['/docs', '/dist', '/kind-configs', '/playbooks', '.cache'],
    // It would be rewritten by the API of TypeScript, which TypeScript 7 does not have; tests do not read it.
    tsconfigFile: 'none',
    disableTypeChecks: false,
    // What a mutant changes once for all, when its file is loaded, is tried with every test of the set.
    ignoreStatic: false,
    warnings: false,
    // What never ends is counted as noticed, so a machine that others use too must not look like it.
    timeoutMS: 30_000,
  };
  writeFileSync(settings, JSON.stringify(options));
  const { exitCode, stdout, stderr } = await $({
    nothrow: true,
    env: { ...process.env, FIX_SANS_MUTANT_TESTS: tests.join(' '), FIX_SANS_SEED: String(seed) },
  })`node_modules/.bin/stryker run ${settings}`;
  rmSync(path.join(folder, 'sandbox'), { recursive: true, force: true });
  if (exitCode !== 0) throw new Error(`stryker ended with ${exitCode}\n${stdout}${stderr}`);
  return readReport(JSON.parse(readFileSync(report, 'utf8')) as StrykerReport);
}

const all = chosen(process.argv.slice(2));
const told: Told[] = [];
for (const set of all) {
  const started = Date.now();
  const one = await mutate(set);
  told.push(one);
  const took = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`${set.name}: ${one.mutants} mutants, ${one.survived.length} survived, ${took} s`);
}
const files = all.flatMap((set) => set.files);
const survived = told.flatMap((one) => one.survived);
const { unexplained, stale } = compare(survived, explained, files);
for (const { at, line, mutator, replacement } of unexplained)
  console.log(`survived: ${at} ${mutator}\n  - ${line}\n  + ${replacement}`);
for (const { file, line } of stale) console.log(`explained, and killed now: ${file}: ${line}`);
const sum = (of: (one: Told) => number): number => told.reduce((total, one) => total + of(one), 0);
console.log(
  `figures: ${sum((one) => one.mutants)} mutants, ${sum((one) => one.killed)} killed (${sum((one) => one.endless)} by never ending), ${survived.length} survived, ${survived.length - unexplained.length} of them explained, ${sum((one) => one.broken)} not runnable, seed ${seed}, ${files.length} files`,
);
process.exitCode = unexplained.length + stale.length === 0 ? 0 : 1;
