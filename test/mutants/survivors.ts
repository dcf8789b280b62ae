/** Reads what Stryker reports, and puts what survived beside what was explained. */

/** A mutant, told so that it is found again when lines move. */
export interface Mutant {
  readonly file: string;
  /** The line in which it begins, without blanks around it. */
  readonly line: string;
  readonly mutator: string;
  readonly replacement: string;
}

export interface Explained extends Mutant {
  readonly why: string;
}

/** https://github.com/stryker-mutator/mutation-testing-elements/tree/master/packages/report-schema */
export interface StrykerReport {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly status: string;
          /** It is in place while the file is loaded, and every test is run. */
          readonly static?: boolean;
          readonly testsCompleted?: number;
          readonly location: { readonly start: { readonly line: number; readonly column: number } };
        }[];
      }
    >
  >;
}

export interface Place extends Mutant {
  /** `src/model/san.ts:12:4` */
  readonly at: string;
}

export interface Told {
  readonly mutants: number;
  readonly killed: number;
  /** Of those that were killed: how many by never coming to an end. */
  readonly endless: number;
  readonly survived: readonly Place[];
  /** Neither: the mutated file could not be run at all. */
  readonly broken: number;
}

export function readReport({ files }: StrykerReport): Told {
  let [mutants, killed, endless, broken] = [0, 0, 0, 0];
  const survived: Place[] = [];
  for (const [file, { source, mutants: all }] of Object.entries(files)) {
    const lines = source.split('\n');
    for (const one of all) {
      const { mutatorName: mutator, replacement = '', status, location } = one;
      const { line, column } = location.start;
      mutants += 1;
      if (status === 'Killed' || isUnloadable(one)) killed += 1;
      else if (status === 'Timeout') {
        killed += 1;
        endless += 1;
      } else if (status === 'Survived' || status === 'NoCoverage')
        survived.push({
          at: `${file}:${line}:${column}`,
          file,
          line: (lines[line - 1] ?? '').trim(),
          mutator,
          replacement: short(replacement),
        });
      else broken += 1;
    }
  }
  return { mutants, killed, endless, survived, broken };
}

/** Not one test came to its end, since the file threw when it was loaded: Stryker sees no test that failed, and calls it survived. */
function isUnloadable(mutant: StrykerReport['files'][string]['mutants'][number]): boolean {
  return mutant.status === 'Survived' && mutant.static === true && mutant.testsCompleted === 0;
}

/** A whole block in one line. */
function short(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 160);
}

export function keyOf({ file, line, mutator, replacement }: Mutant): string {
  return JSON.stringify([file, line, mutator, replacement]);
}

/** `stale` are explanations of what is killed by now, or is no longer there, in the files that were mutated. */
export function compare(
  survived: readonly Place[],
  explained: readonly Explained[],
  files: readonly string[],
): { readonly unexplained: readonly Place[]; readonly stale: readonly Explained[] } {
  const known = new Set(explained.map(keyOf));
  const alive = new Set(survived.map(keyOf));
  return {
    unexplained: survived.filter((one) => !known.has(keyOf(one))),
    stale: explained.filter((one) => files.includes(one.file) && !alive.has(keyOf(one))),
  };
}
