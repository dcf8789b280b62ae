/** What programs and disks say when they fail becomes one sentence and the next command. */
import { expect, test } from 'vitest';
import { run, step, troubleOf } from './run.ts';

async function troubleWith(complaint: string): Promise<unknown> {
  return step('kind create cluster', () => run`sh -c ${'echo "$1" >&2; exit 125'} sh ${complaint}`).catch(
    (error: unknown) => error,
  );
}

test.each([
  'docker: Error response from daemon: driver failed programming external connectivity on endpoint e2e: Error starting userland proxy: listen tcp4 127.0.0.1:38471: bind: address already in use.',
  'Bind for 127.0.0.1:38471 failed: port is already allocated',
])('a port that somebody else was faster to take: %s', async (complaint) => {
  expect(await troubleWith(complaint)).toMatchObject({
    sentence: 'kind create cluster: somebody else has taken port 38471, which was free a moment ago',
    next: 'run this again; it takes another port',
  });
});

test('a disk that fills up while a program writes, or while the lab does', async () => {
  const trouble = {
    sentence: 'kind create cluster: the disk is full',
    next: 'docker system df; df -h; make room, and run this again',
  };
  expect(await troubleWith('write /var/lib/docker/tmp/a: no space left on device')).toMatchObject(trouble);
  const error = Object.assign(new Error('ENOSPC: no space left on device, copyfile'), { code: 'ENOSPC' });
  expect(troubleOf(error, 'kind create cluster')).toMatchObject(trouble);
});

test('any other failure ends with what was said last', async () => {
  expect(await troubleWith('one\ntwo')).toMatchObject({
    sentence: 'kind create cluster failed: one\n    two',
    next: 'run this again; what was finished is kept',
  });
});

test('what is no program failing stays what it is', () => {
  const error = new TypeError('a mistake of ours');
  expect(troubleOf(error)).toBe(error);
});
