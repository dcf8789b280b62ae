/** The command line against simulated nodes: the same SSH, and the one transport that sets ROOT. */
import type { Io } from '../../src/cli/io.ts';
import { nodeReader } from '../../src/reach/run-query.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';

export const openSimulatedNode: NonNullable<Io['openNode']> = async (node, options) => {
  if (node.target.via !== 'ssh') throw new Error('simulated nodes are reached by SSH');
  const transport = await openSsh2(node.target, options);
  const simulated = {
    label: `simulated:${transport.label}`,
    facts: transport.facts,
    isSimulated: true as const,
    run: transport.run.bind(transport),
    ...(transport.dial && { dial: transport.dial.bind(transport) }),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
  const as = options.become === 'sudo' ? 'root' : 'login';
  return nodeReader(node, simulated, { as, limits: options.limits });
};
