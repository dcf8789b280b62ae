/** All parsers of what comes from outside: from people, from files, from nodes, from the API, from whoever answers on a port. */
import { certificateParsers } from './of-certificates.ts';
import { clusterParsers } from './of-cluster.ts';
import { configParsers } from './of-configs.ts';
import { inventoryParsers } from './of-inventories.ts';
import { nameParsers } from './of-names.ts';
import { patchParsers } from './of-patches.ts';
import type { Parser } from './parser.ts';
import { replyParsers } from './of-replies.ts';
import { sshParsers } from './of-ssh.ts';

export const parsers: readonly Parser[] = [
  ...nameParsers,
  ...certificateParsers,
  ...inventoryParsers,
  ...configParsers,
  ...patchParsers,
  ...sshParsers,
  ...replyParsers,
  ...clusterParsers,
];
