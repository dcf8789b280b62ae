/** Rows of docs/robustness.md in the middle of a run on one control plane: its exit code, what is served then, and what lies there. */
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Rollout } from '../../src/model/rollout.ts';
import { namesOnDisk, reissue } from '../simulator/damage.ts';
import type { SimulatedNode } from '../simulator/simulate.ts';
import { type AtStep, openChangerAt } from '../support/at-step.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type OwnMounts, ownMounts } from '../support/own-mounts.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';

let mounts: OwnMounts;
let on: SimulatedRuns;
let node: SimulatedNode;
let happens: AtStep = {};
/** Where the node is reached, where that is not its own address. */
let through: string | undefined;
const undo: (() => void)[] = [];

beforeAll(async () => {
  mounts = await ownMounts();
  on = await simulatedRuns(1, {
    enter: () => mounts.enter,
    openChanger: openChangerAt(() => happens),
    targets: () => (through === undefined ? undefined : [through]),
    isSampled: false,
  });
  const [first] = on.simulation.nodes;
  if (first === undefined) throw new Error('no node');
  node = first;
}, 60_000);
afterEach(() => {
  happens = {};
  for (const one of undo.splice(0).toReversed()) one();
  node.api.setHealthy(true);
  node.api.setCrashing(() => false);
  rmSync(at('var/lib/fix-sans'), { recursive: true, force: true });
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await mounts[Symbol.asyncDispose]();
});

function at(file: string): string {
  return path.join(node.root, file);
}

const pki = 'etc/kubernetes/pki';
/** As much as a busy machine may want: only what goes wrong waits for all of it. */
const waits = ['--reload-wait=20s', '--settle=60s', '--dead-man=150s'];
let count = 0;

async function applied(
  ...flags: readonly string[]
): Promise<Rollout & { readonly name: string; readonly why: string }> {
  count += 1;
  const name = `new${count}.example.com`;
  const rollout = await on.rolled('apply', `--san=${name}`, ...waits, ...flags);
  return { ...rollout, name, why: rollout.nodes[0]?.why ?? '' };
}

/** Why it ended so: with the old pair on disk and served, and nothing of the run that waits. */
async function asBefore(
  state: 'untouched' | 'undone',
  code: number,
  ...flags: readonly string[]
): Promise<string> {
  const before = { files: filesOf(node), config: on.kubeadmConfig(), served: node.api.served() };
  const { exitCode, nodes, why } = await applied(...flags);
  expect({ code: exitCode, states: nodes.map((one) => one.state) }, why).toEqual({ code, states: [state] });
  expect({ files: filesOf(node), config: on.kubeadmConfig(), served: node.api.served() }).toEqual(before);
  expectNothingWaits();
  return why;
}

function expectNothingWaits(): void {
  const waiting = stateOf(node).filter(
    (file) => file === 'lock' || existsSync(at(`var/lib/fix-sans/${file}/journal`)),
  );
  expect(waiting).toEqual([]);
  expect(readdirSync(at(pki)).filter((file) => file.startsWith('.'))).toEqual([]);
}

/** The exit code, where the name is served and nothing of the run waits. */
async function done(...flags: readonly string[]): Promise<number> {
  const { exitCode, nodes, why, name } = await applied(...flags);
  expect(
    nodes.map((one) => one.state),
    why,
  ).toEqual(['done']);
  expect(new X509Certificate(node.api.served()).subjectAltName).toContain(`DNS:${name}`);
  expectNothingWaits();
  return exitCode;
}

/** In place of the one that is there, which it knows as $real and which tells the version. */
function kubeadm(script: string): void {
  const [file, real] = [at('usr/bin/kubeadm'), at('tmp/kubeadm')];
  renameSync(file, real);
  undo.push(() => renameSync(real, file));
  writeFileSync(
    file,
    `#!/bin/sh\nreal='${real}'\ncase $1 in version) exec "$real" "$@" ;; esac\n${script}\n`,
  );
  chmodSync(file, 0o755);
}

describe('kubeadm', () => {
  test('hangs: killed when its time is over (fault 17)', async () => {
    kubeadm('echo begun; sleep 60');
    happens = { data: { stage: { patience: '1' } } };
    expect(await asBefore('untouched', 5)).toMatch(
      /^kubeadm signed nothing: it was killed: it did not end within 1 s, or/,
    );
  });

  test('leaves a name out, and ends with 0: found by the proof (fault 18)', async () => {
    kubeadm(`sed -i '/new[0-9]*.example.com/d' "$6"; exec "$real" "$@"`);
    expect(await asBefore('untouched', 5)).toMatch(/^its kubeadm left out dns:new\d+\.example\.com$/);
  });

  test('writes nothing, and ends with 0 (fault 18)', async () => {
    kubeadm('exit 0');
    expect(await asBefore('untouched', 5)).toMatch(
      /^kubeadm signed nothing: it ended well, and wrote no pair$/,
    );
  });

  test('warns and talks, and ends with 0: what it signed counts (fault 19)', async () => {
    kubeadm(`echo 'W1121 12:00:00.000000 1 common.go:101] your configuration file uses a deprecated API spec' >&2
yes noise | head -c 300000; yes noise | head -c 300000 >&2
exec "$real" "$@"`);
    expect(await done()).toBe(0);
  });
});

describe('the disk is full after the plan was made (fault 22)', () => {
  const why = /^there is no room, or nothing can be written \(see df/;

  test('where the runs are kept', async () => {
    mkdirSync(at('var/lib/fix-sans'), { mode: 0o700 });
    mounts.run(`mount -t tmpfs -o size=64k,mode=0700 tmpfs '${at('var/lib/fix-sans')}'`);
    undo.push(() => void mounts.run(`umount '${at('var/lib/fix-sans')}'`));
    expect(await asBefore('untouched', 5)).toMatch(why);
    expect(mounts.run(`cd '${at('var/lib/fix-sans')}'; find . -type f`).trim()).toBe('./mutex');
  });

  test.each([
    ['where the pair lies', 'size=4m', 'dd if=/dev/zero of=full bs=4k 2>/dev/null || :'],
    [
      'of inodes (fault 24)',
      'size=4m,nr_inodes=120',
      'while touch "full$((count += 1))"; do :; done 2>/dev/null',
    ],
  ])('%s', async (_, options, fill) => {
    const there = at(pki);
    mounts.run(
      `cd '${there}'; copy=$(mktemp -d); cp -a . "$copy"; mount -t tmpfs -o ${options} tmpfs "$PWD"; cp -a "$copy/." '${there}'; rm -rf "$copy"`,
    );
    undo.push(() => void mounts.run(`umount -l '${there}'`));
    happens = { before: { stage: () => void mounts.run(`cd '${there}'; count=0; ${fill}`) } };
    expect(await asBefore('untouched', 5)).toMatch(why);
    expect(mounts.run(`ls -A '${there}'`)).not.toContain('.fix-sans');
  });
});

describe('a file that may not be changed, as by chattr +i (fault 26)', () => {
  test.each(['apiserver.key', 'apiserver.crt'])('%s', async (file) => {
    const frozen = at(`${pki}/${file}`);
    const chattr = (flag: string): void => {
      const { status, stderr } = spawnSync('chattr', [flag, frozen], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
    };
    happens = { before: { swap: () => chattr('+i') } };
    undo.push(() => chattr('-i'));
    expect(await asBefore('undone', 5)).toMatch(/^the pair could not be renamed over \(lsattr shows/);
  });
});

test('the line is cut after the swap, and new ones are for four seconds: it is asked again, and all is proven (fault 36)', async () => {
  const proxy: FaultProxy = await startFaultProxy(node.ssh);
  const knownHosts = path.join(on.home, 'known_hosts');
  writeFileSync(knownHosts, node.ssh.knownHostsLine.replace(/^\S+/, `[127.0.0.1]:${proxy.port}`));
  happens = {
    after: {
      swap: async () => {
        proxy.set({ cut: { after: 0, how: 'reset' } });
        void sleep(4000).then(() => proxy.set({}));
      },
    },
  };
  try {
    through = `ssh://root@127.0.0.1:${proxy.port}`;
    expect(await done(`--known-hosts=${knownHosts}`)).toBe(0);
    expect(proxy.connections()).toBeGreaterThan(3);
  } finally {
    through = undefined;
    await proxy.close();
  }
});

test('the API server crashes with the new pair, again and again: the old one is put back and served (fault 44)', async () => {
  const old = node.api.served();
  node.api.setCrashing((served) => served !== old);
  expect(await asBefore('undone', 5, '--reload-wait=2s')).toMatch(
    /^the API server did not take the new pair within 2 s; no kube-apiserver listens/,
  );
});

describe('/readyz', () => {
  test('comes and goes for a while after the swap: three good looks in a row are waited for (fault 45)', async () => {
    let looks = 0;
    happens = {
      after: {
        swap: () => {
          node.api.setHealthy(false);
          const timer = setInterval(() => {
            looks += 1;
            node.api.setHealthy(looks % 2 === 1 || looks > 3);
            if (looks > 3) clearInterval(timer);
          }, 1500);
        },
      },
    };
    expect(await done()).toBe(0);
    expect(looks).toBeGreaterThan(3);
  });

  test('never says three times in a row that it is well: the old pair is put back (fault 45)', async () => {
    happens = {
      after: { swap: () => node.api.setHealthy(false), prove: () => node.api.setHealthy(true) },
    };
    expect(await asBefore('undone', 5, '--settle=2s')).toMatch(
      /^the API servers were not ready three times in a row: .*readyz/,
    );
  });
});

test('somebody else renews the certificate while the new pair is staged: theirs stays (fault 57)', async () => {
  let theirs: readonly unknown[] = [];
  const names = namesOnDisk(node);
  happens = {
    before: {
      swap: () => {
        undo.push(reissue(on.simulation, node, names));
        theirs = pairOf();
      },
    },
  };
  const { exitCode, nodes, why } = await applied();
  expect({ exitCode, states: nodes.map(({ state }) => state) }).toEqual({
    exitCode: 7,
    states: ['untouched'],
  });
  expect(why).toBe('the pair in use is no longer the one that was planned for (plan again)');
  expect(pairOf()).toEqual(theirs);
  expectNothingWaits();
});

function pairOf(): readonly unknown[] {
  return ['crt', 'key'].map((kind) => {
    const file = at(`${pki}/apiserver.${kind}`);
    return [statSync(file).ino, readFileSync(file, 'utf8')];
  });
}
