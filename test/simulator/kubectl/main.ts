/** The stand-in for kubectl: `get`, `create`, `replace` and `delete` with `--raw`, and `version --client`, with the connection checked as the real one does. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { inside } from '../inside.ts';
import { version } from '../kubeadm/settings.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { accessOf } from './kubeconfig.ts';
import { ask } from './request.ts';
import { Complaint } from './complaint.ts';

const methods = { get: 'GET', create: 'POST', replace: 'PUT', delete: 'DELETE' } as const;

process.stderr.write('[simulated] this is a stand-in, not kubectl\n');
// Not awaited: the program becomes a plain script.
void run().catch((error: unknown) => {
  if (!(error instanceof Complaint)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});

async function run(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.verb === 'version') {
    process.stdout.write(`Client Version: ${version}+simulated\n`);
    return;
  }
  const access = accessOf(line, fileText);
  const method = methods[line.verb];
  // What is deleted may go without options: https://github.com/kubernetes/kubectl/blob/v0.34.0/pkg/cmd/delete/delete.go
  const hasBody = method !== 'GET' && (method !== 'DELETE' || line.file !== undefined);
  const body = hasBody ? await bodyOf(line) : undefined;
  process.stdout.write(await ask(access, line.raw, { method, body, timeoutMs: line.timeoutMs }));
}

async function bodyOf({ file }: CommandLine): Promise<string> {
  if (file === undefined)
    throw new Complaint('error: when using --raw, one file or stdin is needed: -f FILE');
  return file === '-' ? text(process.stdin) : fileText(file);
}

function fileText(file: string): string {
  const place = inside(path.resolve(file));
  if (place === undefined) throw new Complaint(`simulated: ${file} leads out of the simulated node`);
  try {
    return readFileSync(place, 'utf8');
  } catch {
    throw new Complaint(`error: stat ${file}: no such file or directory`);
  }
}
