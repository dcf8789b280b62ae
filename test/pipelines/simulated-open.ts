/** In place of the program's own doors to the nodes, for a bundle of the real main.ts: the same SSH, to simulated nodes. */
export {
  openSimulatedChanger as openChanger,
  openSimulatedNode as openNode,
} from '../support/simulated-cli.ts';
