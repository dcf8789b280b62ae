/** The door to simulated nodes, with something that happens just before or just after a step of a run. */
import type { Io } from '../../src/cli/io.ts';
import type { NodeChanger } from '../../src/reach/changer.ts';
import { openSimulatedChanger } from './simulated-cli.ts';

export interface AtStep {
  /** By the name of the step. */
  readonly before?: Readonly<Record<string, (node: string) => unknown>>;
  readonly after?: Readonly<Record<string, (node: string) => unknown>>;
  /** Beside what the controller tells a step. */
  readonly data?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** `what` is asked for anew with each step, so that each test has its own. */
export function openChangerAt(what: () => AtStep): NonNullable<Io['openChanger']> {
  return async (node, options): Promise<NodeChanger> => {
    const opened = await openSimulatedChanger(node, options);
    return {
      node,
      change: async (step, data, limits) => {
        const { before = {}, after = {}, data: more = {} } = what();
        await before[step.name]?.(node.name);
        const reply = await opened.change(step, { ...data, ...more[step.name] }, limits);
        await after[step.name]?.(node.name);
        return reply;
      },
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  };
}
