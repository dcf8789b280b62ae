/** `inspect --print-helper`: the script for a node whose admins give nobody all of root, and the sudoers lines that allow only it. */
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import { helperPath } from './become.ts';
import { composeHelper } from './prelude.ts';
import type { Query } from './reader.ts';

export interface Helper {
  /** Where it belongs: root:root, 0755. */
  readonly path: string;
  readonly script: string;
  /** For a file in /etc/sudoers.d. */
  readonly sudoers: string;
}

export function helperFor(query: Query, user: string): Helper {
  // In sudoers %, #, ! and + at the beginning, and commas and blanks anywhere, mean something else than a user; so does a word
  // in capitals, which is an alias, or ALL.
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(user) || /^[A-Z][A-Z0-9_]*$/.test(user)) {
    throw new UserError(
      `"${display(user)}" cannot stand in sudoers as it is`,
      'name a user of letters, digits, dots, dashes',
    );
  }
  return {
    path: helperPath,
    script: composeHelper(query.script),
    sudoers: [
      `# Lets ${user} read what fix-sans inspect reads, and run nothing else as root. The two quotes allow no argument.`,
      `Defaults!${helperPath} !requiretty`,
      `${user} ALL=(root) NOPASSWD: ${helperPath} ""`,
      '',
    ].join('\n'),
  };
}
