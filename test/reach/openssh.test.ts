/** The system's ssh: what it is told, and what its last words mean. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/model/user-error.ts';
import { dockerTrouble, openDocker } from '../../src/reach/docker.ts';
import { sshArgs } from '../../src/reach/openssh/args.ts';
import { openOpenssh } from '../../src/reach/openssh/open.ts';
import { loginFacts, sshTrouble } from '../../src/reach/openssh/trouble.ts';
import { reachOptions, sshTarget } from '../support/reach-options.ts';

const call = { target: sshTarget('cp1', 'ops'), options: reachOptions() };
const run = { log: '/tmp/l', socket: '/tmp/s', mayAsk: false };

test('nothing is forwarded, nobody is asked, and host keys are checked', () => {
  const args = sshArgs(sshTarget('h', 'ops'), reachOptions({ sshConfigFile: 'none' }), run).join(' ');
  for (const setting of [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'RequestTTY=no',
    'PermitLocalCommand=no',
  ]) {
    expect(args).toContain(`-o ${setting}`);
  }
  expect(args).toMatch(/^-F none .* -l ops$/);
});

test('a new host key is taken by flag or by hand only, and none is never checked', () => {
  expect([
    strictness(false, false),
    strictness(true, false),
    strictness(true, true),
    strictness(false, true),
  ]).toEqual(['yes', 'accept-new', 'accept-new', 'ask'].map((value) => `StrictHostKeyChecking=${value}`));
});

test('a file’s name with blanks, quotes and percent signs stays one name', () => {
  const args = sshArgs(sshTarget('h'), reachOptions({ identityFiles: ['/a b/"c"\\%h'] }), run);
  expect(args).toContain(String.raw`IdentityFile="/a b/\"c\"\\%%h"`);
  expect(args).toContain('IdentitiesOnly=yes');
});

test('no host and no user can be an option or a piece of shell', async () => {
  const hostile = fc
    .tuple(
      fc.constantFrom('-', '$', '`', ';', '|', '&', ' ', '\n', '"', "'", '(', '>', '\\', '%', '\0', '*'),
      fc.string(),
    )
    .map(([sign, rest]) => `${sign}${rest}`);
  await fc.assert(
    fc.asyncProperty(hostile, fc.boolean(), async (text, isHost) => {
      const target = isHost ? sshTarget(text) : sshTarget('h', text);
      await expect(openOpenssh(target, reachOptions({ transport: 'openssh' }))).rejects.toBeInstanceOf(
        UserError,
      );
      expect(() => openDocker(text, { env: {} })).toThrow(UserError);
    }),
    { numRuns: 200 },
  );
});

describe('last words of ssh', () => {
  test.each([
    ['ssh: Could not resolve hostname nowhere.example: Name or service not known', 'dns', true],
    ['ssh: connect to host 127.0.0.1 port 1: Connection refused', 'refused', true],
    ['ssh: connect to host 10.0.0.1 port 22: No route to host', 'unreachable', true],
    ['ssh: connect to host 10.0.0.1 port 22: Connection timed out', 'timeout', true],
    [
      'Connection timed out during banner exchange\nConnection to 127.0.0.1 port 40 timed out',
      'timeout',
      true,
    ],
    [
      'kex_exchange_identification: Connection closed by remote host\nConnection closed by 127.0.0.1 port 40',
      'reset',
      true,
    ],
    [
      'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 127.0.0.1 port 40',
      'reset',
      true,
    ],
    [
      'No ED25519 host key is known for plain and you have requested strict checking.\nHost key verification failed.',
      'host-key-unknown',
      false,
    ],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.',
      'host-key-changed',
      false,
    ],
    ['@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key verification failed.', 'host-key-revoked', false],
    ['ops@127.0.0.1: Permission denied (publickey).', 'authentication', false],
    [
      'Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures',
      'authentication',
      false,
    ],
    [
      '@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nLoad key "/k": bad permissions\nops@h: Permission denied (publickey).',
      'key-file',
      false,
    ],
    [
      'Unable to negotiate with 127.0.0.1 port 22: no matching host key type found. Their offer: ssh-dss',
      'failed',
      false,
    ],
    [
      '/c: line 3: Bad configuration option: nonsense\n/c: terminating, 1 bad configuration options',
      'failed',
      false,
    ],
    ['Timeout, server plain not responding.', 'link-lost', true],
    ['Connection to 127.0.0.1 closed by remote host.', 'link-lost', true],
    ['', 'failed', false],
  ])('%s', (words, code, retryable) => {
    const log = `OpenSSH_9.2p1\r\ndebug1: Connection refused is no word of its own\r\n${words.replaceAll('\n', '\r\n')}\r\n`;
    expect(sshTrouble({ log, stderr: 'Permission denied (a banner)' }, call)).toMatchObject({
      code,
      retryable,
    });
  });

  test('a bastion that fails is told from the node behind it', () => {
    const trouble = sshTrouble(
      {
        log: 'kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n',
        stderr: 'debug1: something\nops@bastion: Permission denied (publickey).\n',
      },
      call,
    );
    expect(trouble).toMatchObject({
      code: 'bastion',
      message: expect.stringContaining('takes none of our keys'),
    });
  });

  test('a changed key is told with its fingerprint and the line that knows another', () => {
    const { message } = sshTrouble(
      {
        log: [
          '@@@@@@@@@@@@@',
          '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
          'The fingerprint for the ED25519 key sent by the remote host is',
          'SHA256:abc.',
          'Offending ED25519 key in /home/ops/.ssh/known_hosts:3',
          'Host key verification failed.',
        ].join('\r\n'),
        stderr: '',
      },
      call,
    );
    expect(message).toContain('SHA256:abc');
    expect(message).toContain('known_hosts:3');
  });

  test('what a login told', () => {
    const log = [
      "debug1: Authenticating to 127.0.0.1:40 as 'ops'",
      'debug1: Server host key: ssh-ed25519 SHA256:aBc+/9',
      "Warning: Permanently added 'plain' (ED25519) to the list of known hosts.",
    ].join('\r\n');
    expect(loginFacts(log)).toEqual({
      user: 'ops',
      hostKey: { type: 'ssh-ed25519', fingerprint: 'SHA256:aBc+/9' },
      isHostKeyAdded: true,
    });
  });
});

test.each([
  ['Error response from daemon: No such container: n1', 'unreachable'],
  ['Error response from daemon: container 0123 is not running', 'refused'],
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'unreachable',
  ],
  [
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file',
    'no-shell',
  ],
])('docker: %s', (stderr, code) => {
  expect(dockerTrouble({ exitCode: 1, stdout: new Uint8Array(), stderr }, 'n1')).toMatchObject({ code });
  expect(dockerTrouble({ exitCode: 1, stdout: Buffer.from('out'), stderr }, 'n1')).toBeUndefined();
});

function strictness(acceptNewHostKeys: boolean, mayAsk: boolean): string | undefined {
  return sshArgs(sshTarget('h'), reachOptions({ acceptNewHostKeys }), { ...run, mayAsk }).find((arg) =>
    arg.startsWith('StrictHostKeyChecking'),
  );
}
