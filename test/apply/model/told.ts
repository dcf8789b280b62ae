/** The command line for a command of the model: its exit code and its JSON, which is what the schema says and holds no key. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Io } from '../../../src/cli/io.ts';
import type { Rollout } from '../../../src/model/rollout.ts';
import { Disagreement } from './agree.ts';
import type { Ground } from './ground.ts';

const schemaOf = { plan: 'plan', apply: 'apply', rollback: 'apply', runs: 'runs' } as const;
type Command = keyof typeof schemaOf;

const ajv = new Ajv2020({ strict: false });
const validators = new Map(
  [...new Set(Object.values(schemaOf))].map((name) => {
    const file = path.join(import.meta.dirname, `../../../docs/schema/${name}.schema.json`);
    return [name, ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object)];
  }),
);

export interface Said {
  readonly code: number;
  /** `{}` where nothing was said. */
  readonly json: Partial<Rollout>;
  readonly stderr: string;
}

export async function told(
  ground: Ground,
  [command, ...args]: readonly [Command, ...string[]],
  openChanger?: Io['openChanger'],
): Promise<Said> {
  const { code, stdout, stderr } = await ground.run([command, ...args], openChanger);
  const fail = (why: string): never => {
    throw new Disagreement(`${command} ${args.join(' ')} ended with ${code}: ${why}\n${stderr}\n${stdout}`);
  };
  if (`${stdout}${stderr}`.includes('PRIVATE KEY')) fail('it told a key');
  if (stdout === '') return { code, json: {}, stderr };
  const json = JSON.parse(stdout) as Rollout;
  const validate = validators.get(schemaOf[command]);
  if (validate?.(json) !== true)
    fail(`its JSON is not what the schema says: ${JSON.stringify(validate?.errors)}`);
  if (json.exitCode !== code) fail(`its JSON says ${json.exitCode}`);
  return { code, json, stderr };
}

export function namesArgs(names: readonly string[]): readonly string[] {
  return names.map((name) => `--san=${name}`);
}

export function expectExit(what: string, { code, stderr }: Said, allowed: readonly number[]): void {
  if (allowed.includes(code)) return;
  throw new Disagreement(`${what} ended with ${code}, should with ${allowed.join(' or ')}:\n${stderr}`);
}
