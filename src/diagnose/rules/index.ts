/** All rules, in the order in which their findings are shown: what somebody must act on first comes first. */
import type { Rule } from '../context.ts';
import { configRules } from './config.ts';
import { interceptionRules } from './interception.ts';
import { nameRules } from './names.ts';
import { networkRules } from './network.ts';
import { nodeHealthRules } from './node-health.ts';
import { ownershipRules } from './ownership.ts';
import { servingRules } from './serving.ts';
import { trustRules } from './trust.ts';

export { ownershipRules };

export const rules: readonly Rule[] = [
  ...ownershipRules,
  ...interceptionRules,
  ...nameRules,
  ...servingRules,
  ...trustRules,
  ...configRules,
  ...networkRules,
  ...nodeHealthRules,
];
