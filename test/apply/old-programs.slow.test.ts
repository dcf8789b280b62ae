/** What older systems lack: a systemd-run that knows fewer options, and a flock that cannot wait. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serving } from '../../src/apply/serving.ts';
import { transaction } from '../../src/apply/transaction.ts';
import { type RunFolder, runFolder } from '../support/run-folder.ts';

let folder: RunFolder;
beforeEach(() => {
  folder = runFolder();
});
afterEach(() => folder.remove());

/** Its starts, each on a line; what it starts says that it is there. */
async function startedBy(refuses: string): Promise<readonly string[]> {
  folder.begun(['staged']);
  const log = folder.at('starts');
  folder.program('systemctl', 'exit 0\n');
  folder.program(
    'systemd-run',
    `case " $* " in ${refuses}) echo "systemd-run: unrecognized option" >&2; exit 1 ;; esac\necho "$*" >>'${log}'\n: >'${folder.own('watched')}'\n`,
  );
  folder.program('setsid', `echo alone >>'${log}'\n: >'${folder.own('watched')}'\n`);
  mkdirSync(folder.at('systemd'));
  const script = `ROOT='${folder.root}'
${transaction}${serving}
PATH=$ROOT/usr/bin:$PATH
has_systemd() { :; }
boot_unit=$ROOT/systemd/fix-sans-undo.service boot_link=$ROOT/systemd/kubelet.service.wants/fix-sans-undo.service
set_run '${folder.run}'
watch_over 30
`;
  const { exitCode } = await execa('/bin/sh', ['-s'], { input: script, reject: false });
  expect(exitCode).toBe(0);
  return readFileSync(log, 'utf8').trim().split('\n');
}

describe('the switch is started by a systemd-run that', () => {
  test('knows all: it is gone when it has ended, and is started again where it fails', async () => {
    const [start = '', ...more] = await startedBy('none');
    expect(start).toContain(`--collect -p Restart=on-failure -p RestartSec=3`);
    expect(start).toContain(`--unit=fix-sans-undo-${folder.run} /bin/sh ${folder.own('undo.sh')} watch`);
    expect(more).toEqual([]);
  });

  test('is of before 236, which knows no --collect', async () => {
    const [start = '', ...more] = await startedBy('*" --collect "*');
    expect(start).toContain('Restart=on-failure');
    expect(start).not.toContain('--collect');
    expect(more).toEqual([]);
  });

  test('knows none of the properties either: still a unit of its own, which no end of a login takes with it', async () => {
    const [start = '', ...more] = await startedBy('*" --collect "* | *" -p "* | *" --quiet "*');
    expect(start).toMatch(/^--unit=fix-sans-undo-\S+ \/bin\/sh /);
    expect(more).toEqual([]);
  });

  test('cannot start anything: a process of its own session', async () => {
    expect(await startedBy('*')).toEqual(['alone']);
  });
});

describe('a flock that cannot wait, as that of busybox,', () => {
  beforeEach(() => {
    folder.program(
      'flock',
      `case $1 in
  --help) echo 'Usage: flock [-sxun] FD | { FILE [-c] PROG ARGS }' >&2; exit 1 ;;
  -w) echo "flock: invalid option -- 'w'" >&2; exit 1 ;;
esac
exec /usr/bin/flock "$@"
`,
    );
  });

  test('is asked again until the other step has ended, but not for ever', async () => {
    mkdirSync(folder.at('var/lib/fix-sans'), { recursive: true, mode: 0o700 });
    const mutex = folder.at('var/lib/fix-sans/mutex');
    const other = spawn('/bin/sh', ['-c', `exec flock '${mutex}' sh -c 'echo held; exec sleep 3'`]);
    const over = once(other, 'close');
    await once(other.stdout, 'data');
    const waits = (seconds: number): Promise<{ readonly exitCode?: number }> =>
      execa('/bin/sh', ['-s'], {
        input: `ROOT='${folder.root}'\nPATH=$ROOT/usr/bin:$PATH\n${transaction}\nenter ${seconds}\n`,
        reject: false,
      });
    expect((await waits(1)).exitCode).toBe(1);
    expect(await folder.on.ask('take-lock')).toMatchObject({ lock: 'taken' });
    await over;
  });

  test('does not let two steps in at once', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => folder.as().ask('take-lock')));
    expect(all.filter(({ lock }) => lock === 'taken')).toHaveLength(1);
    expect(all.filter(({ fault }) => fault === 'held')).toHaveLength(5);
    expect(existsSync(folder.at('var/lib/fix-sans/lock'))).toBe(true);
  });
});
