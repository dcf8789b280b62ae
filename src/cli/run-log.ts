/** What a run leaves here: its events as they happen, and one line in the audit file. No secret is in either. */
import { appendFileSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import path from 'node:path';
import { display } from '../model/display.ts';
import type { Rollout, RunEvent } from '../model/rollout.ts';
import { UserError } from '../model/user-error.ts';
import { inert } from '../report/envelope.ts';
import type { Io } from './io.ts';
import { checkPlace } from './report-files.ts';

/** Looked at before anything is contacted; each line is on its way to the disk before the run goes on. */
export async function eventLog(file: string | undefined, run: string): Promise<(event: RunEvent) => void> {
  if (file === undefined) return () => undefined;
  await checkPlace(file, '--events');
  try {
    appendFileSync(file, '', { mode: 0o600 });
  } catch (error) {
    throw new UserError(
      `--events: cannot write ${display(file)}: ${(error as Error).message}`,
      'name another file',
    );
  }
  return (event) => {
    try {
      appendFileSync(file, `${inert(JSON.stringify({ run, ...event }))}\n`);
    } catch {
      // A full disk here is no reason to leave a node half done.
    }
  };
}

/** `ops@bastion`: for the holder of a lock, and for who looks later. */
export function whoRuns(env: Io['env']): string {
  const user = env['SUDO_USER'] ?? userName(env) ?? 'somebody';
  const from = (env['SSH_CONNECTION'] ?? '').split(' ')[0] ?? '';
  const all = `${user}@${hostname()}${from === '' ? '' : ` from ${from}`}`;
  return all.replaceAll(/[^ -~]/g, '?').slice(0, 200);
}

function userName(env: Io['env']): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry, as containers have.
    return env['USER'];
  }
}

/** $XDG_STATE_HOME/fix-sans/audit.ndjson, for the user alone. */
export function auditFile(env: Io['env']): string {
  const given = env['XDG_STATE_HOME'] ?? '';
  const home = path.isAbsolute(given) ? given : path.join(env['HOME'] ?? homedir(), '.local/state');
  return path.join(home, 'fix-sans/audit.ndjson');
}

export async function writeAudit(
  { run, kind, by, cluster, startedAt, endedAt, exitCode, nodes, durable }: Rollout,
  io: Io,
): Promise<void> {
  const line = {
    at: endedAt,
    run,
    kind,
    by,
    ...(cluster === undefined ? {} : { cluster }),
    startedAt,
    exitCode,
    nodes: nodes.map(({ node, state, before, after }) => ({
      node,
      state,
      ...(before === undefined ? {} : { before: before.fingerprint }),
      ...(after === undefined ? {} : { after: after.fingerprint }),
    })),
    durable: durable.map(({ kind: what, where, state }) => ({ kind: what, where, state })),
  };
  const file = auditFile(io.env);
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await appendFile(file, `${inert(JSON.stringify(line))}\n`, { mode: 0o600 });
  } catch (error) {
    io.stderr.write(
      `fix-sans: the audit line could not be written, and the run is as it was said: ${display((error as Error).message)}\n`,
    );
  }
}
