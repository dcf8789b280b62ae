/** The command line against simulated nodes: the same SSH, and the one transport that sets ROOT. */
import type { Io } from '../../src/cli/io.ts';
import { nodeChanger } from '../../src/reach/changer.ts';
import { nodeReader } from '../../src/reach/run-query.ts';
import { podMaker } from '../../src/reach/pod-maker.ts';
import { nodeRehearser } from '../../src/reach/rehearser.ts';
import { openOpenssh } from '../../src/reach/openssh/open.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import type { Transport } from '../../src/reach/transport.ts';

export const openSimulatedNode: NonNullable<Io['openNode']> = async (node, options) => {
  const as = options.become === 'sudo' ? 'root' : 'login';
  return nodeReader(node, await simulatedTransport(node, options), { as, limits: options.limits });
};

export const openSimulatedRehearser: NonNullable<Io['openRehearser']> = async (node, options) => {
  const runAs = { sudo: 'root', helper: 'helper', none: 'login' } as const;
  const as = runAs[options.become];
  return nodeRehearser(node, await simulatedTransport(node, options), { as, limits: options.limits });
};

export const openSimulatedChanger: NonNullable<Io['openChanger']> = async (node, options) => {
  const runAs = { sudo: 'root', helper: 'helper', none: 'login' } as const;
  const as = runAs[options.become];
  return nodeChanger(node, await simulatedTransport(node, options), { as, limits: options.limits });
};

export const openSimulatedPodMaker: NonNullable<Io['openPodMaker']> = async (node, options) => {
  const as = options.become === 'sudo' ? 'root' : 'login';
  return podMaker(node, await simulatedTransport(node, options), { as, limits: options.limits });
};

async function simulatedTransport(
  ...[node, options]: Parameters<NonNullable<Io['openNode']>>
): Promise<Transport> {
  if (node.target.via !== 'ssh') throw new Error('simulated nodes are reached by SSH');
  const open = options.transport === 'openssh' ? openOpenssh : openSsh2;
  const transport = await open(node.target, options);
  return {
    label: `simulated:${transport.label}`,
    facts: transport.facts,
    isSimulated: true as const,
    run: transport.run.bind(transport),
    ...(transport.dial && { dial: transport.dial.bind(transport) }),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
