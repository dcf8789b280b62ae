/** What goes wrong, or is done by somebody else: scripts and controllers that are killed, lines that break, files that others write, clocks, restarts, time. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify, parse } from 'yaml';
import type { Io } from '../../../src/cli/io.ts';
import { ReachError } from '../../../src/reach/transport.ts';
import { namesOnDisk, reissue } from '../../simulator/damage.ts';
import type { SimulatedNode } from '../../simulator/simulate.ts';
import { openSimulatedChanger } from '../../support/simulated-cli.ts';
import { configOf, newRun, stageData, stepsOn } from '../../support/steps.ts';
import { adopt, Disagreement } from './agree.ts';
import { certSansIn, endSwitches, plant, setClock, stateFolder, unplant, until } from './ground.ts';
import { look } from './look.ts';
import { isWhole, type Model, openRuns, put, serve } from './model.ts';
import { afterApply, allWhole, type Counted, nodeAt, type Step, step } from './operators.ts';
import { expectExit, namesArgs, told } from './told.ts';
import { otherBoot } from './look.ts';
import { timePassed } from './transitions.ts';

/** All steps of a node as far as they come, by a controller that does not come back, with a script killed at its k-th command. */
export function crashes(counted: Counted, index: number, at: number, when: 'before' | 'after'): Step {
  const text = `crash of script and controller on node ${index} ${when} command ${at}`;
  return step(counted, text, async (model, ground) => {
    const [node, simulated] = [nodeAt(model.nodes, index), nodeAt(ground.nodes, index)];
    plant(simulated, at, when);
    await wholeRun(simulated).catch(() => undefined);
    unplant(simulated);
    if (!node.isFrozen) await settled(simulated);
    adopt(model, node, look(simulated));
  });
}

async function wholeRun(node: SimulatedNode): Promise<void> {
  const on = stepsOn(node, newRun());
  const { runs = '', lock } = await on.ask('take-lock');
  if (lock !== 'taken') return;
  for (const line of runs.split('\n').filter((one) => one !== '')) {
    const { result } = await on.ask('undo', { of: line.split(' ')[0] ?? '', isBack: '' });
    if (result !== 'back' && result !== 'nothing') return;
  }
  const { sums = '' } = await on.ask('stage', stageData(node, configOf(node, on.run, 'crash.example.com')));
  await on.ask('swap', { sums, wait: '1' });
  await on.ask('finish', { keep: '5', release: '1', patch: '', summary: 'a test', admin: '' });
}

/** Until the API server has taken what is on the disk, and a switch that has nothing to do has ended. */
async function settled(node: SimulatedNode): Promise<void> {
  await until(() => {
    const { runs, switches, isWhole: whole, leaf, served } = look(node);
    return switches.every((run) => runs[run]?.isEnded === false) && (!whole || leaf === served);
  }, 5000);
}

type Cut = 'killed before' | 'killed after' | 'link lost in';
const cutSteps = ['take-lock', 'stage', 'swap', 'prove', 'finish', 'release'] as const;
export type CutStep = (typeof cutSteps)[number];
export const cuts: readonly Cut[] = ['killed before', 'killed after', 'link lost in'];
export { cutSteps };

/** A whole apply whose controller dies at a step, or whose line breaks in it while the node goes on. */
export function cutOff(counted: Counted, cut: Cut, at: CutStep, names: readonly string[]): Step {
  const text = `apply ${names.join(' ')} with the controller's ${cut} ${at}`;
  return step(counted, text, async (model, ground) => {
    let isDead = false;
    let isCut = false;
    const openChanger: NonNullable<Io['openChanger']> = async (node, options) => {
      const changer = await openSimulatedChanger(node, options);
      return {
        ...changer,
        change: async (asked, data, limits) => {
          if (isDead) throw new Error('the controller is dead');
          const isIt = asked.name === at && !isCut;
          if (isIt) isCut = true;
          if (isIt && cut === 'killed before') {
            isDead = true;
            throw new Error('the controller is dead');
          }
          const answer = changer.change(asked, data, limits);
          if (isIt && cut === 'link lost in') {
            // What the node makes of it nobody hears.
            const heard = await Promise.race([
              answer.then(
                () => true,
                () => true,
              ),
              sleep(150, false),
            ]);
            if (!heard) await changer[Symbol.asyncDispose]();
            await answer.catch(() => undefined);
            throw new ReachError({
              code: 'link-lost',
              message: 'lost by the test',
              hint: '',
              retryable: true,
            });
          }
          const given = await answer;
          if (isIt && cut === 'killed after') {
            isDead = true;
            throw new Error('the controller is dead');
          }
          return given;
        },
      };
    };
    const before = [...model.nodes].map(({ pair }) => pair);
    const said = await told(ground, ['apply', ...namesArgs(names)], openChanger).catch((error: unknown) => {
      if (isDead && !(error instanceof Disagreement)) return undefined;
      throw error;
    });
    if (!isCut && said !== undefined) {
      expectExit(text, said, [afterApply(model, ground, names, said)]);
      return;
    }
    for (const [index, node] of model.nodes.entries()) {
      const simulated = nodeAt(ground.nodes, index);
      if (!node.isFrozen) await settled(simulated);
      const seen = look(simulated);
      adopt(model, node, seen);
      const open = openRuns(node);
      if (said === undefined) continue;
      // Whoever lives has put it in order, or says that the node will.
      const outcome = said.json.nodes?.find((one) => one.node === node.name);
      const isSick = node.isFrozen || [7, 9].includes(said.code);
      if (open.length > 0 && outcome?.state !== 'unknown' && !isSick)
        throw new Disagreement(
          `${text}: ${open.join()} is open on ${node.name}, and it said ${said.code}\n${said.stderr}`,
        );
      if ((outcome?.state === 'done') !== (node.pair !== before[index]) && !isSick && open.length === 0)
        if (outcome?.state === 'done' || said.code === 0)
          throw new Disagreement(`${text}: ${node.name} is said to be ${outcome?.state}\n${said.stderr}`);
    }
    if (said !== undefined) expectExit(text, said, [0, 1, 3, 5, 6, 7, 75, ...(hasFrozen(model) ? [9] : [])]);
    model.config = ground.config();
    model.certSans = certSansIn(model.config);
  });
}

function hasFrozen({ nodes }: Model): boolean {
  return nodes.some(({ isFrozen }) => isFrozen);
}

/** A whole apply whose script is killed at its k-th command, while the controller lives. */
export function appliesThroughKill(
  counted: Counted,
  index: number,
  at: number,
  names: readonly string[],
): Step {
  const text = `apply ${names.join(' ')} while node ${index} kills a script at command ${at}`;
  return step(counted, text, async (model, ground) => {
    const simulated = nodeAt(ground.nodes, index);
    plant(simulated, at, at % 2 === 0 ? 'before' : 'after');
    const said = await told(ground, ['apply', ...namesArgs(names)]);
    if (!unplant(simulated)) {
      expectExit(text, said, [afterApply(model, ground, names, said)]);
      return;
    }
    for (const [other, node] of model.nodes.entries()) {
      const there = nodeAt(ground.nodes, other);
      if (!node.isFrozen) await settled(there);
      adopt(model, node, look(there));
      const outcome = said.json.nodes?.find((one) => one.node === node.name);
      const open = openRuns(node);
      const isSick = node.isFrozen || [7, 9].includes(said.code);
      if (open.length > 0 && outcome?.state !== 'unknown' && !isSick)
        throw new Disagreement(
          `${text}: ${open.join()} is open on ${node.name}, and it said ${said.code}\n${said.stderr}`,
        );
    }
    expectExit(text, said, [0, 1, 3, 5, 6, 7, 75, ...(hasFrozen(model) ? [9] : [])]);
    model.config = ground.config();
    model.certSans = certSansIn(model.config);
  });
}

/** Somebody signs another one by hand, with a name more or one less. */
export function signsAnother(counted: Counted, index: number, name: string): Step {
  const text = `somebody signs another pair on node ${index}, with or without ${name}`;
  return step(counted, text, async (model, ground) => {
    const [node, simulated] = [nodeAt(model.nodes, index), nodeAt(ground.nodes, index)];
    const names = namesOnDisk(simulated);
    const other = names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
    reissue(ground.simulation, simulated, other);
    const { pair, leaf } = look(simulated);
    model.pairs.set(pair, { leaf, names: [...other].toSorted() });
    put(model, node, pair);
  });
}

export function editsConfig(counted: Counted, name: string): Step {
  const text = `somebody edits kubeadm-config, with or without ${name}`;
  return step(counted, text, async (model, ground) => {
    const config = parse(ground.config()) as { apiServer: { certSANs?: readonly string[] } };
    const { certSANs = [] } = config.apiServer;
    config.apiServer.certSANs = certSANs.includes(name)
      ? certSANs.filter((one) => one !== name)
      : [...certSANs, name];
    ground.setConfig(stringify(config));
    model.config = ground.config();
    model.certSans = certSansIn(model.config);
    await Promise.resolve();
  });
}

export function setsClock(counted: Counted, index: number, seconds: number): Step {
  return step(counted, `the clock of node ${index} jumps by ${seconds} s`, async (model, ground) => {
    setClock(nodeAt(ground.nodes, index), seconds);
    nodeAt(model.nodes, index).isClockOff = Math.abs(seconds) > 300;
    await Promise.resolve();
  });
}

export function freezes(counted: Counted, index: number, isFrozen: boolean): Step {
  const text = `the API server of node ${index} ${isFrozen ? 'looks at its files no more' : 'looks at its files again'}`;
  return step(
    counted,
    text,
    async (model, ground) => {
      const node = nodeAt(model.nodes, index);
      nodeAt(ground.nodes, index).api.setFrozen(isFrozen);
      node.isFrozen = isFrozen;
      if (!isFrozen && isWhole(model, node)) serve(model, node);
      await Promise.resolve();
    },
    (model) => nodeAt(model.nodes, index).isFrozen !== isFrozen,
  );
}

export function restartsServer(counted: Counted, index: number): Step {
  return step(
    counted,
    `the API server of node ${index} is started anew`,
    async (model, ground) => {
      await nodeAt(ground.nodes, index).api.restart();
      serve(model, nodeAt(model.nodes, index));
    },
    (model) => isWhole(model, nodeAt(model.nodes, index)),
  );
}

/** No lock holds for ever, and no switch waits for ever. */
export function timePasses(counted: Counted): Step {
  return step(counted, 'time passes', async (model, ground) => {
    timePassed(model);
    for (const node of ground.nodes) {
      rewriteLock(node, (lines) => lines.with(2, '0'));
      const { runs } = look(node);
      for (const [run, { isEnded, state }] of Object.entries(runs))
        if (!isEnded && state !== 'none') writeFileSync(path.join(stateFolder(node), run, 'deadline'), '0\n');
      await until(
        () => look(node).switches.every((run) => look(node).runs[run]?.state.startsWith('stuck')),
        20_000,
      );
    }
  });
}

/** Its switches are gone, its locks are of another boot; without systemd the next run has to see to what was begun. */
export function reboots(counted: Counted, index: number): Step {
  return step(
    counted,
    `node ${index} is started anew`,
    async (model, ground) => {
      const [node, simulated] = [nodeAt(model.nodes, index), nodeAt(ground.nodes, index)];
      endSwitches(simulated);
      rewriteLock(simulated, (lines) => lines.with(1, otherBoot));
      await simulated.api.restart();
      node.switches.clear();
      node.lock = undefined;
      serve(model, node);
    },
    allWhole,
  );
}

function rewriteLock(node: SimulatedNode, change: (lines: string[]) => string[]): void {
  const file = path.join(stateFolder(node), 'lock');
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    if (lines.length > 3) writeFileSync(file, change(lines).join('\n'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
