/** Stops a simulated node's script at an edge of its journal, and breaks what a test says while it waits there. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SimulatedNode } from '../simulator/simulate.ts';

/** What the journal says from then on; the first is the lock, the last its other name. */
export const edges = ['locked', 'staged', 'intent', 'swapped', 'proven', 'done', 'ended'] as const;
export type Edge = (typeof edges)[number];

export const breaks = ['controller killed', 'shell killed', 'link dropped', 'node restarted'] as const;
export type Break = (typeof breaks)[number];

/** In place of `mv`, which writes each line of a journal: it waits at the wanted edge until its folder is gone. */
export const gate = `#!/bin/sh
/usr/bin/mv "$@" || exit
for to; do :; done
G=$FIX_SANS_ROOT/tmp/gate
[ -d "$G" ] || exit 0
case $to in
  */lock) edge=locked ;;
  */ended) edge=ended ;;
  */journal) edge=$(/usr/bin/tail -n 2 "$to" | /usr/bin/head -n 1) edge=\${edge%% *} ;;
  *) exit 0 ;;
esac
IFS= read -r wanted <"$G/wanted"
[ "$edge" = "$wanted" ] && mkdir "$G/reached" 2>/dev/null || exit 0
cat /proc/$$/stat >"$G/stat.new" && /usr/bin/mv "$G/stat.new" "$G/stat"
while [ -d "$G" ]; do /usr/bin/sleep 0.02; done
exit 0
`;

export function putGates(node: SimulatedNode): void {
  for (const [name, script] of [
    ['mv', gate],
    // Between two looks of the proof nothing changes.
    ['sleep', '#!/bin/sh\nexec /usr/bin/sleep 0.05\n'],
  ] as const) {
    writeFileSync(path.join(node.root, 'usr/bin', name), script);
    chmodSync(path.join(node.root, 'usr/bin', name), 0o755);
  }
}

/** A simulated node, or a real one as /proc/PID/root shows it. */
interface Rooted {
  readonly root: string;
}

function folderOf({ root }: Rooted): string {
  return path.join(root, 'tmp/gate');
}

/** Once, on the first of them that comes there; true where one did before `over`. */
export async function breakAt<Node extends Rooted>(
  nodes: readonly Node[],
  edge: Edge,
  {
    strike,
    over,
  }: {
    readonly strike: (node: Node, group: number) => Promise<void> | void;
    readonly over: AbortSignal;
  },
): Promise<boolean> {
  for (const node of nodes) {
    mkdirSync(folderOf(node));
    writeFileSync(path.join(folderOf(node), 'wanted'), `${edge}\n`);
  }
  try {
    while (!over.aborted) {
      const there = nodes.find((node) => existsSync(path.join(folderOf(node), 'stat')));
      if (there !== undefined) {
        const stat = readFileSync(path.join(folderOf(there), 'stat'), 'utf8');
        const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
        await strike(there, group);
        return true;
      }
      await sleep(10);
    }
    return false;
  } finally {
    for (const node of nodes) rmSync(folderOf(node), { recursive: true, force: true });
  }
}

export function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** All that runs on it ends at once, its lock is of another boot, and what a unit would have started before kubelet is started. */
export async function restart(
  node: SimulatedNode,
  { hasUnit }: { readonly hasUnit: boolean },
): Promise<void> {
  const mark = Buffer.from(`FIX_SANS_ROOT=${node.root}\0`);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`).includes(mark)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or is somebody else's.
    }
  }
  node.ssh.drop();
  passTime(node, 'another-boot');
  if (!hasUnit) return;
  const state = path.join(node.root, 'var/lib/fix-sans');
  for (const run of readdirSync(state)) {
    const at = (file: string): string => path.join(state, run, file);
    if (existsSync(at('journal')) && existsSync(at('watched')))
      await promisify(execFile)('/bin/sh', [at('undo.sh'), 'boot', run, 'another-boot']).catch(
        () => undefined,
      );
  }
}

/** No lock of before is anybody's any more; without another boot, since its time is over. */
export function passTime(node: SimulatedNode, boot?: string): void {
  const state = path.join(node.root, 'var/lib/fix-sans');
  const lock = path.join(state, 'lock');
  if (existsSync(lock)) {
    const [run = '', own = '', until = '', who = ''] = readFileSync(lock, 'utf8').split('\n');
    writeFileSync(lock, `${[run, boot ?? own, boot === undefined ? '0' : until, who].join('\n')}\n`);
  }
  if (boot !== undefined || !existsSync(state)) return;
  for (const run of readdirSync(state))
    if (existsSync(path.join(state, run, 'journal')) && existsSync(path.join(state, run, 'deadline')))
      writeFileSync(path.join(state, run, 'deadline'), '0\n');
}
