/** Nodes out of a kubeconfig and the Host entries of ssh_config that are meant for them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterNode } from '../../src/model/node.ts';
import { withAliases } from '../../src/reach/host-alias.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-alias-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const node = (name: string, host: string, source: ClusterNode['source'] = 'kubeconfig'): ClusterNode => ({
  name,
  role: 'control-plane',
  target: { via: 'ssh', host, port: 2222 },
  source,
});
const listed = [node('cp1', '10.0.0.1'), node('cp2', '10.0.0.2')];

async function hostsWith(
  config: string,
  { nodes = listed, inDns = [] }: { nodes?: readonly ClusterNode[]; inDns?: readonly string[] } = {},
): Promise<{ hosts: readonly string[]; notes: readonly string[] }> {
  const file = path.join(folder, 'config');
  writeFileSync(file, config);
  const found = await withAliases(nodes, { sshConfigFile: file, home: folder }, (name) =>
    Promise.resolve(inDns.includes(name)),
  );
  const hosts = found.nodes.map(({ target }) =>
    target.via === 'ssh' ? `${target.host}:${target.port}` : '',
  );
  return { hosts, notes: found.notes };
}

describe('a node of the API is reached', () => {
  test.each<[string, string, readonly string[]]>([
    [
      'by its name, where a Host line with a HostName has it',
      'Host cp1\n  HostName 198.51.100.1\n',
      ['cp1:2222', '10.0.0.2:2222'],
    ],
    ['by its name, where a pattern has it', 'Host cp?\n  HostName %h.example\n', ['cp1:2222', 'cp2:2222']],
    [
      'by its address, where only * has its name',
      'Host *\n  HostName %h.example\n',
      ['10.0.0.1:2222', '10.0.0.2:2222'],
    ],
    [
      'by its address, where the pattern excepts it',
      'Host cp* !cp1\n  HostName %h.example\n',
      ['10.0.0.1:2222', 'cp2:2222'],
    ],
    [
      'by its address, where a Host line has that',
      'Host cp1\n  HostName a\nHost 10.0.0.*\n  User ops\n',
      ['10.0.0.1:2222', '10.0.0.2:2222'],
    ],
    ['by its address, where nothing is said', '', ['10.0.0.1:2222', '10.0.0.2:2222']],
  ])('%s', async (_, config, hosts) => {
    expect(await hostsWith(config)).toEqual({ hosts, notes: [] });
  });

  test('by its name, where a Host line gives only a user and DNS knows the name', async () => {
    expect((await hostsWith('Host cp*\n  User ops\n', { inDns: ['cp1', 'cp2'] })).hosts).toEqual([
      'cp1:2222',
      'cp2:2222',
    ]);
  });

  test('by its address, and that is said, where nothing tells where the name leads', async () => {
    const { hosts, notes } = await hostsWith('Host cp1\n  User ops\n');
    expect(hosts).toEqual(['10.0.0.1:2222', '10.0.0.2:2222']);
    expect(notes).toEqual([expect.stringMatching(/ssh_config speaks of cp1, .*reached by 10\.0\.0\.1/)]);
  });

  test('by its name also where the Host line is in an included file', async () => {
    writeFileSync(path.join(folder, 'more'), 'Host cp2\n  HostName 198.51.100.2\n');
    expect((await hostsWith(`Include ${folder}/more\n`)).hosts).toEqual(['10.0.0.1:2222', 'cp2:2222']);
  });
});

test('a node that was named by a flag is reached as it was named', async () => {
  const nodes = [node('cp1', '10.0.0.1', 'flag')];
  expect((await hostsWith('Host cp1\n  HostName 198.51.100.1\n', { nodes })).hosts).toEqual([
    '10.0.0.1:2222',
  ]);
});
