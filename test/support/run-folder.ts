/** A folder that plays a node on which a run was begun: no API server, no kubeadm, and a pair that is only text. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { undoScript } from '../../src/apply/transaction.ts';
import { type Answers, newRun, type StepsOn, stepsOn } from './steps.ts';

export interface RunFolder {
  readonly root: string;
  readonly run: string;
  /** As the run that was begun. */
  readonly on: StepsOn;
  at(...names: readonly string[]): string;
  /** A file of the run. */
  own(file: string): string;
  /** As another run. */
  as(run?: string, shell?: readonly [string, ...string[]]): StepsOn;
  /** A run that was swapped and came as far as the last of these states. */
  begun(states: readonly string[], file?: 'journal' | 'ended'): void;
  /** A run that has staged its pair, beside one that is in use still. Answers what `swap` is told of both. */
  staged(): string;
  /** The texts in use; nothing for a file that is gone. */
  pair(): readonly string[];
  program(name: string, script: string): void;
  /** In place of TLS: the same certificate is on disk and served. */
  serves(): void;
  undone(isBack: '' | '1', by?: StepsOn): Promise<Answers>;
  remove(): void;
}

export function journalOf(states: readonly string[]): string {
  const lines = ['fix-sans-journal 1', ...states.map((state) => `${state} 1 2026-11-21T12:00:00Z`), ''];
  const body = lines.join('\n');
  return `${body}sum ${sumOf(body)}\n`;
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function runFolder(): RunFolder {
  const root = mkdtempSync(path.join(tmpdir(), 'run-folder-'));
  const at = (...names: readonly string[]): string => path.join(root, ...names);
  const run = newRun();
  const as: RunFolder['as'] = (name = newRun(), shell = ['/bin/sh']) =>
    stepsOn({ root, name: 'cp1', api: { host: '127.0.0.1', port: 1 } } as never, name, shell);
  const on = as(run);
  const own = (file: string): string => at('var/lib/fix-sans', run, file);
  for (const folder of ['usr/bin', 'etc/kubernetes/pki']) mkdirSync(at(folder), { recursive: true });
  const program: RunFolder['program'] = (name, script) => {
    writeFileSync(at('usr/bin', name), `#!/bin/sh\n${script}`);
    chmodSync(at('usr/bin', name), 0o755);
  };
  const folder: RunFolder = {
    root,
    run,
    on,
    at,
    own,
    as,
    program,
    begun: (states, file = 'journal') => {
      mkdirSync(own(''), { recursive: true, mode: 0o700 });
      writeFileSync(own(file), journalOf(states));
      writeFileSync(own('paths'), '/etc/kubernetes/pki/apiserver.crt\n/etc/kubernetes/pki/apiserver.key\n');
      const words = ['old crt', 'old key', 'new crt', 'new key'];
      writeFileSync(own('sums'), `${words.map(sumOf).join(' ')}\n`);
      for (const kind of ['crt', 'key']) {
        writeFileSync(own(`old.${kind}`), `old ${kind}`);
        writeFileSync(at('etc/kubernetes/pki', `apiserver.${kind}`), `new ${kind}`);
      }
      writeFileSync(own('undo.sh'), `ROOT='${root}'\n${undoScript}`);
      writeFileSync(own('deadline'), '99999999\n');
    },
    staged: () => {
      folder.begun(['staged']);
      const beside = at(`etc/kubernetes/pki/.fix-sans-${run}`);
      mkdirSync(beside, { mode: 0o700 });
      for (const kind of ['crt', 'key']) {
        writeFileSync(at('etc/kubernetes/pki', `apiserver.${kind}`), `old ${kind}`);
        writeFileSync(path.join(beside, `apiserver.${kind}`), `new ${kind}`, { mode: 0o600 });
      }
      return readFileSync(own('sums'), 'utf8').trim();
    },
    pair: () =>
      ['crt', 'key'].map((kind) => {
        const file = at('etc/kubernetes/pki', `apiserver.${kind}`);
        return existsSync(file) ? readFileSync(file, 'utf8') : '';
      }),
    serves: () => program('openssl', 'cat >/dev/null\necho certificate\n'),
    undone: async (isBack, by = on) => {
      const { lock } = await by.ask('take-lock');
      if (lock !== 'taken') throw new Error('the lock is held');
      return by.ask('undo', { of: run, isBack, wait: '0' });
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  return folder;
}
