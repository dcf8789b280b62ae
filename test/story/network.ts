/**
 * Three places in a row, each a network of its own: where the user sits, where the company looks into traffic, and the control
 * plane. Nothing of it touches the network of this machine.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { findCommand, type InstallOptions, ensureCommands } from '../lab/install.ts';
import { run, tidy } from '../lab/run.ts';
import { Trouble } from '../lab/trouble.ts';

export const addresses = {
  client: '10.77.1.2',
  middleToClient: '10.77.1.1',
  middleToServer: '10.77.2.1',
  server: '10.77.2.10',
} as const;

export interface Place {
  /** The words to put before a program so that it runs there. */
  readonly enter: readonly string[];
}

export interface StoryNetwork extends AsyncDisposable {
  readonly client: Place;
  readonly middle: Place;
  /** What the middle does with packets; a call replaces what the last one said. */
  rules(lines: readonly string[]): Promise<void>;
}

const prefix = 'fsstory';

/** `serverPid` is a process of the container that has no network yet. */
export async function makeNetwork(serverPid: number, options: InstallOptions): Promise<StoryNetwork> {
  if (process.getuid?.() !== 0)
    throw new Trouble('network namespaces need root', 'run the tests of the project story as root');
  await ensureCommands(
    [
      { command: 'ip', package: 'iproute2', purpose: 'makes network namespaces' },
      { command: 'iptables', package: 'iptables', purpose: 'redirects connections in them' },
      { command: 'nsenter', package: 'util-linux', purpose: 'enters the network of a container' },
    ],
    options,
  );
  await removeLeftovers();
  const tag = randomBytes(2).toString('hex');
  const [client, middle] = ['c', 'm'].map((letter) => `${prefix}${process.pid}${letter}${tag}`) as [
    string,
    string,
  ];
  const inServer = [nsenter(), '--net', '--target', String(serverPid)];
  const dispose = async (): Promise<void> => {
    for (const name of [client, middle]) await tidy`ip netns delete ${name}`;
  };
  try {
    for (const name of [client, middle]) {
      await run`ip netns add ${name}`;
      await run`ip -n ${name} link set lo up`;
    }
    // Made where they end, so that no name can meet one of this machine's.
    await run`ip -n ${middle} link add toclient type veth peer name eth0 netns ${client}`;
    await run`ip -n ${middle} link add toserver type veth peer name eth0 netns ${serverPid}`;
    await run`ip -n ${client} address add ${`${addresses.client}/24`} dev eth0`;
    await run`ip -n ${middle} address add ${`${addresses.middleToClient}/24`} dev toclient`;
    await run`ip -n ${middle} address add ${`${addresses.middleToServer}/24`} dev toserver`;
    await run`${inServer} ip address add ${`${addresses.server}/24`} dev eth0`;
    await run`ip -n ${client} link set eth0 up`;
    await run`ip -n ${middle} link set toclient up`;
    await run`ip -n ${middle} link set toserver up`;
    await run`${inServer} ip link set eth0 up`;
    await run`ip -n ${client} route add default via ${addresses.middleToClient}`;
    await run`${inServer} ip route add default via ${addresses.middleToServer}`;
    await run`ip netns exec ${middle} sysctl -qw net.ipv4.ip_forward=1`;
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    client: { enter: ['ip', 'netns', 'exec', client] },
    middle: { enter: ['ip', 'netns', 'exec', middle] },
    async rules(lines) {
      const at = ['ip', 'netns', 'exec', middle, 'iptables', '--wait'];
      await run`${at} --table nat --flush PREROUTING`;
      await run`${at} --flush FORWARD`;
      for (const line of lines) await run`${[...at, ...line.split(' ')]}`;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function nsenter(): string {
  return findCommand('nsenter') ?? 'nsenter';
}

/** Namespaces of runs whose process is gone. */
async function removeLeftovers(): Promise<void> {
  const names = (await tidy`ip netns list`).stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  const alive = new Set(readdirSync('/proc'));
  for (const name of names) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)[cm][0-9a-f]{4}$`).exec(name) ?? [];
    if (pid !== undefined && !alive.has(pid)) await tidy`ip netns delete ${name}`;
  }
}
