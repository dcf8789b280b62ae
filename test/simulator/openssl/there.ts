/** Whether a simulated node gets a stand-in for openssl: where the machine has none, or a test wants it. */
import { findCommand } from '../../lab/install.ts';

export function needsOpenssl(): boolean {
  return process.env['FIX_SANS_SIMULATED_OPENSSL'] === '1' || findCommand('openssl') === undefined;
}
