/** Commands in sentences: however narrow the terminal, they can be copied in one piece. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { glueCommands, unglue } from '../../src/report/glue.ts';
import { wrap } from '../../src/report/wrap.ts';

test.each([
  [
    'compare with ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub on the host',
    'ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub',
  ],
  [
    'then: ssh-keyscan -t ed25519 -p 22 10.0.0.1 >>/root/.ssh/known_hosts; or trust',
    'ssh-keyscan -t ed25519 -p 22 10.0.0.1 >>/root/.ssh/known_hosts;',
  ],
  ['it is encrypted: ssh-add /root/.ssh/id_ed25519', 'ssh-add /root/.ssh/id_ed25519'],
  ['so others can read it: chmod 600 /root/.ssh/id_ed25519', 'chmod 600 /root/.ssh/id_ed25519'],
  [
    'see node dist/fix-sans.js inspect --helper --node ops@NODE then',
    'node dist/fix-sans.js inspect --helper --node ops@NODE',
  ],
  ['the log there says why (journalctl -u ssh); it is not tried', '(journalctl -u ssh);'],
  ['add the line ops ALL=(root) NOPASSWD: /bin/sh -s', 'ops ALL=(root) NOPASSWD: /bin/sh -s'],
  [
    'look at it: kubeadm certs check-expiration --config x.yaml',
    'kubeadm certs check-expiration --config x.yaml',
  ],
])('%s', (text, command) => {
  expect(wrap(text, 10)).toContain(command);
});

test.each([
  'kubeadm cannot make a certificate there; moving the old one away first would leave none at all',
  'the system ssh may know more (post-quantum or old algorithms), and kubectl fails all the same',
])('prose stays prose: %s', (text) => {
  expect(glueCommands(text)).toBe(text);
});

test('of any text nothing is lost', () => {
  const word = fc.oneof(
    fc.constantFrom('ssh', 'sudo', 'ALL=(root)', '-v', '/x', 'a', ''),
    fc.string({ unit: 'grapheme-ascii' }),
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const text = words.join(' ');
      expect(unglue(glueCommands(text))).toBe(text);
      expect(wrap(text, 20).join(' ')).toBe(text);
    }),
  );
});
