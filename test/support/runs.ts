/** How often a property is tried: a tenth in the quick check, all of it where FIX_SANS_THOROUGH is set, as `./scripts/test` does. */
export const isThorough = process.env['FIX_SANS_THOROUGH'] === '1';

export function runs(thorough: number): number {
  return isThorough ? thorough : Math.ceil(thorough / 10);
}
