/** Each format that a command offers exists for it: a choice without a report would print nothing, and say nothing of it. */
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import {
  explainReports,
  inspectReports,
  planReports,
  rolloutReports,
  runsReports,
  verifyReports,
} from '../../src/report/index.ts';

const reports: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  explain: explainReports,
  inspect: inspectReports,
  plan: planReports,
  show: planReports,
  apply: rolloutReports,
  rollback: rolloutReports,
  runs: runsReports,
  verify: verifyReports,
};

/** A textfile for a collector, of use as a file alone. */
const filesOnly = new Set(['prometheus']);

const offered = commands.flatMap(({ name, options }) => {
  const choices = options.find(({ flags }) => flags.includes('--format'))?.choices;
  return choices === undefined ? [] : [{ name, choices }];
});

test('every command with formats is looked at here', () => {
  expect(offered.map(({ name }) => name).toSorted()).toEqual(Object.keys(reports).toSorted());
});

test.each(offered)('$name offers the formats that there are', ({ name, choices }) => {
  const made = Object.keys(reports[name] ?? {}).filter((format) => !filesOnly.has(format));
  expect([...choices].toSorted()).toEqual(made.toSorted());
});
