/** `local:` on the machine that runs the tests. */
import { openLocal } from '../../src/reach/local.ts';
import { transportContract } from './contract.ts';

transportContract('local', () => Promise.resolve(openLocal()));
