/** A mistake of the user's: one clear sentence and a hint; the process ends with 64 and nothing was done. */
export class UserError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'UserError';
    this.hint = hint;
  }
}
