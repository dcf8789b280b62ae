/** A row of docs/robustness.md: the certificate is a link. What it leads to is changed, and the link stays; where no rename leads there, nothing is begun. */
import { lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SimulatedNode } from '../simulator/simulate.ts';
import { type OwnMounts, ownMounts } from '../support/own-mounts.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';

let mounts: OwnMounts;
let on: SimulatedRuns;
let node: SimulatedNode;

beforeAll(async () => {
  mounts = await ownMounts();
  on = await simulatedRuns(1, { enter: () => mounts.enter });
  const [first] = on.simulation.nodes;
  if (first === undefined) throw new Error('no node');
  node = first;
}, 60_000);
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await mounts[Symbol.asyncDispose]();
});

const waits = ['--reload-wait=20s', '--settle=60s', '--dead-man=150s'];

test('of a link to the same file system the file behind is changed; of one to another the plan is refused (fault 27)', async () => {
  const link = path.join(node.root, 'etc/kubernetes/pki/apiserver.crt');
  const folder = path.join(node.root, 'srv/certificates');
  const real = path.join(folder, 'live.crt');
  mkdirSync(folder, { recursive: true });
  renameSync(link, real);
  symlinkSync(real, link);
  const done = await on.rolled('apply', '--san=linked.example.com', ...waits);
  expect(done.exitCode, done.nodes[0]?.why).toBe(0);
  expect([lstatSync(link).isSymbolicLink(), readlinkSync(link)]).toEqual([true, real]);
  expect(lstatSync(real).isFile()).toBe(true);
  expect(new X509Certificate(readFileSync(real)).subjectAltName).toContain('DNS:linked.example.com');
  expect(new X509Certificate(node.api.served()).subjectAltName).toContain('DNS:linked.example.com');

  mounts.run(
    `cd '${folder}'; cp -a live.crt ..; mount -t tmpfs -o size=4m tmpfs "$PWD"; mv ../live.crt '${folder}'`,
  );
  const before = { files: filesOf(node), state: stateOf(node), real: mounts.run(`cat '${real}'`) };
  const refused = await on.rolled('apply', '--san=other.example.com', ...waits);
  expect(refused.exitCode).toBe(7);
  expect(refused.nodes).toMatchObject([
    { state: 'untouched', why: expect.stringContaining('certificate and key lie on two file systems') },
  ]);
  expect({ files: filesOf(node), state: stateOf(node), real: mounts.run(`cat '${real}'`) }).toEqual(before);
});
