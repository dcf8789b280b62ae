/** The way back where something goes wrong on it, on a folder that plays the node: no API server, no kubeadm, and files that are only text. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bootIdShell } from '../../src/reach/boot-id.ts';
import { type RunFolder, runFolder } from '../support/run-folder.ts';
import type { StepsOn } from '../support/steps.ts';

let folder: RunFolder;
let root: string;
let run: string;
let on: StepsOn;

beforeEach(() => {
  folder = runFolder();
  ({ root, run, on } = folder);
});
afterEach(() => folder.remove());

const at: RunFolder['at'] = (...names) => folder.at(...names);
const own: RunFolder['own'] = (file) => folder.own(file);
const begun: RunFolder['begun'] = (...asked) => folder.begun(...asked);
const pair: RunFolder['pair'] = () => folder.pair();
const program: RunFolder['program'] = (...asked) => folder.program(...asked);
const serves: RunFolder['serves'] = () => folder.serves();
const undone: RunFolder['undone'] = (...asked) => folder.undone(...asked);

async function switchEnds(...words: readonly string[]): Promise<number | null> {
  const child = spawn('/bin/sh', [own('undo.sh'), ...words], { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.on('close', resolve);
  });
}

test('no half pair: where one of the two backups is damaged, neither file is touched (fault 58)', async () => {
  begun(['staged', 'intent', 'swapped']);
  writeFileSync(own('old.crt'), 'torn');
  expect(await undone('')).toMatchObject({ result: 'no-backup' });
  expect(pair()).toEqual(['new crt', 'new key']);
});

test('a rollback that once was stuck can be tried again', async () => {
  begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  writeFileSync(own('old.key'), 'torn');
  expect(await undone('1', folder.as())).toMatchObject({ result: 'no-backup' });
  expect(readFileSync(own('ended'), 'utf8')).toContain('stuck-no-backup');
  writeFileSync(own('old.key'), 'old key');
  rmSync(at('var/lib/fix-sans/lock'));
  expect(await undone('1', folder.as())).toMatchObject({ result: 'back' });
  expect(pair()).toEqual(['old crt', 'old key']);
});

test('of a run that never came to change anything there is nothing to take back', async () => {
  begun(['staged', 'discarded'], 'ended');
  serves();
  for (const file of ['sums', 'old.crt', 'old.key', 'undo.sh']) rmSync(own(file));
  const answers = await undone('1', folder.as());
  expect(answers).toMatchObject({ result: 'nothing', served: expect.stringMatching(/^\d+$/) as string });
  expect(pair()).toEqual(['new crt', 'new key']);
});

test('thrown away, and cut off before the journal had its other name: there is nothing to take back either', async () => {
  begun(['staged', 'discarded']);
  for (const file of ['sums', 'old.crt', 'old.key', 'undo.sh']) rmSync(own(file));
  expect(await undone('')).toMatchObject({ result: 'nothing' });
  expect(readFileSync(own('ended'), 'utf8')).toContain('discarded');
});

test('staged with a backup, never swapped, and somebody else’s pair is in use since: nobody waits for the backup to be served', async () => {
  begun(['staged']);
  const answers = await undone('');
  expect(answers).toMatchObject({ result: 'nothing' });
  expect(answers['served']).toBeUndefined();
  expect(readFileSync(own('ended'), 'utf8')).toContain('discarded');
});

/** A process that the kernel knows as this API server. */
async function apiServer(): Promise<{ readonly endpoint: string; readonly process: ChildProcess }> {
  symlinkSync(process.execPath, at('usr/bin/kube-apiserver'));
  // Since Node 24 the kernel would know it as MainThread.
  const listen =
    'process.title="kube-apiserver";const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>console.log(s.address().port))';
  const server = spawn(at('usr/bin/kube-apiserver'), ['-e', listen], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  return { endpoint: `127.0.0.1:${port.toString().trim()}`, process: server };
}

async function stopped({ process: server }: { readonly process: ChildProcess }): Promise<void> {
  const over = once(server, 'exit');
  if (server.exitCode === null && server.signalCode === null) {
    server.kill();
    await over;
  }
}

function kubeletIs(status: 0 | 1): void {
  program('grep', `case $* in *kubelet*) exit ${status} ;; esac\nexec /usr/bin/grep "$@"\n`);
}

test.each([
  ['no kubelet would start again is left running', 1],
  ['kubelet starts again is ended', 0],
] as const)('an API server that %s', async (_, status) => {
  begun(['staged', 'intent', 'swapped']);
  kubeletIs(status);
  const server = await apiServer();
  await on.ask('take-lock');
  const answers = await on.ask('restart', { endpoint: server.endpoint, wait: '0' });
  expect(answers['fault']).toBe(status === 1 ? 'no-kubelet' : undefined);
  expect(server.process.signalCode).toBe(status === 1 ? null : 'SIGTERM');
  await stopped(server);
});

test('an old pair that is in place and not served: the API server is restarted for it, and it is written down', async () => {
  begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  kubeletIs(0);
  const by = folder.as();
  expect(await undone('1', by)).toMatchObject({ result: 'back', served: 'no' });
  serves();
  const server = await apiServer();
  const answers = await by.ask('restart', { of: run, endpoint: server.endpoint, wait: '0' });
  expect(answers).toMatchObject({ served: expect.stringMatching(/^\d+$/) as string });
  expect(server.process.signalCode).toBe('SIGTERM');
  expect(readFileSync(own('ended'), 'utf8')).toMatch(/\nundone .*\nrestarted .*\nundone .*\nsum /);
  expect(existsSync(own('journal'))).toBe(false);
});

test.each([
  ['somebody else has written another pair meanwhile', 'stale'],
  ['that run was not taken back', 'no-run'],
] as const)('no API server is restarted for an old pair where %s', async (_, fault) => {
  begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  kubeletIs(0);
  const by = folder.as();
  if (fault === 'stale') {
    await undone('1', by);
    writeFileSync(at('etc/kubernetes/pki/apiserver.crt'), 'another');
  } else await by.ask('take-lock');
  const server = await apiServer();
  const answers = await by.ask('restart', { of: run, endpoint: server.endpoint, wait: '0' });
  expect(answers).toMatchObject({ fault });
  expect(server.process.signalCode).toBe(null);
  await stopped(server);
});

test('a rollback for a second time changes nothing, not even when it is written down to have been', async () => {
  begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  serves();
  const by = folder.as();
  expect(await undone('1', by)).toMatchObject({ result: 'back' });
  const before = readFileSync(own('ended'), 'utf8');
  expect(await undone('1', by)).toMatchObject({
    result: 'nothing',
    served: expect.stringMatching(/^\d+$/) as string,
  });
  expect(readFileSync(own('ended'), 'utf8')).toBe(before);
  expect(pair()).toEqual(['old crt', 'old key']);
});

test('a rollback is watched over too: what is cut off in it is ended by the switch', async () => {
  begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  program('mv', `case $* in *apiserver.crt) kill -KILL 0 ;; esac\nexec /usr/bin/mv "$@"\n`);
  await undone('1', folder.as()).catch(() => undefined);
  expect(pair()).toEqual(['new crt', 'old key']);
  rmSync(at('usr/bin/mv'));
  writeFileSync(own('deadline'), '0\n');
  for (let tries = 0; existsSync(own('journal')) && tries < 80; tries += 1) await sleep(100);
  expect(readFileSync(own('ended'), 'utf8')).toContain('\nundone ');
  expect(pair()).toEqual(['old crt', 'old key']);
});

test('what is no certificate is not served by a server that is not there', async () => {
  begun(['staged', 'intent', 'swapped']);
  expect(await undone('')).toMatchObject({ result: 'back', served: 'no' });
});

test('a clock that is set meanwhile makes no answer unreadable (fault 42)', async () => {
  begun(['staged', 'intent', 'swapped']);
  serves();
  program(
    'date',
    `[ "$*" = +%s%N ] || exec /usr/bin/date "$@"
echo "$(cat '${root}/tick' 2>/dev/null || echo 9)000000000"; echo 1 >'${root}/tick'
`,
  );
  expect(await undone('')).toMatchObject({ result: 'back', served: '' });
});

describe('the switch', () => {
  test('waits on where somebody was heard of while it waited for the mutex, and fires when its time has come', async () => {
    begun(['staged', 'intent', 'swapped']);
    writeFileSync(own('deadline'), '0\n');
    const other = spawn('/bin/sh', ['-c', `exec flock '${at('var/lib/fix-sans/mutex')}' sleep 1`], {
      stdio: 'ignore',
    });
    await sleep(200);
    const ended = switchEnds('watch', run);
    await sleep(300);
    const [up = '0'] = readFileSync('/proc/uptime', 'utf8').split('.');
    writeFileSync(own('deadline'), `${Number(up) + 2}\n`);
    await new Promise((resolve) => {
      other.on('close', resolve);
    });
    await sleep(300);
    expect(pair()).toEqual(['new crt', 'new key']);
    expect(await ended).toBe(0);
    expect(pair()).toEqual(['old crt', 'old key']);
  });

  test('fires where it cannot say that it is there', async () => {
    begun(['staged', 'intent', 'swapped']);
    mkdirSync(own('watched'));
    writeFileSync(own('deadline'), '0\n');
    expect(await switchEnds('watch', run)).toBe(0);
    expect(pair()).toEqual(['old crt', 'old key']);
  });

  test('of a boot leaves a run of the same boot alone, since only kubelet was started anew', async () => {
    begun(['staged', 'intent', 'swapped']);
    const boot = execFileSync('sh', ['-c', `${bootIdShell}boot_id`], { encoding: 'utf8' }).trim();
    expect(boot).toMatch(/^[\da-f]{8}-[\da-f-]{27}-\d+$/);
    expect(await switchEnds('boot', run, boot)).toBe(0);
    expect(pair()).toEqual(['new crt', 'new key']);
    expect(await switchEnds('boot', run, 'of-before')).toBe(0);
    expect(pair()).toEqual(['old crt', 'old key']);
  });
});

describe('the end of a run', () => {
  const ending = { keep: '5', release: '', summary: 'a test', admin: '/x', patch: '[]' };

  test('that is asked for again keeps the text that kubeadm-config had at first', async () => {
    begun(['staged', 'intent', 'swapped']);
    program(
      'kubectl',
      `mkdir -p "$HOME/.kube/cache"\ncase $* in *patch*) echo new >'${root}/config' ;; *) cat '${root}/config' ;; esac\n`,
    );
    writeFileSync(at('config'), 'old\n');
    await on.ask('take-lock');
    for (const _ of [1, 2])
      expect(await on.ask('finish', ending)).toMatchObject({ ended: 'done', config: 'new\n' });
    expect(readFileSync(own('kubeadm-config.old'), 'utf8')).toBe('old\n');
    expect(existsSync(own('.kube'))).toBe(false);
  });

  test.each(['proven', 'done'])(
    'that was cut off after it had written down "%s" is a good end',
    async (state) => {
      begun(['staged', 'intent', 'swapped', state]);
      await on.ask('take-lock');
      expect(await on.ask('finish', { ...ending, patch: '' })).toMatchObject({ ended: 'done' });
      expect(pair()).toEqual(['new crt', 'new key']);
    },
  );
});

test('the leases are compared from the first look that has both, and no proxy is asked', async () => {
  begun(['staged', 'intent', 'swapped']);
  program(
    'kubectl',
    `[ -z "$HTTPS_PROXY$KUBECONFIG" ] || exit 1
count=$(($(cat '${root}/count' 2>/dev/null || echo 0) + 1)); echo "$count" >'${root}/count'
case $* in *leases*) [ "$count" -gt 3 ] || exit 1; echo "{\\"renewTime\\":\\"$count\\"}" ;; esac
`,
  );
  await on.ask('take-lock');
  const answers = await on.ask('prove', { names: '', peers: '', admin: '/x', settle: '10' });
  expect(answers['good']).toBe('3');
  const [first = '', last = ''] = (answers['leases'] ?? '').split('\n--\n');
  for (const lease of ['kube-controller-manager', 'kube-scheduler'])
    for (const text of [first, last]) expect(text).toMatch(new RegExp(`${lease} "renewTime":"\\d+"`));
  expect(first).not.toBe(last);
});
