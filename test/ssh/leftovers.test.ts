/** SSH hosts go when their run goes: at its stop, or, where it was killed, at the next run's start. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startSshHosts } from '../support/ssh-hosts.ts';
import { folderOf, ownerLabel } from '../support/ssh-leftovers.ts';

const handle = path.resolve(import.meta.dirname, '../support/ssh-hosts.ts');

/** Which of them have a container, a network or a folder now. */
async function owners(of: readonly string[]): Promise<string[]> {
  const containers = await execa('docker', [
    'ps',
    '--all',
    '--filter',
    `label=${ownerLabel}`,
    '--format',
    `{{.Label "${ownerLabel}"}}`,
  ]);
  const networks = await execa('docker', ['network', 'ls', '--format', '{{.Name}}']);
  const all = new Set(`${containers.stdout}\n${networks.stdout}`.split('\n'));
  return of.filter((owner) => all.has(owner) || existsSync(folderOf(owner)));
}

test('a stopped run leaves nothing, and a killed one until the next starts', async () => {
  const killed = execa(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      `const { startSshHosts } = await import(${JSON.stringify(handle)});
       const hosts = await startSshHosts(['plain']);
       console.log(hosts.host('plain').innerName);
       setInterval(() => {}, 1000);`,
    ],
    { reject: false },
  );
  const innerName = await new Promise<string>((resolve) => {
    killed.stdout.once('data', (line: Buffer) => {
      resolve(line.toString().trim());
    });
  });
  const [left = ''] = innerName.split('-plain');
  await using beside = await startSshHosts(['plain']);
  const [own = ''] = beside.host('plain').innerName.split('-plain');
  // It lives still, so it is nobody's business.
  expect(await owners([left, own])).toEqual([left, own]);
  killed.kill('SIGKILL');
  await killed;
  const next = await startSshHosts(['plain']);
  const [third = ''] = next.host('plain').innerName.split('-plain');
  expect(await owners([left, own, third])).toEqual([own, third]);
  await next.stop();
  await next.stop();
  expect(await owners([left, own, third])).toEqual([own]);
});

/** Of this process alone: another checkout on this machine may have hosts up. */
async function ours(): Promise<string[]> {
  const containers = await execa('docker', ['ps', '--all', '--format', '{{.Names}}']);
  const networks = await execa('docker', ['network', 'ls', '--format', '{{.Name}}']);
  return `${containers.stdout}\n${networks.stdout}`
    .split('\n')
    .filter((name) => name.startsWith(`fix-sans-ssh-${process.pid}-`));
}

test('a host that does not start takes the others with it', async () => {
  const failure = startSshHosts(['plain', 'nonsense' as 'plain']).catch((error: unknown) => error);
  await expect.poll(ours, { timeout: 20_000 }).not.toEqual([]);
  expect(await failure).toBeInstanceOf(Error);
  expect(await ours()).toEqual([]);
});
