/** Who is right about coverage: a thousand certificates and names put to Go, to OpenSSL and to Node. */
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { isCovered } from '../../src/model/san.ts';
import { addressClasses, type DisagreementClass, hostClasses, misuseClasses } from './disagreements.ts';
import { type Pair, pairsFrom } from './pairs.ts';

const usualSeed = 20_260_701;
/** `ORACLE_SEED=7 npx vitest run --config test/vitest.config.ts --project oracle` asks other questions. */
const seed = Number(process.env['ORACLE_SEED'] ?? usualSeed);
const pairs = pairsFrom(seed, 1000);
const hostPairs = pairs.filter(({ wanted }) => wanted.type === 'dns');
const addressPairs = pairs.filter(({ wanted }) => wanted.type === 'ip');

/** What stands in the certificate and what is asked, for who reads a failure. */
function question({ texts, wanted }: Pair): string {
  return `${JSON.stringify(texts)} for ${wanted.type} ${JSON.stringify(wanted.value)}`;
}

function print(text: string): void {
  process.stdout.write(`seed ${seed}: ${text}\n`);
}

interface Comparison {
  readonly unlisted: readonly string[];
  readonly unused: readonly string[];
}

const asListed: Comparison = { unlisted: [], unused: [] };

/**
 * Counts the disagreements of each class. One that no class explains fails the test, and so does a class that explains
 * none of the usual pairs: then the other side has changed its mind, and the list is to be mended.
 */
function compare(
  who: string,
  asked: readonly Pair[],
  classes: readonly DisagreementClass[],
  theirs: (pair: Pair, index: number) => boolean,
): Comparison {
  const counts = new Map(classes.map(({ code }) => [code, 0]));
  const unlisted: string[] = [];
  for (const [index, pair] of asked.entries()) {
    const ours = isCovered(pair.held, pair.wanted);
    if (theirs(pair, index) === ours) continue;
    const found = classes.find(({ explains }) => explains({ pair, ours }));
    if (found) counts.set(found.code, (counts.get(found.code) ?? 0) + 1);
    else unlisted.push(`${question(pair)}: ours ${ours}`);
  }
  print(`${asked.length} pairs put to ${who}`);
  for (const { code, reason } of classes) print(`  ${counts.get(code)} × ${code}: ${reason}`);
  const unused = [...counts].filter(([, count]) => count === 0).map(([code]) => code);
  return { unlisted, unused: seed === usualSeed ? unused : [] };
}

interface GoAnswer {
  readonly unreadable?: string;
  readonly covered: boolean;
}

function askGo(asked: readonly Pair[]): readonly GoAnswer[] {
  const questions = asked.map(({ der, wanted }) =>
    JSON.stringify({ der: der.toString('base64'), wanted: wanted.value }),
  );
  const { stdout, stderr, status } = spawnSync('go', ['run', '.'], {
    cwd: `${import.meta.dirname}/go`,
    input: questions.join('\n'),
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoAnswer);
}

const hasGo = spawnSync('go', ['version']).status === 0;

it.skipIf(!hasGo)('Go agrees on every certificate that it can read', () => {
  const answers = askGo(pairs);
  expect(answers).toHaveLength(pairs.length);
  const unreadable = new Map<string, number>();
  const differing: string[] = [];
  for (const [index, pair] of pairs.entries()) {
    const answer = answers[index];
    const ours = isCovered(pair.held, pair.wanted);
    // Go refuses the whole certificate for one name of this kind, and so cannot be asked about the others.
    const isRefusable = pair.certificate.names.some(
      (name) => name.type === 'malformed' && (name.of === 'ip' || /[^\0-\x7f]/.test(name.value)),
    );
    if (answer?.unreadable !== undefined) {
      unreadable.set(answer.unreadable, (unreadable.get(answer.unreadable) ?? 0) + 1);
    }
    if ((answer?.unreadable !== undefined) !== isRefusable) differing.push(`${question(pair)}: readable?`);
    else if (!isRefusable && answer?.covered !== ours) differing.push(`${question(pair)}: ours ${ours}`);
  }
  const covered = pairs.filter(({ held, wanted }) => isCovered(held, wanted)).length;
  print(`${pairs.length} pairs put to Go, ${covered} of them covered`);
  for (const [reason, count] of unreadable) print(`  ${count} × unreadable: ${reason}`);
  expect(differing).toEqual([]);
  expect(covered).toBeGreaterThan(pairs.length / 10);
});

it('Node differs on host names only as listed', () => {
  const comparison = compare('Node checkHost', hostPairs, hostClasses, ({ der, wanted }) => {
    return new X509Certificate(der).checkHost(wanted.value) !== undefined;
  });
  expect(comparison).toEqual(asListed);
});

it('Node differs on addresses only as listed', () => {
  const comparison = compare('Node checkIP', addressPairs, addressClasses, ({ der, wanted }) => {
    return new X509Certificate(der).checkIP(wanted.value) !== undefined;
  });
  expect(comparison).toEqual(asListed);
});

it('Node differs on addresses taken for host names only as listed', () => {
  const comparison = compare(
    'Node checkHost, with an address',
    addressPairs,
    misuseClasses,
    ({ der, wanted }) => {
      return new X509Certificate(der).checkHost(wanted.value) !== undefined;
    },
  );
  expect(comparison).toEqual(asListed);
});

/** Its words, since its exit code is 0 for either answer: https://github.com/openssl/openssl/pull/17022 */
function askOpenssl(pair: Pair, option: '-checkhost' | '-checkip'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', ['x509', '-noout', option, pair.wanted.value], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', reject).on('close', () => {
      if (text.includes(' does match certificate')) resolve(true);
      else if (text.includes(' does NOT match certificate')) resolve(false);
      else reject(new Error(`${question(pair)}: openssl said ${JSON.stringify(text)}`));
    });
    child.stdin.end(pair.pem);
  });
}

/** A few processes at a time: one openssl answers one question. */
async function askOpensslAll(
  asked: readonly Pair[],
  option: '-checkhost' | '-checkip',
): Promise<readonly boolean[]> {
  const answers: boolean[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let index = next; index < asked.length; index = next) {
      next += 1;
      const pair = asked[index];
      if (pair) answers[index] = await askOpenssl(pair, option);
    }
  }
  await Promise.all([work(), work(), work()]);
  return answers;
}

it('openssl -checkhost differs only as listed', async () => {
  const answers = await askOpensslAll(hostPairs, '-checkhost');
  const comparison = compare(
    'openssl -checkhost',
    hostPairs,
    hostClasses,
    (_, index) => answers[index] ?? false,
  );
  expect(comparison).toEqual(asListed);
});

it('openssl -checkip differs only as listed', async () => {
  const answers = await askOpensslAll(addressPairs, '-checkip');
  const comparison = compare(
    'openssl -checkip',
    addressPairs,
    addressClasses,
    (_, index) => answers[index] ?? false,
  );
  expect(comparison).toEqual(asListed);
});
