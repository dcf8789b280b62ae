/** The demo: a kubectl that fails, and what the tool says to it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { $ } from 'zx';

const root = path.join(import.meta.dirname, '..');
const example = path.join(root, 'scripts', 'demo-error.txt');

$.verbose = false;
console.log('Somebody copied admin.conf to another host and changed its server: to the external address.\n');
console.log(readFileSync(example, 'utf8'));
console.log('$ fix-sans explain < error.txt\n');
const explained = await $({
  nothrow: true,
  env: { ...process.env, ...(process.stdout.isTTY ? { CLICOLOR_FORCE: '1' } : {}) },
})`node ${path.join(root, 'dist', 'fix-sans.js')} explain ${example}`;
console.log(explained.stdout + explained.stderr);
console.log(`exit code ${explained.exitCode}: a name is missing (fix-sans help exit-codes)`);
console.log('Try it on your own: pipe any log into node dist/fix-sans.js explain');
process.exitCode = explained.exitCode === 2 ? 0 : 1;
