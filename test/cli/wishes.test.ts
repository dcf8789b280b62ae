/** A name that several ask for is credited to each of them, and dialled once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApiEndpoint } from '../support/api-endpoint.ts';
import { dns, keyPair, mint } from '../support/mint.ts';
import { runCli } from '../support/run-cli.ts';

test('by --san, by names and by the policy of one file: all three are said, and one handshake is made', async () => {
  const ca = mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 1) });
  const names = [dns('kubernetes'), dns('kubernetes.default')];
  const leaf = mint({ subject: 'kube-apiserver', issuer: ca, key: keyPair('ec', 2), names });
  await using api = await startApiEndpoint({ chain: [leaf, ca] });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-wishes-'));
  try {
    const file = path.join(folder, 'fix-sans.yaml');
    writeFileSync(
      file,
      `formatVersion: 1\nclusters:\n  one:\n    endpoints: ['127.0.0.1:${api.port}']\n    names: [vip.example]\n    policy: {required: [vip.example, must.example]}\n`,
    );
    const argv = ['inspect', '--config', file, '--san', 'vip.example'];
    const { stdout } = await runCli([...argv, '--format', 'json']);
    const { wishes } = (JSON.parse(stdout) as { facts: { wishes: unknown } }).facts;
    const wish = (value: string, by?: 'names' | 'policy') => ({
      type: 'dns',
      value,
      ...(by === undefined ? {} : { from: { by, path: file } }),
    });
    expect(wishes).toEqual([
      wish('vip.example'),
      wish('vip.example', 'names'),
      wish('vip.example', 'policy'),
      wish('must.example', 'policy'),
    ]);
    const asked = api.serverNames.filter((name) => name === 'vip.example');
    expect(asked.length).toBeLessThanOrEqual(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
