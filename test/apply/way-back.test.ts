/** The way back where something goes wrong on it, on a folder that plays the node: no API server, no kubeadm, and files that are only text. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { undoScript } from '../../src/apply/transaction.ts';
import { bootIdShell } from '../../src/reach/boot-id.ts';
import { newRun, type StepsOn, stepsOn } from '../support/steps.ts';

let root: string;
let run: string;
let on: StepsOn;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'way-back-'));
  run = newRun();
  on = onRoot(run);
  for (const folder of ['usr/bin', 'etc/kubernetes/pki']) mkdirSync(at(folder), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function at(...names: readonly string[]): string {
  return path.join(root, ...names);
}

function onRoot(name: string): StepsOn {
  return stepsOn({ root, name: 'cp1', api: { host: '127.0.0.1', port: 1 } } as never, name);
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A run that was swapped and came as far as the last of these states. */
function begun(states: readonly string[], file: 'journal' | 'ended' = 'journal'): void {
  const folder = at('var/lib/fix-sans', run);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const body = ['fix-sans-journal 1', ...states.map((state) => `${state} 1 2026-11-21T12:00:00Z`), ''].join(
    '\n',
  );
  writeFileSync(path.join(folder, file), `${body}sum ${sumOf(body)}\n`);
  writeFileSync(
    path.join(folder, 'paths'),
    '/etc/kubernetes/pki/apiserver.crt\n/etc/kubernetes/pki/apiserver.key\n',
  );
  const words = ['old crt', 'old key', 'new crt', 'new key'];
  writeFileSync(path.join(folder, 'sums'), `${words.map(sumOf).join(' ')}\n`);
  for (const kind of ['crt', 'key']) {
    writeFileSync(path.join(folder, `old.${kind}`), `old ${kind}`);
    writeFileSync(at('etc/kubernetes/pki', `apiserver.${kind}`), `new ${kind}`);
  }
  writeFileSync(path.join(folder, 'undo.sh'), `ROOT='${root}'\n${undoScript}`);
  writeFileSync(path.join(folder, 'deadline'), '99999999\n');
}

function pair(): readonly string[] {
  return ['crt', 'key'].map((kind) => readFileSync(at('etc/kubernetes/pki', `apiserver.${kind}`), 'utf8'));
}

function own(file: string): string {
  return at('var/lib/fix-sans', run, file);
}

function program(name: string, script: string): void {
  writeFileSync(at('usr/bin', name), `#!/bin/sh\n${script}`);
  chmodSync(at('usr/bin', name), 0o755);
}

async function undone(isBack: '' | '1', of: StepsOn = on): Promise<Readonly<Record<string, string>>> {
  expect((await of.ask('take-lock'))['lock']).toBe('taken');
  return of.ask('undo', { of: run, isBack, wait: '0' });
}

async function switchEnds(...words: readonly string[]): Promise<number | null> {
  const child = spawn('/bin/sh', [own('undo.sh'), ...words], { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.on('close', resolve);
  });
}

test('no half pair: where one of the two backups is damaged, neither file is touched', async () => {
  begun(['staged', 'intent', 'swapped']);
  writeFileSync(own('old.crt'), 'torn');
  expect(await undone('')).toMatchObject({ result: 'no-backup' });
  expect(pair()).toEqual(['new crt', 'new key']);
});

test('a rollback that once was stuck can be tried again', async () => {
  begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  writeFileSync(own('old.key'), 'torn');
  expect(await undone('1', onRoot(newRun()))).toMatchObject({ result: 'no-backup' });
  expect(readFileSync(own('ended'), 'utf8')).toContain('stuck-no-backup');
  writeFileSync(own('old.key'), 'old key');
  rmSync(at('var/lib/fix-sans/lock'));
  expect(await undone('1', onRoot(newRun()))).toMatchObject({ result: 'back' });
  expect(pair()).toEqual(['old crt', 'old key']);
});

test('of a run that never came to change anything there is nothing to take back', async () => {
  begun(['staged', 'discarded'], 'ended');
  serves();
  for (const file of ['sums', 'old.crt', 'old.key', 'undo.sh']) rmSync(own(file));
  const answers = await undone('1', onRoot(newRun()));
  expect(answers).toMatchObject({ result: 'nothing', served: expect.stringMatching(/^\d+$/) as string });
  expect(pair()).toEqual(['new crt', 'new key']);
});

test('thrown away, and cut off before the journal had its other name: there is nothing to take back either', async () => {
  begun(['staged', 'discarded']);
  for (const file of ['sums', 'old.crt', 'old.key', 'undo.sh']) rmSync(own(file));
  expect(await undone('')).toMatchObject({ result: 'nothing' });
  expect(readFileSync(own('ended'), 'utf8')).toContain('discarded');
});

test.each([
  ['no kubelet would start again is left running', 1],
  ['kubelet starts again is ended', 0],
])('an API server that %s', async (_, status) => {
  begun(['staged', 'intent', 'swapped']);
  program('grep', `case $* in *kubelet*) exit ${status} ;; esac\nexec /usr/bin/grep "$@"\n`);
  symlinkSync(process.execPath, at('usr/bin/kube-apiserver'));
  const listen =
    'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>console.log(s.address().port))';
  const server = spawn(at('usr/bin/kube-apiserver'), ['-e', listen], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const over = once(server, 'exit');
  await on.ask('take-lock');
  const answers = await on.ask('restart', { endpoint: `127.0.0.1:${port.toString().trim()}`, wait: '0' });
  expect(answers['fault']).toBe(status === 1 ? 'no-kubelet' : undefined);
  expect(server.signalCode).toBe(status === 1 ? null : 'SIGTERM');
  server.kill();
  await over;
});

test('a rollback is watched over too: what is cut off in it is ended by the switch', async () => {
  begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  program('mv', `case $* in *apiserver.crt) kill -KILL 0 ;; esac\nexec /usr/bin/mv "$@"\n`);
  await undone('1', onRoot(newRun())).catch(() => undefined);
  expect(pair()).toEqual(['new crt', 'old key']);
  rmSync(at('usr/bin/mv'));
  writeFileSync(own('deadline'), '0\n');
  for (let tries = 0; existsSync(own('journal')) && tries < 80; tries += 1) await sleep(100);
  expect(readFileSync(own('ended'), 'utf8')).toContain('\nundone ');
  expect(pair()).toEqual(['old crt', 'old key']);
});

/** In place of TLS: the same certificate is on disk and served. */
function serves(): void {
  program('openssl', 'cat >/dev/null\necho certificate\n');
}

test('what is no certificate is not served by a server that is not there', async () => {
  begun(['staged', 'intent', 'swapped']);
  expect(await undone('')).toMatchObject({ result: 'back', served: 'no' });
});

test('a clock that is set meanwhile makes no answer unreadable', async () => {
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
