/** Options to reach the lab's SSH hosts: nobody at the terminal, every setting in their ssh_config. */
import type { Target } from '../../src/model/node.ts';
import type { ReachOptions } from '../../src/reach/options.ts';
import { usualLimits } from '../../src/reach/transport.ts';

export function reachOptions(some: Partial<ReachOptions> = {}): ReachOptions {
  return {
    transport: 'ssh2',
    identityFiles: [],
    acceptNewHostKeys: false,
    become: 'sudo',
    isInteractive: false,
    ask: (question) => Promise.reject(new Error(`nobody is there to answer: ${question}`)),
    limits: usualLimits,
    say: () => undefined,
    env: process.env,
    home: process.env['HOME'] ?? '/',
    ...some,
  };
}

export function sshTarget(host: string, user?: string): Target & { via: 'ssh' } {
  return { via: 'ssh', host, ...(user !== undefined && { user }) };
}
