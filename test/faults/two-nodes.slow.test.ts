/** Rows of docs/robustness.md that need a second control plane: one that is not well meanwhile, and one that answers in place of another. */
import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { namesOnDisk } from '../simulator/damage.ts';
import type { SimulatedNode } from '../simulator/simulate.ts';
import { type AtStep, openChangerAt } from '../support/at-step.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';

let on: SimulatedRuns;
let nodes: readonly SimulatedNode[];
let happens: AtStep = {};

beforeAll(async () => {
  on = await simulatedRuns(2, { openChanger: openChangerAt(() => happens) });
  ({ nodes } = on.simulation);
}, 60_000);
afterEach(() => {
  happens = {};
  for (const { api } of nodes) api.setHealthy(true);
});
afterAll(() => on[Symbol.asyncDispose]());

/** As much as a busy machine may want: only what goes wrong waits for all of it. */
const waits = ['--reload-wait=20s', '--settle=60s', '--dead-man=150s'];

test('another control plane falls ill while the first is changed: that one is put back, and the second is not begun (fault 48)', async () => {
  const before = nodes.map(filesOf);
  let changed: string | undefined;
  happens = {
    after: {
      swap: (name) => {
        changed = name;
        nodes.find((node) => node.name !== name)?.api.setHealthy(false);
      },
    },
  };
  const ended = await on.rolled('apply', '--san=ill.example.com', ...waits, '--settle=3s');
  expect(ended.exitCode).toBe(5);
  const [first, second] = ended.nodes.toSorted((one) => (one.node === changed ? -1 : 1));
  expect(first).toMatchObject({ node: changed, state: 'undone' });
  expect(first?.why).toMatch(/^the API servers were not ready three times in a row: .*readyz/);
  expect(second).toMatchObject({
    state: 'untouched',
    why: `not begun, since ${changed} did not come to a good end`,
  });
  expect(nodes.map(filesOf)).toEqual(before);
  expect(nodes.flatMap(stateOf)).not.toContain('lock');
});

test('a load balancer goes on leading to a control plane that has the old certificate: each is proven by its own address (fault 46)', async () => {
  const [one, other] = nodes;
  if (one === undefined || other === undefined) throw new Error('two nodes');
  await using balancer = await startFaultProxy(other.api);
  const endpoint = `127.0.0.1:${balancer.port}`;
  const ended = await on.rolled(
    'apply',
    '--san=lag.example.com',
    `--endpoint=${endpoint}`,
    `--only=${one.name}`,
    ...waits,
  );
  // The other is left, and that is said.
  expect(ended.exitCode).toBe(3);
  expect(ended.nodes.find(({ node }) => node === one.name)).toMatchObject({ state: 'done' });
  expect(new X509Certificate(one.api.served()).subjectAltName).toContain('DNS:lag.example.com');
  expect(namesOnDisk(other)).not.toContain('lag.example.com');
  const seen = ended.probe.endpoints.find((each) => each.endpoint === endpoint);
  expect(seen?.handshakes).toBeGreaterThan(5);
  expect(seen?.failed).toBe(0);
});
