/** The stand-in for openssl as a program: a plain script is made of it. */
import { runHere } from '../program.ts';
import { openssl } from './run.ts';

// Not awaited: a plain script cannot.
void runHere(openssl);
