/** The stand-in for kubectl as a program: a plain script is made of it. */
import { runHere } from '../program.ts';
import { kubectl } from './run.ts';

process.stderr.write('[simulated] this is a stand-in, not kubectl\n');
// Not awaited: a plain script cannot.
void runHere(kubectl);
