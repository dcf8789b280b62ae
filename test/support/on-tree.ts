/** Reads a folder as if it were a node: the real script, run by a shell here, through the real framing. */
import { spawn } from 'node:child_process';
import type { ClusterNode } from '../../src/model/node.ts';
import { nodeReader } from '../../src/reach/run-query.ts';
import type { NodeReader } from '../../src/reach/reader.ts';
import type { Transport } from '../../src/reach/transport.ts';

const node: ClusterNode = { name: 'cp1', role: 'control-plane', target: { via: 'local' }, source: 'flag' };

export interface Watched {
  readonly reader: NodeReader;
  /** All that came out of it, byte for byte. */
  readonly output: Buffer[];
}

export function readerOnTree(root: string, shell: readonly [string, ...string[]] = ['/bin/sh']): Watched {
  const output: Buffer[] = [];
  return { reader: nodeReader(node, localTransport(root, shell, output), { as: 'login' }), output };
}

/** A shell here, for which the folder is `/`. */
export function localTransport(
  root: string,
  [program, ...words]: readonly [string, ...string[]] = ['/bin/sh'],
  output: Buffer[] = [],
): Transport {
  return {
    label: 'local:',
    isSimulated: true,
    facts: { transport: 'local', through: [] },
    run: async (stdin) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, [...words, '-s'], {
          // What it writes beside itself would show in the tree.
          cwd: root,
          // A group of its own, as an exec of sshd has: it may be killed as a whole.
          detached: true,
          env: { ...process.env, FIX_SANS_ROOT: root, HTTPS_PROXY: 'http://proxy.example', KUBECONFIG: '/x' },
        });
        const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
        child.stdout.on('data', (part: Buffer) => stdout.push(part));
        child.stderr.on('data', (part: Buffer) => stderr.push(part));
        child.on('error', reject);
        child.on('close', (code) => {
          output.push(...stdout, ...stderr);
          resolve({
            exitCode: code ?? undefined,
            stdout: Buffer.concat(stdout),
            stderr: Buffer.concat(stderr).toString(),
          });
        });
        child.stdin.end(stdin);
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
