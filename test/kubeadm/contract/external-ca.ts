/** The contract on a CA without its key, which kubeadm takes for a CA that somebody else keeps. */
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { benchFor, type Subject } from '../subjects.ts';

export function externalCaContract(subject: Subject): void {
  const refused = 'invalid or incomplete external CA: ';

  test('without ca.key it names the first of the signed files that is missing, keys first', async () => {
    const bench = benchFor(subject);
    await bench.runWithFlags();
    const keep = (file: string) => path.join(bench.folder, file);
    const live = (file: string) => path.join(bench.pki, file);
    renameSync(live('ca.key'), keep('ca.key'));
    const missing = (file: string) => `${live(file)}: open ${live(file)}: no such file or directory`;
    expect((await bench.runWithFlags()).error).toBe(
      `${refused}failure loading key for apiserver-kubelet-client: couldn't load the private key file ${missing('apiserver-kubelet-client.key')}`,
    );
    renameSync(live('apiserver.crt'), keep('apiserver.crt'));
    expect((await bench.runWithFlags()).error).toBe(
      `${refused}failure loading certificate for API server: couldn't load the certificate file ${missing('apiserver.crt')}`,
    );
    renameSync(live('apiserver.key'), keep('apiserver.key'));
    const outcome = await bench.runWithFlags();
    expect(outcome.code).toBe(1);
    expect(outcome.error).toBe(
      `${refused}failure loading key for apiserver: couldn't load the private key file ${missing('apiserver.key')}`,
    );
    expect(bench.files()).toEqual(['ca.crt']);
  });

  test('a key that may not be read is no external CA', async () => {
    const bench = benchFor(subject);
    writeFileSync(path.join(bench.pki, 'ca.key'), 'nonsense');
    chmodSync(path.join(bench.pki, 'ca.key'), 0o600);
    const outcome = await bench.runWithFlags();
    expect(outcome.code).toBe(1);
    expect(outcome.error).toContain(
      "couldn't load CA certificate ca: failure loading ca certificate authority: failed to load key: couldn't load the private key file",
    );
    expect(bench.files()).toEqual(['ca.crt', 'ca.key']);
  });
}
