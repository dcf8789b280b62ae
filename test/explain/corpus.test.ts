import path from 'node:path';
import { expect, test } from 'vitest';
import { decodeText } from '../../src/explain/decode.ts';
import { diagnose } from '../../src/explain/diagnose.ts';
import { readCorpus } from '../support/corpus.ts';

// FIX_SANS_CORPUS names another folder of samples in the same form.
const folder = process.env['FIX_SANS_CORPUS'] ?? path.join(import.meta.dirname, 'corpus');

test.each(readCorpus(folder))('reads $file as its header says', (sample) => {
  const found = diagnose(decodeText(sample.text));
  const names = found.names.map(
    ({ type, value, count, verdict, cause }) => `${type} ${value} count ${count} ${verdict} ${cause}`,
  );
  const added = names.filter((name) => name.includes(' add '));
  expect({
    names: sample.names.some((name) => name.includes('do-not-add')) ? names.toSorted() : added.toSorted(),
    causes: found.causes.map(({ code }) => code).toSorted(),
    exit: found.exitCode,
    endpoints: sample.endpoints.filter((one) =>
      found.causes.some(({ endpoints }) => endpoints.includes(one)),
    ),
    clients: sample.clients.filter((one) => found.causes.some(({ clients }) => clients.includes(one))),
  }).toEqual({
    names: sample.names,
    causes: sample.causes,
    exit: sample.exit,
    endpoints: sample.endpoints,
    clients: sample.clients,
  });
});
