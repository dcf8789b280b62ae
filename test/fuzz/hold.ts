/** Gives one input to a parser and says what did not hold: an exception that is not ours, time, memory. And makes a failing input small. */
import { display } from '../../src/model/display.ts';
import type { Parser } from './parser.ts';

/** A large input may take longer, but never more than in proportion. */
function mostMilliseconds(size: number, passes: number): number {
  return (1000 + (size / 1024) * 2) * passes;
}

/** Of what is left after it, garbage included. */
const mostBytes = 256 * 1024 * 1024;

export async function faultOf({ read, passes = 1 }: Parser, input: Buffer): Promise<string | undefined> {
  const most = mostMilliseconds(input.length, passes);
  const [fault, spent] = await tried(read, input);
  if (fault !== undefined || spent <= most) return fault;
  // Something else may have come in between; what is slow is slow twice.
  const [, again] = await tried(read, input);
  return again <= most ? undefined : `${Math.round(again)} ms for ${input.length} bytes`;
}

async function tried(read: Parser['read'], input: Buffer): Promise<readonly [string | undefined, number]> {
  const heap = process.memoryUsage().heapUsed;
  const before = process.cpuUsage();
  try {
    const pending = read(input);
    if (pending instanceof Promise) await pending;
  } catch (error) {
    const { name, message, stack = '' } = error as Error;
    return [`${name}: ${message.slice(0, 300)}\n${stack.split('\n').slice(1, 6).join('\n')}`, 0];
  }
  const { user, system } = process.cpuUsage(before);
  const grown = process.memoryUsage().heapUsed - heap;
  if (grown > mostBytes) return [`${Math.round(grown / 1024 / 1024)} MiB for ${input.length} bytes`, 0];
  return [undefined, (user + system) / 1000];
}

/** By the kind of fault alone: where it was thrown, and that it was slow. */
function kindOf(fault: string): string {
  const [first = '', where = ''] = fault.split('\n');
  return / (?:ms|MiB) for /.test(first) ? first.replaceAll(/\d+/g, '') : `${first.slice(0, 12)}${where}`;
}

/** Takes away halves, quarters and so on for as long as the same fault is left. */
export async function smallest(parser: Parser, input: Buffer, fault: string): Promise<Buffer> {
  const until = Date.now() + 20_000;
  let best = input;
  for (let part = Math.ceil(best.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let at = 0; at < best.length && Date.now() < until;) {
      const less = Buffer.concat([best.subarray(0, at), best.subarray(at + part)]);
      const found = await faultOf(parser, less);
      if (found !== undefined && kindOf(found) === kindOf(fault)) best = less;
      else at += part;
    }
  }
  return best;
}

export function told(input: Buffer): string {
  const shown = display(input.toString('latin1'), 300);
  return `${input.length} bytes: ${shown}\nBuffer.from('${input.subarray(0, 600).toString('base64')}', 'base64')`;
}
