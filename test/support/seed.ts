/** Where chance begins, printed by whatever uses it: FIX_SANS_SEED repeats a run. The same each time unless somebody asks for another. */
const given = process.env['FIX_SANS_SEED'] ?? '';
if (!/^\d{0,10}$/.test(given)) throw new Error(`FIX_SANS_SEED=${given} is no number of ten digits at most`);

export const seed = given === '' ? 20261121 : Number(given);
