/** Every text that a node's shell is given, read by each of the shells that /bin/sh is somewhere: dash, bash, and busybox where it is there. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { steps } from '../../src/apply/steps.ts';
import { undoScript } from '../../src/apply/transaction.ts';
import { factsQuery } from '../../src/inspect/node/facts-script.ts';
import { runsQuery } from '../../src/inspect/runs/runs-script.ts';
import { clusterQuery } from '../../src/inspect/verify/cluster-script.ts';
import { verifyQuery } from '../../src/inspect/verify/verify-script.ts';
import { makePod, removePod, watchPod } from '../../src/probe-pods/script.ts';
import { composeHelper, composeScript } from '../../src/reach/prelude.ts';
import { signInScratch } from '../../src/rehearse/script.ts';

const queries = [factsQuery, runsQuery, clusterQuery, verifyQuery];
const asked = [...steps, ...queries, signInScratch, makePod, watchPod, removePod];
const nonce = 'feedfacefeedfacefeedfacefeedface';
const texts: readonly (readonly [name: string, text: string])[] = [
  ...asked.map(({ name, script }) => [name, composeScript({ script, nonce })] as const),
  ['undo.sh', undoScript],
  ['helper', composeHelper(factsQuery.script)],
];

const shells = [
  ['dash', '-n'],
  ['bash', '--posix', '-n'],
  ['bash', '-n'],
  ['busybox', 'sh', '-n'],
].filter(([program = '']) => spawnSync(program, ['-c', ':']).error === undefined);

test('dash and bash are there', () => {
  expect(shells.map(([program]) => program)).toEqual(expect.arrayContaining(['dash', 'bash']));
});

test.each(shells.map((words) => [words.join(' '), words] as const))('%s reads all of them', (_, words) => {
  const [program = '', ...flags] = words;
  const faults = texts.flatMap(([name, input]) => {
    const { status, stderr } = spawnSync(program, flags, { input, encoding: 'utf8' });
    return status === 0 && stderr === '' ? [] : [`${name}: ${stderr}`];
  });
  expect(faults).toEqual([]);
});

test.each(texts)(
  '%s has no text of several lines in $( ), which bash before 5.2 reads by other rules',
  (_, text) => {
    expect(heredocsInSubstitution(text)).toEqual([]);
  },
);

/** By parentheses alone: what is in quotes may count too often, which is looked at then. */
function heredocsInSubstitution(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  for (const line of text.split('\n')) {
    const before = depth;
    for (const [token] of line.matchAll(/\$\((?!\()|\$\(\(|<<-?\s*['"\\]?[A-Za-z_]|[()]/g)) {
      if (token.startsWith('<<')) {
        if (depth > 0) found.push(line);
      } else if (token === '$(') depth += 1;
      else if (token === '$((') depth += depth > 0 ? 2 : 0;
      else if (depth > 0) depth += token === '(' ? 1 : -1;
    }
    if (depth > before + 20) throw new Error(`cannot be read: ${line}`);
  }
  return found;
}

test('such a text is found, also some lines below', () => {
  expect(heredocsInSubstitution('a=$(cat <<END\nx\nEND\n)')).toEqual(['a=$(cat <<END']);
  expect(heredocsInSubstitution('a=$(\n  (b); cat <<-"END"\n)')).toEqual(['  (b); cat <<-"END"']);
  expect(heredocsInSubstitution("a=$(b)\nf() {\n cat <<'END'\n}\n$((1 << 3))")).toEqual([]);
});
