/** Where a stand-in for a node's program may look and write: below the simulated node's folder, and nowhere else. */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** Set by the simulator's SSH server alone: the folder that is `/` for a simulated node. */
export const root = process.env['FIX_SANS_ROOT'];

/**
 * On a simulated node every path is below its root, whether it was written with the root before it or as the node sees
 * it; undefined for one that links lead out of it.
 */
export function inside(file: string, above: string | undefined = root): string | undefined {
  if (above === undefined) return file;
  const below = `${realpathSync(above)}${path.sep}`;
  const given = path.normalize(file);
  const isWhole = given.startsWith(below) || given.startsWith(`${above}${path.sep}`);
  const whole = isWhole ? given : path.join(above, path.join('/', given));
  let there = whole;
  while (!existsSync(there)) there = path.dirname(there);
  return `${realpathSync(there)}${path.sep}`.startsWith(below) ? whole : undefined;
}
