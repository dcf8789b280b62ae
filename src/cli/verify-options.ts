/** Flags of `verify`: what is wanted, how long it is waited for, and from which pod it is looked. */
import type { Option } from './command.ts';
import { planOptions } from './plan-options.ts';

const proof = 'What is proven:';
const shared: ReadonlySet<string> = new Set([
  '--from-error <file>',
  '--kubespray <folder>',
  '--kubespray-version <version>',
]);

export const verifyOptions: readonly Option[] = [
  ...planOptions.filter(({ flags }) => shared.has(flags)),
  { flags: '--plan <file>', about: 'what this plan says must be there, of plan --out', group: proof },
  { flags: '--wait <time>', about: 'try again until all holds, for at most this long', group: proof },
  {
    flags: '--walk',
    about: "only a pod's way to the API, link by link, and which link is broken",
    group: proof,
  },
  { flags: '--pod <namespace/name>', about: 'look from this pod and no other', group: proof },
  {
    flags: '--accept-uninspected',
    about: 'ask for no proof of control planes that were not named',
    group: proof,
  },
  {
    flags: '--probe-image <image>',
    about:
      'on each node that is read and has no pod to look from, run a pod of this image for as long as it is looked, then delete it',
    group: proof,
  },
  { flags: '--without-pods', about: 'ask for no proof from a pod', group: proof },
];
