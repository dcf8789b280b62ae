/** The stand-in for kubectl: `get`, `create`, `replace` and `delete` with `--raw`, `version --client`, and a ConfigMap's text read and patched, with the connection checked as the real one does. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inside } from '../inside.ts';
import { version } from '../kubeadm/settings.ts';
import type { Asked, Program } from '../program.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { accessOf } from './kubeconfig.ts';
import { ask } from './request.ts';
import { Complaint } from './complaint.ts';

const methods = { get: 'GET', create: 'POST', patch: 'PATCH', replace: 'PUT', delete: 'DELETE' } as const;

export const kubectl: Program = async (asked) => {
  try {
    asked.say(await answerTo(asked));
    return 0;
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    asked.complain(`${error.message}\n`);
    return 1;
  }
};

async function answerTo(asked: Asked): Promise<string> {
  const line = readCommandLine(asked.args);
  if (line.verb === 'version') return `Client Version: ${version}+simulated\n`;
  const access = await accessOf({ ...line, kubeconfig: line.kubeconfig ?? asked.kubeconfig }, (file) =>
    fileText(file, asked),
  );
  const { timeoutMs } = line;
  const method = methods[line.verb];
  if (line.verb === 'patch') {
    await ask(access, line.raw, { method, body: line.patch, timeoutMs });
    return `configmap/${path.basename(line.raw)} patched\n`;
  }
  // What is deleted may go without options: https://github.com/kubernetes/kubectl/blob/v0.34.0/pkg/cmd/delete/delete.go
  const hasBody = method !== 'GET' && (method !== 'DELETE' || line.file !== undefined);
  const body = hasBody ? await bodyOf(line, asked) : undefined;
  const answer = await ask(access, line.raw, { method, body, timeoutMs });
  return line.field === undefined ? answer : fieldOf(answer, line.field);
}

function fieldOf(answer: string, field: string): string {
  const { data = {} } = JSON.parse(answer) as { readonly data?: Readonly<Record<string, string>> };
  return data[field] ?? '';
}

async function bodyOf({ file }: CommandLine, asked: Asked): Promise<string> {
  if (file === undefined)
    throw new Complaint('error: when using --raw, one file or stdin is needed: -f FILE');
  return file === '-' ? (await asked.stdin()).toString('utf8') : fileText(file, asked);
}

function fileText(file: string, { folder, root }: Asked): string {
  const place = inside(path.resolve(folder, file), root);
  if (place === undefined) throw new Complaint(`simulated: ${file} leads out of the simulated node`);
  try {
    return readFileSync(place, 'utf8');
  } catch {
    throw new Complaint(`error: stat ${file}: no such file or directory`);
  }
}
