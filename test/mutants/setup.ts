/** The same chances for every mutant: one that is killed today must not survive tomorrow by luck. */
import fc from 'fast-check';
import { seed } from '../support/seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
