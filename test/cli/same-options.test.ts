/** What is printed to be typed next holds the options of this run, so that it works as it stands. */
import { expect, test } from 'vitest';
import type { Options } from '../../src/cli/command.ts';
import { typedBy } from '../../src/cli/same-options.ts';

const options: Options = {
  node: ['ops@10.0.0.11', 'ops@10.0.0.12'],
  kubeconfig: '/home/me/my config',
  workers: true,
  san: ['api.example'],
  acceptUninspected: true,
  connectTimeout: '10s',
  timeout: '5s',
  format: 'text',
  out: 'plan.json',
  report: ['html=x.html'],
  quiet: true,
};
const nodes = "--node ops@10.0.0.11 --node ops@10.0.0.12 --kubeconfig '/home/me/my config' --workers";

test('plan after plan: nodes, the way to them, names and what was accepted; no output, and nothing that is usual', () => {
  expect(typedBy(options, 'plan', {})('fix-sans plan --write')).toBe(
    `fix-sans plan --write ${nodes} --timeout 5s --san api.example --accept-uninspected`,
  );
});

test('verify after plan, and plan after verify: the names stand in the command', () => {
  expect(typedBy(options, 'plan', {})('fix-sans verify --san a')).toBe(
    `fix-sans verify --san a ${nodes} --timeout 5s`,
  );
  expect(typedBy(options, 'verify', { called: 'npx fix-sans' })('fix-sans plan --san a')).toBe(
    `npx fix-sans plan --san a ${nodes} --timeout 5s`,
  );
});

test.each<[string, Options, 'plan' | 'show']>([
  ['a plan from a file, whose options are not known', options, 'show'],
  ['an error that came through a pipe', { ...options, fromError: '-' }, 'plan'],
  ['what a terminal would obey', { node: ['a\u001b[2J'] }, 'plan'],
  ['more than anybody pastes', { node: Array.from({ length: 300 }, (_, at) => `ops@10.0.0.${at}`) }, 'plan'],
])('%s: the command as it is', (_, given, from) => {
  expect(typedBy(given, from, { called: 'npx fix-sans' })('fix-sans plan --write')).toBe(
    'npx fix-sans plan --write',
  );
});

test('no value becomes more than one word of a shell', () => {
  const given = { node: ["a'; id; '", '$(id)'], kubeconfig: '-x' };
  expect(typedBy(given, 'verify', {})('fix-sans plan')).toBe(
    String.raw`fix-sans plan --node 'a'\''; id; '\''' --node '$(id)' '--kubeconfig=-x'`,
  );
});

test('after a run: how it was done is done again, but for what was left for later, asked or written', () => {
  const given: Options = {
    ...options,
    plan: 'plan.json',
    only: 'cp1',
    csrDir: 'x',
    signedCert: ['cp1.crt'],
    fromError: '-',
    yes: true,
    write: true,
    remove: ['old.example'],
    settle: '60s',
    deadMan: '9m',
    preNode: './window',
  };
  const typed = (command: string) => typedBy(given, 'apply', {})(`fix-sans ${command}`);
  const way = `${nodes} --timeout 5s`;
  const run = '--dead-man 9m --pre-node ./window';
  expect(typed('apply --san a')).toBe(
    `fix-sans apply --san a ${way} --remove old.example --accept-uninspected --write ${run}`,
  );
  expect(typed('rollback RUN')).toBe(`fix-sans rollback RUN ${way} ${run}`);
  expect(typed('verify --san a')).toBe(`fix-sans verify --san a ${way}`);
  expect(typedBy(given, 'runs', {})('fix-sans runs')).toBe(`fix-sans runs ${way}`);
});
