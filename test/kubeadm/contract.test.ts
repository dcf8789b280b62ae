/** One contract for every kubeadm and for the stand-in, so that the stand-in cannot drift from what it stands for. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { withLock } from '../lab/lock.ts';
import { configContract } from './contract/config.ts';
import { externalCaContract } from './contract/external-ca.ts';
import { fileContract } from './contract/files.ts';
import { nameContract } from './contract/names.ts';
import { nodeContract } from './contract/node.ts';
import { subjects } from './subjects.ts';

/** The machine that runs this may be a node of a cluster. */
async function liveFolder(): Promise<unknown> {
  const live = '/etc/kubernetes';
  // Not while the canary test of another checkout has planted something there.
  return withLock('canary', async () =>
    existsSync(live)
      ? readdirSync(live, { recursive: true, encoding: 'utf8' }).map((file) => [
          file,
          statSync(`${live}/${file}`, { throwIfNoEntry: false })?.mtimeMs,
        ])
      : 'absent',
  );
}

const before = await liveFolder();

describe.each(subjects)('$name', (subject) => {
  beforeAll(async () => {
    await subject.command();
  });

  test('says its version, and whether it is simulated', async () => {
    const { stdout } = await execa(await subject.command(), ['version', '-o', 'short']);
    expect(stdout).toBe(subject.isSimulated ? `${subject.version}+simulated` : subject.version);
  });

  fileContract(subject);
  externalCaContract(subject);
  nameContract(subject);
  configContract(subject);
  nodeContract(subject);
});

test('nothing of this touched the folder of a real cluster on this machine', async () => {
  expect(await liveFolder()).toEqual(before);
});
