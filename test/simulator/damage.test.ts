/** What can be done to a simulated node, and that it can be undone. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { handshake, runOn } from './client.ts';
import {
  expire,
  freezeReload,
  mismatchPair,
  namesOnDisk,
  reissue,
  takeCaKeyAway,
  type Undo,
} from './damage.ts';
import { stageAndSwap, stageConfig } from './sample-script.ts';
import { fileOf, simulate, type SimulatedNode, type Simulation } from './simulate.ts';

let simulation: Simulation;
let node: SimulatedNode;
let other: SimulatedNode;
let whole: unknown;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, keys: 'ec' });
  const [first, second] = simulation.nodes;
  if (first === undefined || second === undefined) throw new Error('two nodes are needed');
  [node, other] = [first, second];
  whole = pkiFiles();
});
afterAll(() => simulation.stop());
// Every damage is to be undone.
beforeEach(() => {
  if (!isDeepStrictEqual(pkiFiles(), whole)) throw new Error('the last test left something behind');
});

/** Names, modes and bytes of the PKI of both nodes. */
function pkiFiles(): unknown {
  return simulation.nodes.map(({ root }) => {
    const folder = path.join(root, 'etc/kubernetes/pki');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => [file, statSync(file).mode, readFileSync(file, 'utf8')]);
  });
}

function diskSerial(): string {
  return new X509Certificate(fileOf(node, 'etc/kubernetes/pki/apiserver.crt')).serialNumber;
}

async function servedSerial(): Promise<string> {
  return (await handshake(node, simulation.ca)).serialNumber;
}

async function undone(undo: Undo, serial: string): Promise<void> {
  undo();
  await expect.poll(servedSerial).toBe(serial);
}

test('a certificate with given names is served by that node alone', async () => {
  const [before, others] = [diskSerial(), other.api.served()];
  const undo = reissue(simulation, node, ['cp1', '*.example.com', '192.0.2.1', 'fd00::1']);
  expect(namesOnDisk(node)).toEqual(['cp1', '*.example.com', '192.0.2.1', 'FD00:0:0:0:0:0:0:1']);
  await expect.poll(servedSerial).toBe(diskSerial());
  expect(diskSerial()).not.toBe(before);
  expect(other.api.served()).toBe(others);
  await undone(undo, before);
});

test('an expired one has the same names, and is served all the same', async () => {
  const [before, names] = [diskSerial(), namesOnDisk(node)];
  const undo = expire(simulation, node);
  expect(namesOnDisk(node)).toEqual(names);
  await expect.poll(() => new X509Certificate(node.api.served()).serialNumber).toBe(diskSerial());
  const { validTo } = new X509Certificate(node.api.served());
  expect(Date.parse(validTo)).toBeLessThan(Date.now());
  await expect(handshake(node, simulation.ca)).rejects.toThrow('certificate has expired');
  await undone(undo, before);
});

test('with a key that is not the certificate’s the old pair is served on', async () => {
  const before = diskSerial();
  const undo = mismatchPair(simulation, node);
  await sleep(150);
  expect(await servedSerial()).toBe(before);
  await undone(undo, before);
});

test('without the CA’s key the node’s kubeadm cannot sign, and everything is served as before', async () => {
  const before = diskSerial();
  const undo = takeCaKeyAway(node);
  expect(existsSync(path.join(node.root, 'etc/kubernetes/pki/ca.key'))).toBe(false);
  const ran = await runOn(node, stageAndSwap, stageConfig(node));
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('failure loading key for apiserver');
  expect(await servedSerial()).toBe(before);
  await undone(undo, before);
});

test('a server that does not look serves the old pair, and the new one when it looks again', async () => {
  const before = diskSerial();
  const thaw = freezeReload(node);
  const undo = reissue(simulation, node, ['cp1']);
  await sleep(150);
  expect(await servedSerial()).toBe(before);
  thaw();
  await expect.poll(servedSerial).toBe(diskSerial());
  expect(diskSerial()).not.toBe(before);
  await undone(undo, before);
});
