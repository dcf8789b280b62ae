/** What sockets and sshd say is told apart by what the user has to do next. */
import { expect, test } from 'vitest';
import {
  forwardTrouble,
  loginTrouble,
  mayTryAgain,
  socketTrouble,
} from '../../../src/reach/ssh2/troubles.ts';

const error = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

test.each([
  ['ENOTFOUND', 'dns', false],
  ['EAI_AGAIN', 'dns', false],
  ['ECONNREFUSED', 'refused', true],
  ['ECONNRESET', 'reset', true],
  ['EPIPE', 'reset', true],
  ['ETIMEDOUT', 'timeout', false],
  ['EHOSTUNREACH', 'unreachable', false],
  ['ENETUNREACH', 'unreachable', false],
  ['EMFILE', 'failed', true],
  ['ESOMETHING', 'failed', false],
])('%s of a socket is %s, tried again at once: %s', (code, trouble, again) => {
  const made = socketTrouble(error(code), 'cp1:22');
  expect(made.trouble.code).toBe(trouble);
  expect(mayTryAgain(made, 0)).toBe(again);
});

test('of several addresses the one that answered counts', () => {
  const made = socketTrouble(new AggregateError([error('ENETUNREACH'), error('ECONNREFUSED')]), 'cp1:22');
  expect(made.trouble.code).toBe('refused');
});

test.each([
  [1, 'open failed', 'bastion', false],
  [2, 'Connection refused', 'refused', true],
  [2, 'Connection timed out', 'timeout', false],
  [2, 'Name or service not known', 'dns', false],
  [2, 'No route to host', 'unreachable', false],
  [2, '', 'unreachable', false],
])('a forward that fails with %i %j is %s', (reason, text, code, again) => {
  const failure = Object.assign(new Error(`(SSH) Channel open failure: ${text}`), { reason });
  const made = forwardTrouble(failure, 'cp1:22', 'jump');
  expect(made.trouble.code).toBe(code);
  expect(mayTryAgain(made, 0)).toBe(again);
});

test('nothing is tried again once a key was shown', () => {
  for (const text of [
    '',
    'Connection lost before handshake',
    'read ECONNRESET',
    'Too many authentication failures',
  ]) {
    const made = loginTrouble(new Error(text), 'cp1:22', { isAuthenticating: true, heard: '' });
    expect(mayTryAgain(made, 0)).toBe(false);
    expect(made.trouble.retryable).toBe(false);
  }
});
