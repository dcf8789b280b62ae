/** What is counted as noticed and what is not; and that the list of explanations can neither hide a new mutant nor outlive an old one. */
import { expect, test } from 'vitest';
import { explained } from './explained.ts';
import { sets } from './sets.ts';
import { compare, type Explained, keyOf, readReport, type StrykerReport } from './survivors.ts';

const file = 'src/plan/order.ts';

type Mutants = StrykerReport['files'][string]['mutants'];

function report(...mutants: readonly Partial<Mutants[number]>[]): StrykerReport {
  const usual = {
    mutatorName: 'BooleanLiteral',
    replacement: 'false',
    location: { start: { line: 2, column: 5 } },
  };
  const all = mutants.map((one) => ({ ...usual, status: 'Survived', ...one }));
  return { files: { [file]: { source: 'first\n  let a = true;\n', mutants: all } } };
}

const place = { file, line: 'let a = true;', mutator: 'BooleanLiteral', replacement: 'false' };

test('a mutant that a test fails for, or that never ends, is killed; one that no test runs has survived', () => {
  const told = readReport(
    report(
      { status: 'Killed' },
      { status: 'Timeout' },
      { status: 'Survived', testsCompleted: 3 },
      { status: 'NoCoverage' },
      { status: 'CompileError' },
      { status: 'RuntimeError' },
    ),
  );
  expect(told).toEqual({
    mutants: 6,
    killed: 2,
    endless: 1,
    broken: 2,
    survived: [0, 1].map(() => ({ at: `${file}:2:5`, ...place })),
  });
});

test('a file that cannot even be loaded is noticed; a mutant for which no test was chosen is not', () => {
  const told = readReport(
    report({ static: true, testsCompleted: 0 }, { testsCompleted: 0 }, { static: true }),
  );
  expect([told.killed, told.survived.length]).toEqual([1, 2]);
});

test('a block is told in one line, and not without end', () => {
  const [one] = readReport(report({ replacement: `{\n  a;\n}${'x'.repeat(300)}` })).survived;
  expect(one?.replacement).toBe(`{ a; }${'x'.repeat(154)}`);
});

test('it is explained wherever its line has moved to, and not once the line is another', () => {
  const { survived } = readReport(report({}));
  const known: Explained = { ...place, why: 'x' };
  expect(compare(survived, [known], [file])).toEqual({ unexplained: [], stale: [] });
  const moved = survived.map((one) => ({ ...one, at: `${file}:99:1` }));
  expect(compare(moved, [known], [file]).unexplained).toEqual([]);
  for (const change of [{ line: 'let b = true;' }, { replacement: 'null' }, { mutator: 'X' }, { file: 'y' }])
    expect(compare(survived, [{ ...known, ...change }], [file])).toMatchObject({ unexplained: survived });
});

test('an explanation of what is killed by now is stale, but only where its file was mutated', () => {
  const known: Explained = { ...place, why: 'x' };
  expect(compare([], [known], [file]).stale).toEqual([known]);
  expect(compare([], [known], ['src/plan/bound.ts']).stale).toEqual([]);
});

test('each explanation is of a file that is mutated, stands once, and says why', () => {
  const files = sets.flatMap((set) => set.files);
  for (const one of explained) {
    expect(files).toContain(one.file);
    expect(one.why).toMatch(/^[a-z].{20,}$/);
  }
  expect(new Set(explained.map(keyOf)).size).toBe(explained.length);
});
