/** Programs of the user's that are told of a run: before and after each node, and when one fails. No shell; the facts come in the environment and on stdin. */
import { execa } from 'execa';

export const hookNames = ['preNode', 'postNode', 'onFailure'] as const;
export type HookName = (typeof hookNames)[number];

export const hookFlags: Readonly<Record<HookName, string>> = {
  preNode: '--pre-node',
  postNode: '--post-node',
  onFailure: '--on-failure',
};

export interface HookFacts {
  readonly run: string;
  readonly kind: 'apply' | 'rollback';
  readonly node: string;
  readonly state?: string;
  readonly why?: string;
  readonly before?: string;
  readonly after?: string;
}

export type Hooks = Readonly<Partial<Record<HookName, string>>>;

const timeLimitMs = 5 * 60_000;
/** Of what it says, for the report. */
const mostWords = 300;

/** Undefined where it ended with 0, or where there is none. */
export async function runHook(
  hooks: Hooks,
  name: HookName,
  facts: HookFacts,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number = timeLimitMs,
): Promise<string | undefined> {
  const program = hooks[name];
  if (program === undefined) return undefined;
  const told = Object.entries({ hook: name, ...facts }).map(
    ([key, value]) => [`FIX_SANS_${key.toUpperCase()}`, value.replaceAll('\0', '')] as const,
  );
  const ended = await execa(program, [], {
    env: { ...env, ...Object.fromEntries(told) },
    extendEnv: false,
    input: `${JSON.stringify({ hook: name, ...facts })}\n`,
    stdout: 'ignore',
    timeout: timeoutMs,
    forceKillAfterDelay: 2000,
    maxBuffer: 64 * 1024,
    reject: false,
  });
  if (!ended.failed) return undefined;
  if (ended.timedOut) return `it did not end within ${timeoutMs / 1000} s`;
  const words = ended.stderr.trim().split('\n').at(-1) ?? '';
  const how = ended.exitCode === undefined ? ended.shortMessage : `exit status ${ended.exitCode}`;
  return `${how}${words === '' ? '' : `: ${words}`}`.slice(0, mostWords);
}
