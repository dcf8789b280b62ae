/** The stand-in for kubectl: `get --raw`, `replace --raw`, `version --client`, and a ConfigMap's text read and patched, with the connection checked as the real one does. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { inside } from '../inside.ts';
import { version } from '../kubeadm/settings.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { accessOf } from './kubeconfig.ts';
import { ask } from './request.ts';
import { Complaint } from './complaint.ts';

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
  const { timeoutMs } = line;
  if (line.verb === 'patch') {
    await ask(access, line.raw, { body: line.patch, isPatch: true, timeoutMs });
    process.stdout.write(`configmap/${path.basename(line.raw)} patched\n`);
    return;
  }
  const body = line.verb === 'replace' ? await bodyOf(line) : undefined;
  const answer = await ask(access, line.raw, { body, timeoutMs });
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
