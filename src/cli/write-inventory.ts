/** `plan --write`: puts the names into the inventory's own files, each at once or not at all, and only if they are as they were read. */
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { display } from '../model/display.ts';
import type { InventorySource } from '../model/inventory-source.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { readBytes } from '../nodes/read-file.ts';
import { applyEdit } from '../plan/kubespray-change.ts';

const hint = 'nothing was written there; plan again';

export async function writeInventory(
  { durable, refusals }: Plan,
  source: InventorySource | undefined,
  say: (line: string) => void,
  wrote: (file: string) => void = () => undefined,
): Promise<void> {
  if (refusals.length > 0) {
    say('the plan is refused, so the inventory stays as it is');
    return;
  }
  const known = new Set([...(source?.files ?? []).map((one) => one.path), source?.belongs.path]);
  const edits = durable.flatMap((change) =>
    change.kind === 'inventory' && known.has(change.path) ? [change] : [],
  );
  if (edits.length === 0) say(untouched(durable, source));
  for (const { path: file, edit } of edits) {
    const { mark, text } = await textIn(file);
    const after = applyEdit(text, edit);
    if (after === undefined)
      throw new UserError(`${display(file)} is no longer as it was when it was read`, hint);
    await replace(file, mark + after);
    wrote(file);
    say(`wrote ${display(file)}`);
  }
}

function untouched(durable: Plan['durable'], source: InventorySource | undefined): string {
  if (source === undefined) return 'there is no inventory to write: name it by --inventory';
  return durable.some(({ kind }) => kind === 'advice')
    ? 'the inventory needs no change that can be written; what is left to be done by hand is in the plan'
    : 'the inventory has every name that it should; nothing was written';
}

/** With its byte order mark apart, which those who read it do not see. */
async function textIn(file: string): Promise<{ readonly mark: string; readonly text: string }> {
  const isThere = await stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!isThere) return { mark: '', text: '' };
  const { bytes } = await readBytes(file, { what: 'the variables in', hint });
  try {
    const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const mark = whole.startsWith('\ufeff') ? '\ufeff' : '';
    return { mark, text: whole.slice(mark.length) };
  } catch {
    throw new UserError(`the variables in ${display(file)} are not a text file in UTF-8`, hint);
  }
}

/** Beside it and then renamed, with its mode; behind a link the file that it leads to. */
async function replace(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const beside = path.join(path.dirname(target), `.${path.basename(target)}.fix-sans-${process.pid}`);
  let isOurs = false;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    const found = await stat(target).catch(() => undefined);
    const user = process.getuid?.() ?? found?.uid;
    if (found !== undefined && user !== 0 && user !== found.uid)
      throw new Error('it belongs to another user, and would be ours then');
    const handle = await open(beside, 'wx', 0o600);
    isOurs = true;
    try {
      await handle.writeFile(text);
      await handle.chmod((found?.mode ?? 0o644) & 0o777);
      if (found !== undefined) await handle.chown(found.uid, found.gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, target);
  } catch (error) {
    if (isOurs) await rm(beside, { force: true });
    throw new UserError(`cannot write ${display(file)}: ${(error as Error).message}`, hint);
  }
}
