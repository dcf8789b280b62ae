/** How often a property is tried: a tenth in the quick check, all of it where FIX_SANS_THOROUGH is set, as `./scripts/test` does. */
const isThorough = process.env['FIX_SANS_THOROUGH'] !== undefined;

/** Every case instead of a sample, which takes hours: only for whoever asks for it. */
export const isEvery = process.env['FIX_SANS_THOROUGH'] === 'all';

export function runs(thorough: number): number {
  return isThorough ? thorough : Math.ceil(thorough / 10);
}
