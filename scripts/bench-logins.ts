/** 200 logins to a real sshd: our client beside `xargs ssh` and Ansible, the same file and then the script of `inspect`, in one run. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { factsQuery } from '../src/inspect/node/facts-script.ts';
import { composeScript } from '../src/reach/prelude.ts';
import { ansibleBin } from '../test/support/ansible.ts';
import { bundleClient } from './bench-bundle.ts';
import type { Task, Told } from './bench-client.ts';
import { machine, row } from './bench-output.ts';
import { type BenchSshd, startBenchSshd, type Timed } from './bench-sshd.ts';

const hosts = 200;

export async function benchLogins(): Promise<void> {
  const client = await bundleClient('client');
  const ansible = path.join(await ansibleBin(), 'ansible');
  await using sshd = await startBenchSshd(hosts);
  console.log(`${hosts} addresses of one real sshd; the best of each client's runs, which took turns`);
  console.log(`${machine()}\n`);
  await compare('one file of 12 KiB', sshd, fileClients(sshd, client, ansible), true);
  await compare("inspect's script", sshd, factsClients(sshd, client, ansible), false);
}

interface Contender {
  readonly name: string;
  readonly runs: number;
  /** What is wanted of ours against it. */
  readonly atLeast?: number;
  /** Rejects where not every host has answered. */
  readonly run: () => Promise<Timed>;
}

async function compare(
  what: string,
  sshd: BenchSshd,
  contenders: readonly Contender[],
  isBound: boolean,
): Promise<void> {
  const best = new Map<string, Timed>();
  for (let round = 0; round < Math.max(...contenders.map(({ runs }) => runs)); round += 1) {
    for (const { name, runs, run } of contenders) {
      if (round >= runs) continue;
      const timed = await run();
      const before = best.get(name);
      if (!before || timed.seconds < before.seconds) best.set(name, timed);
    }
  }
  const [first, ...others] = contenders;
  const ours = best.get(first?.name ?? '');
  if (!first || !ours) throw new Error('nobody ran');
  const told = JSON.parse(ours.stdout) as Told;
  row(
    `${what}: ${first.name}`,
    `${ours.seconds.toFixed(1)} s, ${(sshd.addresses.length / ours.seconds).toFixed(0)} hosts/s`,
  );
  const each = told.workCpuMs / hosts;
  row(
    '  its CPU per host (with the start of Node in brackets)',
    `${each.toFixed(1)} ms (${((ours.cpuSeconds * 1000) / hosts).toFixed(1)})`,
    isBound ? 'at most 8 ms' : '',
    isBound ? each <= 8 : undefined,
  );
  for (const { name, atLeast } of others) {
    const theirs = best.get(name);
    if (!theirs) continue;
    const ratio = theirs.seconds / ours.seconds;
    row(
      `${what}: ${name}`,
      `${theirs.seconds.toFixed(1)} s = ${ratio.toFixed(1)} x`,
      atLeast === undefined ? '' : `at least ${atLeast} x`,
      atLeast === undefined ? undefined : ratio >= atLeast,
    );
    row('  its CPU per host', `${((theirs.cpuSeconds * 1000) / hosts).toFixed(1)} ms`);
  }
}

function fileClients(sshd: BenchSshd, client: string, ansible: string): readonly Contender[] {
  const { payload } = sshd;
  const bySsh = (...options: readonly string[]): (() => Promise<Timed>) => {
    const command = ['ssh', '-F', sshd.sshConfig, ...options, '{}', 'cat', payload.path];
    return async () => {
      const timed = await xargs(sshd, command);
      check(timed.stdout.length, hosts * payload.bytes, 'bytes by ssh');
      return timed;
    };
  };
  return [
    {
      name: 'fix-sans',
      runs: 3,
      run: () => byFixSans(sshd, client, { file: payload.path }, hosts * payload.bytes),
    },
    { name: "xargs -P16 ssh, OpenSSH's defaults", runs: 3, atLeast: 2, run: bySsh() },
    { name: 'xargs -P16 ssh, curve25519', runs: 3, run: bySsh('-o', 'KexAlgorithms=curve25519-sha256') },
    {
      name: 'ansible -f16 -m slurp',
      runs: 2,
      atLeast: 5,
      run: () =>
        byAnsible(sshd, ansible, ['-m', 'slurp', '-a', `src=${payload.path}`], '"encoding": "base64"'),
    },
  ];
}

function factsClients(sshd: BenchSshd, client: string, ansible: string): readonly Contender[] {
  const script = path.join(sshd.folder, 'facts.sh');
  const nonce = '0'.repeat(32);
  writeFileSync(script, composeScript({ script: factsQuery.script, nonce }));
  const end = `#fix-sans ${nonce} frame end `;
  const shell = `ssh -F '${sshd.sshConfig}' "$1" sh <'${script}' 2>/dev/null`;
  return [
    { name: 'fix-sans', runs: 2, run: () => byFixSans(sshd, client, 'facts') },
    {
      name: 'xargs -P16 ssh HOST sh',
      runs: 2,
      run: async () => {
        const timed = await xargs(sshd, ['sh', '-c', shell, 'sh', '{}']);
        check(timed.stdout.split(end).length - 1, hosts, 'replies by ssh');
        return timed;
      },
    },
    {
      name: 'ansible -f16 -m script',
      runs: 1,
      // It prints stdout and its lines again.
      run: () => byAnsible(sshd, ansible, ['-m', 'script', '-a', script], '"rc": 0,'),
    },
  ];
}

async function byFixSans(
  sshd: BenchSshd,
  client: string,
  asks: Task['asks'],
  bytes?: number,
): Promise<Timed> {
  const task: Task = {
    hosts: sshd.addresses.map((host) => ({ host, port: 22 })),
    user: sshd.user,
    sshConfig: sshd.sshConfig,
    asks,
  };
  const timed = await sshd.timed([process.execPath, client, JSON.stringify(task)]);
  const told = JSON.parse(timed.stdout) as Told;
  check(told.read, hosts, `hosts were read (${told.troubles.join('; ')})`);
  if (bytes !== undefined) check(told.bytes, bytes, 'bytes by fix-sans');
  return timed;
}

function xargs(sshd: BenchSshd, command: readonly string[]): Promise<Timed> {
  const list = path.join(sshd.folder, 'hosts');
  writeFileSync(list, sshd.addresses.map((address) => `${address}\n`).join(''));
  return sshd.timed(['xargs', '-a', list, '-P16', '-I{}', ...command]);
}

/** As it comes, but for two things in its favour: it need not look for Python, and has no other configuration to read. */
async function byAnsible(
  sshd: BenchSshd,
  ansible: string,
  module: readonly string[],
  sign: string,
): Promise<Timed> {
  const inventory = path.join(sshd.folder, 'inventory.ini');
  writeFileSync(inventory, sshd.addresses.map((address) => `${address}\n`).join(''));
  const settings = path.join(sshd.folder, 'ansible.cfg');
  // A master that an earlier run left open would spare this one its logins.
  const sockets = `${sshd.folder}/cp-${Date.now()}`;
  writeFileSync(
    settings,
    `[defaults]\ninterpreter_python = /usr/bin/python3\n[ssh_connection]\nssh_common_args = -F ${sshd.sshConfig}\ncontrol_path_dir = ${sockets}\n`,
  );
  const timed = await sshd.timed([ansible, 'all', '-i', inventory, '-f16', ...module], {
    ANSIBLE_CONFIG: settings,
  });
  await sshd.hangUp();
  check(timed.stdout.split(sign).length - 1, hosts, 'replies by Ansible');
  return timed;
}

function check(is: number, wanted: number, what: string): void {
  if (is !== wanted) throw new Error(`${is} instead of ${wanted} ${what}`);
}
