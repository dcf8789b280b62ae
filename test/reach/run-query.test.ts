/** What a reader makes of what a transport brings. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { scriptId } from '../../src/reach/prelude.ts';
import { query } from '../../src/reach/reader.ts';
import { nodeReader } from '../../src/reach/run-query.ts';
import type { Ran, RunAs, Transport } from '../../src/reach/transport.ts';
import { simulatedNode } from '../support/simulated-node.ts';
import { codeOf, textsOf, troubleOf } from './contract.ts';

const node = { name: 'n1', role: 'control-plane', target: { via: 'local' }, source: 'flag' } as const;
const asked = query('test', 'say a 1');

function record(nonce: string, name: string, text: string): string {
  const body = Buffer.from(text).toString('base64');
  const digest = createHash('sha256').update(`${name}\n${body}`).digest('hex');
  return `\n#fix-sans ${nonce} frame ${name} ${body.length} ${digest}\n${body}\n#fix-sans ${nonce} .\n`;
}

/** A transport that answers what `answers` say, one after the other, and the last one for ever. */
function playing(answers: readonly ((nonce: string) => string)[]): Transport & { readonly runs: string[] } {
  const runs: string[] = [];
  return {
    runs,
    label: 'played',
    facts: { transport: 'local', user: 'ops', through: [] },
    run(stdin): Promise<Ran> {
      const text = Buffer.from(stdin).toString();
      runs.push(text);
      const nonce = /[0-9a-f]{32}/.exec(text)?.[0] ?? '';
      const answer = answers[Math.min(runs.length, answers.length) - 1];
      return Promise.resolve({ exitCode: 0, stdout: Buffer.from(answer?.(nonce) ?? ''), stderr: '' });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function good(nonce: string, uid = 0, script = asked.script): string {
  return `\n#fix-sans ${nonce} start ${scriptId(script)} ${uid}\n${record(nonce, 'a', '1')}${record(nonce, 'end', '0')}`;
}

function ask(transport: Transport, as: RunAs = 'root') {
  return nodeReader(node, transport, { as }).query(asked);
}

test('a garbled reply is asked for once more (fault 39)', async () => {
  const once = playing([(nonce) => good(nonce).slice(0, -60), (nonce) => good(nonce)]);
  expect(textsOf(await ask(once))).toEqual({ a: '1' });
  expect(once.runs).toHaveLength(2);
  expect(once.runs[0]).not.toBe(once.runs[1]);
  const always = playing([(nonce) => good(nonce).replace('MQ==', 'Mg==')]);
  expect(await troubleOf(ask(always))).toMatchObject({ code: 'garbled', retryable: true });
  expect(always.runs).toHaveLength(2);
});

test('a reply to an earlier question is none', async () => {
  expect(await codeOf(ask(playing([() => good('0'.repeat(32))])))).toBe('no-shell');
});

test('root is proved by the script, not by the name of the user', async () => {
  expect(await codeOf(ask(playing([(nonce) => good(nonce, 1000)])))).toBe('not-root');
  expect(await codeOf(ask(playing([(nonce) => good(nonce, 1000)]), 'helper'))).toBe('not-root');
  expect(textsOf(await ask(playing([(nonce) => good(nonce, 1000)]), 'login'))).toEqual({ a: '1' });
});

test('a helper that answers another question says so', async () => {
  const other = playing([(nonce) => good(nonce, 0, 'say b 2')]);
  expect(await troubleOf(ask(other, 'helper'))).toMatchObject({
    code: 'failed',
    hint: expect.stringContaining('--print-helper'),
  });
  expect(other.runs[0]).toMatch(/^[0-9a-f]{32}\n$/);
});

test('a simulated node has a root of its own', async () => {
  await using reader = simulatedNode('/some/where');
  expect(textsOf(await reader.query(query('root', 'say root "$ROOT"')))).toEqual({ root: '/some/where' });
});
