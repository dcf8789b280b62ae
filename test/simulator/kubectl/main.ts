/** The stand-in for kubectl: `get`, `create`, `replace` and `delete` with `--raw`, `version --client`, and a ConfigMap's text read and patched, with the connection checked as the real one does. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { inside } from '../inside.ts';
import { version } from '../kubeadm/settings.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { accessOf } from './kubeconfig.ts';
import { ask } from './request.ts';
import { Complaint } from './complaint.ts';

const methods = { get: 'GET', create: 'POST', patch: 'PATCH', replace: 'PUT', delete: 'DELETE' } as const;

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
  const access = await accessOf(line, fileText);
  const { timeoutMs } = line;
  const method = methods[line.verb];
  if (line.verb === 'patch') {
    await ask(access, line.raw, { method, body: line.patch, timeoutMs });
    process.stdout.write(`configmap/${path.basename(line.raw)} patched\n`);
    return;
  }
  // What is deleted may go without options: https://github.com/kubernetes/kubectl/blob/v0.34.0/pkg/cmd/delete/delete.go
  const hasBody = method !== 'GET' && (method !== 'DELETE' || line.file !== undefined);
  const body = hasBody ? await bodyOf(line) : undefined;
  const answer = await ask(access, line.raw, { method, body, timeoutMs });
  process.stdout.write(line.field === undefined ? answer : fieldOf(answer, line.field));
}

function fieldOf(answer: string, field: string): string {
  const { data = {} } = JSON.parse(answer) as { readonly data?: Readonly<Record<string, string>> };
  return data[field] ?? '';
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
